"""Compare restoration with OpenCV's filters and bicubic interpolation.

Prints a table of mean PSNR and SSIM: of the degraded photos, of the best result of
OpenCV, and of ours. With `--output`, one sheet for each degradation shows crops of the
first photos: degraded, each method, original.

Example:
    python benchmarks/restoration.py --photos held_out/ --output sheets/
"""

import argparse
import dataclasses
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

import animegan_tf
from animegan_tf.imaging.exposure import GAMMA, brighten, exposure_curve

_CROP, _ROWS = 160, 4
_GAIN, _ELECTRONS = 8.0, 4000.0


@dataclasses.dataclass(frozen=True)
class Task:
    """A degradation, and the methods that undo it.

    Attributes:
        degrade: Function of a photo and a random generator to the degraded photo, and
            to the mask of its holes or `None`.
        methods: Functions of these two to the restored photo, by name.
        options: Keyword arguments of `animegan_tf.restore`.
    """

    degrade: Callable
    methods: dict[str, Callable] = dataclasses.field(default_factory=dict)
    options: dict = dataclasses.field(default_factory=dict)


def main(argv=None):
    arguments = parse_arguments(argv)
    animegan_tf.import_tensorflow_quietly()
    from animegan_tf.imaging.formats import list_images

    paths = list_images(arguments.photos)
    photos = [center(animegan_tf.read_image(path), arguments.size) for path in paths]
    print(f"Mean PSNR in dB and SSIM of {len(photos)} photos")
    print("| Degradation | Degraded | OpenCV | Ours |\n|---|---|---|---|")
    for name, task in TASKS.items():
        if arguments.only in name:
            results = run(task, photos, arguments.network)
            scores = {key: measure(images, photos) for key, images in results.items()}
            print(format_row(name, scores), flush=True)
            if arguments.output:
                arguments.output.mkdir(parents=True, exist_ok=True)
                sheet = make_sheet([*results.values(), photos])
                path = arguments.output / f"{name.replace(' ', '_')}.png"
                animegan_tf.write_image(sheet, path)
    return 0


