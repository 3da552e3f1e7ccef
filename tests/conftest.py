import os
import signal
import struct

import numpy as np
import pytest

# Read once, when TensorFlow is imported.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# After `nohup`, or in a script's background, tests would ignore these as well.
signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture
def photo():
    """A small image of noise, in which any shift or swap of axes shows."""
    return np.random.default_rng(0).integers(0, 256, (33, 65, 3), dtype=np.uint8)


def _build_pointwise(kernel):
    import keras

    images = keras.Input((None, None, 3), name="photo")
    layer = keras.layers.Conv2D(3, 1, use_bias=False, name="color")
    generator = keras.Model(images, layer(images), name="pointwise")
    layer.set_weights([np.asarray(kernel, dtype="float32").reshape(1, 1, 3, 3)])
    return generator


@pytest.fixture(scope="session")
def identity_generator():
    """A generator that returns its input."""
    return _build_pointwise(np.eye(3))


@pytest.fixture(scope="session")
def negative_generator():
    """A generator whose uint8 result is 255 minus its input."""
    return _build_pointwise(-np.eye(3))


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory):
    """A training's folder as far as inference needs it; its style is the negative."""
    folder = tmp_path_factory.mktemp("run")
    _build_pointwise(-np.eye(3)).save(folder / "generator.keras")
    return folder


@pytest.fixture
def style(tmp_path, monkeypatch):
    """The name of a bundled style made for the test, with a tiny random network."""
    import keras

    from animegan_tf import presets
    from animegan_tf.models.generator_files import save_generator
    from animegan_tf.models.generators import build_generator

    keras.utils.set_random_seed(0)
    config = {
        "name": "anime",
        "width": 4,
        "body_width": 4,
        "num_blocks": 1,
        "head_width": 4,
    }
    folder = tmp_path / "weights" / "tiny"
    save_generator(build_generator(**config), config, folder, dtype="float16")
    preset = presets.Preset(
        name="tiny",
        folder=str(folder),
        description="Random colours",
        source="Chance",
        credit="The test",
        license="CC0-1.0",
    )
    monkeypatch.setitem(presets.PRESETS, "tiny", preset)
    return "tiny"


def _moving_square(index, size):
    """A grey slope with a white square that goes right by two pixels a frame."""
    height, width = size
    picture = np.zeros((height, width, 3), np.uint8)
    picture[:] = np.linspace(40, 160, width, dtype=np.uint8)[:, np.newaxis]
    left = 2 * index % (width - 12)
    picture[12:24, left : left + 12] = 255
    return picture


def _encode_sound(container, stream, seconds):
    import av

    times = np.arange(round(seconds * 48000)) / 48000
    wave = (0.3 * np.sin(2 * np.pi * 440 * times)).astype(np.float32)[np.newaxis]
    for begin in range(0, wave.shape[1], 1024):
        piece = np.ascontiguousarray(wave[:, begin : begin + 1024])
        frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 48000, begin
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


@pytest.fixture
def make_clip(tmp_path):
    """A function that writes a small video and returns its path.

    `pts` are in milliseconds; `draw` makes a picture from number and size; `display`
    are the numbers a, b, c, d of the display matrix.
    """
    import struct
    from fractions import Fraction

    av = pytest.importorskip("av")

    def make(
        name="clip.mp4",
        *,
        num_frames=10,
        size=(48, 64),
        pts=None,
        sound=False,
        draw=_moving_square,
        codec="libx264",
        pix_fmt="yuv420p",
        options=None,
        display=None,
    ):
        path = tmp_path / name
        pts = [100 * index for index in range(num_frames)] if pts is None else pts
        with av.open(str(path), "w") as container:
            stream = container.add_stream(codec, rate=10, options=options or {})
            stream.height, stream.width = size
            stream.pix_fmt = pix_fmt
            stream.codec_context.time_base = Fraction(1, 1000)
            if sound:
                audio = container.add_stream("aac", rate=48000, layout="mono")
            for index, time in enumerate(pts):
                frame = draw(index, size)
                if isinstance(frame, np.ndarray):
                    frame = av.VideoFrame.from_ndarray(frame, format="rgb24")
                frame.pts, frame.time_base = time, Fraction(1, 1000)
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
            if sound:
                _encode_sound(container, audio, (pts[-1] + 100) / 1000)
        if display is not None:
            data = bytearray(path.read_bytes())
            # After a version 0 track header's 40 bytes the matrix begins.
            begin = data.find(b"tkhd") + 4 + 40
            a, b, c, d = (number << 16 for number in display)
            matrix = (a, b, 0, c, d, 0, 0, 0, 1 << 30)
            data[begin : begin + 36] = struct.pack(">9i", *matrix)
            path.write_bytes(data)
        return path

    return make


@pytest.fixture
def adobe_icc():
    """The Adobe RGB (1998) profile, built from its numbers."""
    return _build_icc(b"RGB ", 563)


@pytest.fixture
def gray_icc():
    """A gray profile of gamma 1: its levels are linear light."""
    return _build_icc(b"GRAY", 256)


def _build_icc(space, gamma):
    """Build an ICC profile of three colorants, or of gray, with a gamma in 256ths."""
    curve = b"curv\0\0\0\0" + struct.pack(">IHH", 1, gamma, 0)
    tags = {b"wtpt": _xyz(0.9642, 1.0, 0.8249)}
    if space == b"GRAY":
        tags[b"kTRC"] = curve
    else:
        tags[b"rXYZ"] = _xyz(0.60974, 0.31111, 0.01947)
        tags[b"gXYZ"] = _xyz(0.20528, 0.62567, 0.06087)
        tags[b"bXYZ"] = _xyz(0.14919, 0.06322, 0.74457)
        tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    tags[b"desc"] = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"Test\0" + bytes(79)
    table, body, offset = b"", b"", 132 + 12 * len(tags)
    for name, data in tags.items():
        table += struct.pack(">4sII", name, offset + len(body), len(data))
        body += data
    head = struct.pack(">4sI4s4s4s", b"test", 0x02100000, b"mntr", space, b"XYZ ")
    head += struct.pack(">6H4s", 2000, 1, 1, 0, 0, 0, b"acsp") + bytes(28)
    head += _xyz(0.9642, 1.0, 0.8249)[8:]
    profile = head.ljust(124, b"\0") + struct.pack(">I", len(tags)) + table + body
    return struct.pack(">I", 4 + len(profile)) + profile


def _xyz(*values):
    numbers = [round(65536 * value) for value in values]
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *numbers)


@pytest.fixture
def features_file(tmp_path):
    """A weights file of VGG19's first three blocks, random and two channels wide."""
    random, inputs, arrays = np.random.default_rng(0), 3, {}
    for block, count in ((1, 2), (2, 2), (3, 4)):
        for index in range(1, count + 1):
            name = f"block{block}_conv{index}"
            arrays[f"{name}/kernel"] = random.normal(size=(3, 3, inputs, 2))
            arrays[f"{name}/bias"] = np.ones(2)
            inputs = 2
    path = tmp_path / "features.npz"
    np.savez(path, **arrays)
    return path


@pytest.fixture(scope="session")
def identity_run(tmp_path_factory):
    """A saved restoration network that returns its input, as an untrained one does."""
    from animegan_tf.models.generator_files import save_generator
    from animegan_tf.models.generators import build_generator

    folder = tmp_path_factory.mktemp("identity")
    options = {"name": "restoration", "width": 4}
    save_generator(build_generator(**options), options, folder)
    return folder
