"""Load images as float arrays of one size: one image, a folder, or a `.npy` file."""

import os
from pathlib import Path

import numpy as np
from PIL import Image

from animegan_tf.data.datasets.arrays import ImageArray
from animegan_tf.imaging.arrays import to_float
from animegan_tf.imaging.formats import list_images
from animegan_tf.imaging.reading import read_image
from animegan_tf.utils.checks import check_integer, check_path


def preprocess_image(source, size: int | None = 256) -> np.ndarray:
    """Read an image as a batch of one, as networks take it.

    Args:
        source: Argument of `read_image`: a path, bytes, or an open file.
        size: Side in pixels to which the center square is resized, at least 1; `None`
            keeps the whole image at its size.

    Returns:
        float32 in [-1, 1], `(1, size, size, 3)`, or `(1, height, width, 3)`.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is not an image, or the size is less than 1.
    """
    if size is not None:
        check_integer(1, size=size)
    image = read_image(source)
    return (to_float(image) if size is None else center_square(image, size))[np.newaxis]


def load_data(source, size: int = 256, *, value_range=None) -> np.ndarray:
    """Load a set of images at one size, for `train_gan` or `GAN.fit`.

    Args:
        source: Folder of images, with its subfolders, sorted by path; or a `.npy` file
            of uint8 images in [0, 255] or float images,
            `(count, height, width, channels)`, which keep their size.
        size: Side in pixels to which the center squares of files are resized.
        value_range: Minimum and maximum value of float images in a `.npy` file; `None`
            means (-1, 1), but refuses images without a value below 0.

    Returns:
        float32 in [-1, 1], `(count, size, size, 3)`; in memory, 0.8 MB for each image
        of 256x256 pixels.

    Raises:
        FileNotFoundError: If there is no such folder or file.
        ValueError: If it has no images, or one cannot be read.
    """
    check_integer(1, size=size)
    check_path(source=source)
    path = Path(os.fspath(source))
    if path.suffix == ".npy":
        images = ImageArray(path, argument="source", value_range=value_range)
        return images.take(slice(None))
    paths = list_images(path, recursive=True)
    if not paths:
        raise ValueError(
            "`source` must be a folder of images or a .npy file. "
            f"Received: {str(path)!r}, which has no images"
        )
    return np.stack([center_square(read_image(path), size) for path in paths])


def center_square(image: np.ndarray, size: int) -> np.ndarray:
    """Crop a uint8 image to its center square and resize it; float32 in [-1, 1]."""
    height, width = image.shape[:2]
    short = min(height, width)
    top, left = (height - short) // 2, (width - short) // 2
    square = Image.fromarray(image).crop((left, top, left + short, top + short))
    return to_float(np.asarray(square.resize((size, size), Image.LANCZOS)))
