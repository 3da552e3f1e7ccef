"""What the datasets that cut squares out of pictures have in common."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf
from PIL import Image

from animegan_tf.data.image_folder import ImageCache, limit_short_side
from animegan_tf.data.streams import build_reader
from animegan_tf.imaging.arrays import to_float
from animegan_tf.imaging.reading import read_image


def build_reduced_reader(
    paths: Sequence, crop_size: int, coverage: tuple[float, float], memory_budget: int
) -> Callable:
    """Return a reader of pictures no larger than crops of a coverage need."""
    short_side = math.ceil(crop_size / coverage[0])
    cache = ImageCache(
        memory_budget, lambda p: limit_short_side(read_image(p), short_side)
    )
    return build_reader(paths, cache)


def float_levels(levels: tf.Tensor) -> tf.Tensor:
    """Map uint8 [0, 255] to float32 [-1, 1] in a graph."""
    return tf.cast(levels, tf.float32) / 127.5 - 1.0


def check_stream(
    items: Sequence, argument: str, crop_size: int, batch_size: int, start_step: int
) -> None:
    """Refuse an empty list and numbers out of range."""
    check_not_empty(argument, items)
    check_at_least("crop_size", crop_size, 1)
    check_at_least("batch_size", batch_size, 1)
    check_at_least("start_step", start_step, 0)


def check_not_empty(argument: str, items: Sequence) -> None:
    """Refuse an empty list."""
    if not len(items):
        raise ValueError(f"`{argument}` must not be empty. Received: {argument}=[]")


def check_at_least(argument: str, value: int, least: int) -> None:
    """Refuse a number that is too small."""
    if value < least:
        raise ValueError(
            f"`{argument}` must be at least {least}. Received: {argument}={value}"
        )


def read_squares(paths: Sequence, size: int) -> np.ndarray:
    """Read the middle squares of pictures, float32 in [-1, 1], scaled to a size.

    Args:
        paths: At least one picture.
        size: Side of the squares, in pixels.

    Returns:
        `(count, size, size, 3)`.
    """
    return np.stack([middle_square(read_image(path), size) for path in paths])


def middle_square(picture: np.ndarray, size: int) -> np.ndarray:
    """Cut the middle square of a uint8 picture and scale it; float32 in [-1, 1]."""
    height, width = picture.shape[:2]
    short = min(height, width)
    top, left = (height - short) // 2, (width - short) // 2
    square = Image.fromarray(picture).crop((left, top, left + short, top + short))
    return to_float(np.asarray(square.resize((size, size), Image.LANCZOS)))
