"""Images on which an export is compared with its original."""

from pathlib import Path

import numpy as np
from PIL import Image

from animegan_tf.imaging.formats import list_images
from animegan_tf.imaging.reading import read_image
from animegan_tf.inference.engines.calibration import representative_images
from animegan_tf.inference.tiling import MINIMUM_SIDE, reflect_positions

# Other images than those that measure the ranges of 8 bits.
_SEED = 1
_SIZES = ((251, 187), (130, 255), (201, 256))
_MAX_SIDE = 640
_MAX_IMAGES = 8


def read_test_images(folder=None) -> list[np.ndarray]:
    """Read the test images, or generate them.

    Args:
        folder: Folder of images, of which the first eight by name are used, scaled down
            to at most 640 pixels; `None` generates three, of odd sizes.

    Returns:
        uint8 RGB arrays, `(height, width, 3)`.

    Raises:
        FileNotFoundError: If the folder does not exist.
        ValueError: If it has no images, or one cannot be read.
    """
    if folder is None:
        images = representative_images(len(_SIZES), seed=_SEED)
        return [
            image[:height, :width]
            for image, (height, width) in zip(images, _SIZES, strict=True)
        ]
    if not Path(folder).is_dir():
        raise FileNotFoundError(f"No such folder of images: {str(folder)!r}")
    paths = list_images(Path(folder))[:_MAX_IMAGES]
    if not paths:
        raise ValueError(f"No images in {str(folder)!r}")
    return [_limit(read_image(path)) for path in paths]


def fit_image(image: np.ndarray, size, multiple: int) -> np.ndarray:
    """Give an image a size that a network accepts.

    Args:
        image: uint8 RGB, `(height, width, 3)`.
        size: Height and width to resize it to; with `None`, the image is padded by
            reflection at the right and bottom.
        multiple: Number of which the padded sizes are multiples.

    Returns:
        uint8 RGB.
    """
    if None not in size:
        resized = Image.fromarray(image).resize(size[::-1], Image.Resampling.BICUBIC)
        return np.asarray(resized)
    for axis in (0, 1):
        side = image.shape[axis]
        padded = -(-max(side, MINIMUM_SIDE) // multiple) * multiple
        positions = reflect_positions(np.arange(padded), side)
        image = np.take(image, positions, axis=axis)
    return image


def _limit(image):
    scale = _MAX_SIDE / max(image.shape[:2])
    if scale >= 1.0:
        return image
    size = [max(1, round(side * scale)) for side in image.shape[1::-1]]
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.LANCZOS))
