"""The file readers of the library, each with valid samples.

TensorFlow is imported only by the readers that need it.
"""

import dataclasses
import functools
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.reliability.images import build_images

TINY = {"width": 4, "body_width": 4, "num_blocks": 1, "head_width": 4}


@dataclasses.dataclass(frozen=True)
class Reader:
    """One reader under test.

    Attributes:
        suffix: Suffix of its files.
        prepare: Function of a temporary folder to valid samples, a list of bytes, and
            the reader, a function of a path.
        growth_mb: Maximum memory, in MB, for reading one damaged sample.
    """

    suffix: str
    prepare: Callable[[Path], tuple[list[bytes], Callable[[Path], object]]]
    growth_mb: int = 256


def _prepare_images(kind, folder):
    from animegan_tf.imaging.reading import read_image

    return build_images(kind), read_image


def _prepare_image_files(folder):
    from animegan_tf.imaging.image_file import ImageFrame, Metadata
    from animegan_tf.imaging.reading import read_image_file
    from animegan_tf.imaging.writing import write_frame

    deep = np.random.default_rng(0).integers(0, 65536, (20, 24, 4)).astype("uint16")
    images = [
        ImageFrame(deep[..., :3], metadata=Metadata(dpi=(72.0, 72.0))),
        ImageFrame(deep[..., :3], deep[..., 3]),
    ]
    samples = [
        write_frame(image, folder / f"deep{suffix}").read_bytes()
        for image in images
        for suffix in (".png", ".tif")
    ]
    # As many 16-bit files, which the library reads itself, as all others together.
    others = [data for kind in ("PNG", "GIF", "WEBP") for data in build_images(kind)]
    return samples * (len(others) // len(samples)) + others, read_image_file


def _prepare_folder(folder):
    from animegan_tf.data.image_folder import scan_images

    def read(path):
        scan_images(path.parent, recursive=False)

    samples = build_images("JPEG")[:2] + build_images("PNG")[:2]
    return samples, read


def _npz(arrays):
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def _npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def _prepare_arrays(folder):
    from animegan_tf.data.datasets.arrays import ImageArray

    values = np.random.default_rng(0).uniform(-1.0, 1.0, (2, 8, 8, 3))
    samples = [
        _npy(values.astype("float32")),
        _npy(values.astype("float16")),
        _npy(((values + 1.0) * 127.0).astype("uint8")),
    ]

    def read(path):
        array = ImageArray(path)
        return array.take([0, len(array) - 1])

    return samples, read


def _tiny_generator(**options):
    import keras

    from animegan_tf.models.generators import build_generator

    keras.utils.set_random_seed(0)
    return build_generator("anime", **TINY, **options)


def _prepare_weights(folder):
    from animegan_tf.models.weights_io import load_weights_npz, save_weights_npz

    generator = _tiny_generator()
    samples = [
        save_weights_npz(generator, folder / f"{dtype}.npz", dtype=dtype).read_bytes()
        for dtype in ("float16", "float32")
    ]
    return samples, functools.partial(load_weights_npz, generator)


def _prepare_features(folder):
    from animegan_tf.models.features.extractor import build_feature_extractor

    rng, arrays, inputs = np.random.default_rng(0), {}, 3
    for name, outputs in (("block1_conv1", 4), ("block1_conv2", 5)):
        kernel = rng.normal(size=(3, 3, inputs, outputs)).astype("float32")
        arrays |= {f"{name}/kernel": kernel, f"{name}/bias": kernel[0, 0, 0]}
        inputs = outputs
    read = functools.partial(build_feature_extractor, layers=("block1_conv2",))
    return [_npz(arrays)], read


def _prepare_checkpoint(folder):
    import keras

    from animegan_tf.training.checkpoints import restore_checkpoint, save_checkpoint
    from animegan_tf.training.moving_average import MovingAverage
    from animegan_tf.training.program import Program

    def build():
        return keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])

    network, optimizer = build(), keras.optimizers.Adam()
    optimizer.build(network.trainable_variables)
    average = MovingAverage(network, build(), 0.9)
    program = Program({"generator": network}, {"generator": optimizer}, average)
    samples = [save_checkpoint(program, 7, folder).read_bytes()]
    return samples, functools.partial(restore_checkpoint, program)


def _prepare_keras(folder, suffix=".keras"):
    from animegan_tf.inference.loading import load_generator

    path = folder / f"sample{suffix}"
    _tiny_generator().save(path)
    return [path.read_bytes()], load_generator


def _prepare_hdf5(folder):
    return _prepare_keras(folder, ".h5")


def _prepare_saved_generator(folder):
    from animegan_tf.models.generator_files import load_saved_generator, save_generator

    config = {"name": "anime", **TINY}
    options = save_generator(_tiny_generator(), config, folder / "saved").with_suffix(
        ".json"
    )
    sample = options.read_bytes()

    def read(path):
        options.write_bytes(path.read_bytes())
        return load_saved_generator(options.parent)

    return [sample], read


