"""Resize 8-bit and 16-bit images in bands of rows, to bound the memory."""

import math

import numpy as np
from PIL import Image

from animegan_tf.imaging.arrays import row_bands

# Radius of the Lanczos kernel in pixels of the smaller image.
_REACH = 3


def resize(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize an image, with a Lanczos kernel if it gets smaller, otherwise bicubically.

    Args:
        image: uint8 or uint16 RGB, `(height, width, 3)`.
        size: The new `(height, width)`.

    Returns:
        Array of the same dtype, `(*size, 3)`; `image` itself if it has that size.
    """
    if image.shape[:2] == size:
        return image
    resized = np.empty((*size, 3), image.dtype)
    for rows, band in resize_in_bands(image, size):
        resized[rows] = band
    return resized


def resize_in_bands(image: np.ndarray, size: tuple[int, int]):
    """Resize an image like `resize`, without holding the result as a whole.

    Args:
        image: uint8 or uint16 RGB, `(height, width, 3)`.
        size: The new `(height, width)`.

    Yields:
        A slice of rows of the result and these rows, from top to bottom. Images of one
        size are split at the same rows.
    """
    height, width = image.shape[:2]
    smaller = size[0] < height
    method = Image.Resampling.LANCZOS if smaller else Image.Resampling.BICUBIC
    step = height / size[0]
    reach = _REACH * max(1.0, step) + 1.0
    # The wider of input and output determines the memory.
    for rows in row_bands((size[0], max(width, size[1]))):
        stop = min(rows.stop, size[0])
        top, bottom = rows.start * step, min(stop * step, height)
        first = max(0, math.floor(top - reach))
        band = image[first : math.ceil(bottom + reach)]
        box = (0, top - first, width, bottom - first)
        yield rows, _resize_band(band, (size[1], stop - rows.start), method, box)


def _resize_band(band, size, method, box):
    if band.dtype == np.uint8:
        pillow = Image.fromarray(np.ascontiguousarray(band))
        return np.asarray(pillow.resize(size, method, box))
    # Pillow resizes 16-bit images only as floats, one channel at a time.
    channels = [
        np.asarray(
            Image.fromarray(band[..., channel].astype(np.float32)).resize(
                size, method, box
            )
        )
        for channel in range(3)
    ]
    rounded = np.floor(np.stack(channels, axis=-1) + 0.5)
    return np.clip(rounded, 0.0, 65535.0).astype(np.uint16)