def parse_arguments(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", required=True, type=Path, help="held-out photos")
    parser.add_argument("--network", type=Path, help="run folder (default: bundled)")
    parser.add_argument("--size", type=int, default=384, help="largest side of a crop")
    parser.add_argument("--only", default="", help="part of a degradation's name")
    parser.add_argument("--output", type=Path, help="folder for sheets of crops")
    return parser.parse_args(argv)


def run(task, photos, network=None):
    """Return lists of images by method: "degraded", those of the task, and "ours"."""
    inputs = [
        task.degrade(photo, np.random.default_rng(index))
        for index, photo in enumerate(photos)
    ]
    results = {"degraded": [image for image, _ in inputs]}
    for name, method in task.methods.items():
        results[name] = [method(*pair) for pair in inputs]
    results["ours"] = [
        animegan_tf.restore(image, mask=mask, network=network, **task.options)
        for image, mask in inputs
    ]
    return results


def measure(images, photos):
    """Return the means of PSNR, equal images counting as 100 dB, and of SSIM."""
    pairs = list(zip(photos, images, strict=True))
    psnr = [
        100.0 if np.array_equal(*pair) else peak_signal_noise_ratio(*pair)
        for pair in pairs
    ]
    ssim = [structural_similarity(*pair, channel_axis=-1) for pair in pairs]
    return float(np.mean(psnr)), float(np.mean(ssim))


def format_row(name, scores):
    """Return a row of the table; of OpenCV's methods, the one of the highest PSNR."""
    cells = {key: f"{psnr:.2f}, {ssim:.3f}" for key, (psnr, ssim) in scores.items()}
    others = [key for key in scores if key not in ("degraded", "ours")]
    best = max(others, key=lambda key: scores[key], default=None)
    theirs = "" if best is None else f"{cells[best]} ({best})"
    return f"| {name} | {cells['degraded']} | {theirs} | {cells['ours']} |"


def make_sheet(columns):
    """Put center crops of the first images of each column into a row for each image."""
    rows = list(zip(*columns, strict=True))[:_ROWS]
    return np.concatenate(
        [np.concatenate([center(i, _CROP) for i in row], axis=1) for row in rows]
    )


def center(image, size):
    """Cut the center, at most `size` pixels high and wide."""
    top, left = (max(0, side - size) // 2 for side in image.shape[:2])
    return image[top : top + size, left : left + size]


def add_noise(photo, rng, deviation):
    return _levels(photo + rng.normal(0.0, deviation, photo.shape))


def compress(photo, quality):
    _, data = cv2.imencode(".jpg", photo, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.imdecode(data, cv2.IMREAD_COLOR)


def downscale(photo, factor):
    """Downscale and upscale again, both bicubic."""
    image = Image.fromarray(photo)
    small = image.resize(
        [side // factor for side in image.size], Image.Resampling.BICUBIC
    )
    return np.asarray(small.resize(image.size, Image.Resampling.BICUBIC))


def darken(photo, rng):
    """Expose too short, with shot noise."""
    light = exposure_curve((photo / 255.0) ** GAMMA, 1.0 / _GAIN)
    light = rng.poisson(light * _ELECTRONS) / _ELECTRONS
    return _levels(255.0 * light ** (1.0 / GAMMA))


def scratch(photo, rng):
    mask = np.zeros(photo.shape[:2], np.uint8)
    for _ in range(12):
        start, stop = rng.integers(0, mask.shape[::-1], (2, 2)).tolist()
        cv2.line(mask, start, stop, 255, int(rng.integers(1, 5)))
    return _with_holes(photo, mask)


def write_text(photo, rng):
    mask = np.zeros(photo.shape[:2], np.uint8)
    for row in range(40, mask.shape[0], 70):
        left = int(rng.integers(0, 20))
        font = cv2.FONT_HERSHEY_SIMPLEX
        cv2.putText(mask, "Sample of text 2026", (left, row), font, 1.0, 255, 3)
    return _with_holes(photo, mask)


def cut_blocks(photo, rng):
    mask = np.zeros(photo.shape[:2], np.uint8)
    for _ in range(24):
        top, left = (int(rng.integers(0, side - 16)) for side in mask.shape)
        mask[top : top + 16, left : left + 16] = 255
    return _with_holes(photo, mask)


def _with_holes(photo, mask):
    return np.where(mask[..., None] > 0, 255, photo).astype(np.uint8), mask


def _levels(values):
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _non_local_means(strength, gain=1.0):
    def denoise(image, _):
        # OpenCV expects BGR.
        image = brighten(image, gain)[..., ::-1]
        return cv2.fastNlMeansDenoisingColored(
            np.ascontiguousarray(image), None, strength, strength
        )[..., ::-1]

    return denoise


def _inpaint(flag):
    return lambda image, mask: cv2.inpaint(image, mask, 3, flag)


def _all_non_local_means(*strengths, gain=1.0):
    return {f"NLM {h}": _non_local_means(h, gain) for h in strengths}


_INPAINTING = {"TELEA": _inpaint(cv2.INPAINT_TELEA), "NS": _inpaint(cv2.INPAINT_NS)}
_DARK = {"brightened": lambda image, _: brighten(image, _GAIN)}

TASKS = {
    "none": Task(lambda photo, _: (photo, None)),
    "noise 10": Task(
        lambda photo, rng: (add_noise(photo, rng, 10.0), None),
        _all_non_local_means(4, 6),
    ),
    "noise 20": Task(
        lambda photo, rng: (add_noise(photo, rng, 20.0), None),
        _all_non_local_means(8, 11),
    ),
    "JPEG 20": Task(
        lambda photo, _: (compress(photo, 20), None), _all_non_local_means(2, 4)
    ),
    "JPEG 40": Task(
        lambda photo, _: (compress(photo, 40), None), _all_non_local_means(2, 4)
    ),
    "noise 10 and JPEG 40": Task(
        lambda photo, rng: (compress(add_noise(photo, rng, 10.0), 40), None),
        _all_non_local_means(4, 6),
    ),
    # The degraded images are the results of bicubic interpolation.
    "downscale 2": Task(lambda photo, _: (downscale(photo, 2), None)),
    "blur 1.2": Task(lambda photo, _: (cv2.GaussianBlur(photo, (0, 0), 1.2), None)),
    "low light 8": Task(
        lambda photo, rng: (darken(photo, rng), None),
        _DARK | _all_non_local_means(3, 5, gain=_GAIN),
        {"brighten": _GAIN},
    ),
    "scratches": Task(scratch, _INPAINTING),
    "text": Task(write_text, _INPAINTING),
    "blocks 16": Task(cut_blocks, _INPAINTING),
}

if __name__ == "__main__":
    sys.exit(main())