def _prepare_config(folder):
    from animegan_tf.recipes.runner import RECIPES, default_config, read_config
    from animegan_tf.utils.settings import to_dict

    configs = {name: to_dict(default_config(name)) for name in RECIPES}
    style = {"name": "ink", "images": "drawings", "target": "oil"}
    configs["styles"]["styles"] = [style, {**style, "name": "oil"}]
    return [json.dumps(c, indent=2).encode() for c in configs.values()], read_config


def _prepare_settings(folder):
    from animegan_tf.cli import build_parser
    from animegan_tf.cli.train import resolve_config

    samples = [
        b"weights.style=0.5\nsteps=100",
        b'generator_options={"width": 8}\ndata.scales=[256, 384]',
        b"weights.content=0.1\ndata.flip=false",
    ]

    def read(path):
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        words = [f"--set={line}" for line in lines]
        return resolve_config(build_parser().parse_args(["train", "--run=r", *words]))

    return samples, read


def _prepare_log(folder):
    from animegan_tf.training.run_folder import RunFolder

    run = RunFolder(folder / "run")
    run.path.mkdir()
    log = run.path / "metrics.jsonl"
    for step in (20, 40, 60):
        run.log(step, {"target": 0.5, "total": 1.25})
    sample = log.read_bytes()

    def read(path):
        log.write_bytes(path.read_bytes())
        run.forget_after(40)

    return [sample], read


def _prepare_index(folder):
    from animegan_tf.data.targets.cache import INDEX_NAME, compute_targets

    photo = folder / "photo.png"
    photo.write_bytes(build_images("PNG")[0])

    def compute():
        return compute_targets(
            [photo],
            scales=[32],
            function=lambda image: image,
            fingerprint="same",
            cache_dir=folder / "cache",
            workers=1,
            progress=False,
        )

    compute()
    index = folder / "cache" / INDEX_NAME
    sample = index.read_bytes()

    def read(path):
        index.write_bytes(path.read_bytes())
        return compute()

    return [sample], read


def _prepare_videos(folder):
    from benchmarks.reliability.videos import build_videos, read_video

    return build_videos(folder), read_video


def _prepare_parts(folder):
    from animegan_tf.inference.video.parts import Part, PartsFolder

    parts, settings = PartsFolder(folder / "video.mp4"), {"size": [48, 64]}
    parts.begin(settings)
    part = Part(parts.part_path(0), [0, 1, 2], 1, [0, 2, 1], 2, 0)
    parts.part_path(0).write_bytes(b"video")
    parts.finish_part(part, {"previous": np.zeros((4, 4, 3), np.uint8)})
    names = ("settings.json", "part_00000.json", "part_00000.npz")
    files = {name: (parts.path / name).read_bytes() for name in names}
    kinds = {b"{": names[1], b"P": names[2]}

    def read(path):
        damaged = path.read_bytes()
        name = names[0] if b"size" in damaged[:20] else kinds.get(damaged[:1], names[1])
        for other, content in files.items():
            (parts.path / other).write_bytes(damaged if other == name else content)
        for found in parts.resume(settings):
            parts.read_state(found)

    return list(files.values()), read


def _images(kind, suffix):
    # A damaged header may claim up to MAX_PIXELS, which take 3 bytes and a few more.
    return Reader(suffix, functools.partial(_prepare_images, kind), growth_mb=4096)


READERS = {
    "JPEG": _images("JPEG", ".jpg"),
    "PNG": _images("PNG", ".png"),
    "WebP": _images("WEBP", ".webp"),
    "GIF": _images("GIF", ".gif"),
    "TIFF": _images("TIFF", ".tif"),
    "BMP": _images("BMP", ".bmp"),
    "image files with metadata": Reader(
        ".picture", _prepare_image_files, growth_mb=6144
    ),
    "folder of images": Reader(".jpg", _prepare_folder, growth_mb=4096),
    "image arrays": Reader(".npy", _prepare_arrays),
    "settings": Reader(".json", _prepare_config),
    "command-line settings": Reader(".txt", _prepare_settings),
    "log of a run": Reader(".jsonl", _prepare_log),
    "index of targets": Reader(".json", _prepare_index),
    "weights": Reader(".npz", _prepare_weights),
    "feature weights": Reader(".npz", _prepare_features),
    "saved generator": Reader(".json", _prepare_saved_generator),
    "checkpoint": Reader(".npz", _prepare_checkpoint),
    "Keras model": Reader(".keras", _prepare_keras),
    "Keras model in HDF5": Reader(".h5", _prepare_hdf5),
    "video": Reader(".video", _prepare_videos, growth_mb=1024),
    "unfinished video": Reader(".part", _prepare_parts),
}
