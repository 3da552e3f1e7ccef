"""Helpers shared by the datasets of crops: checks, readers and center squares."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from animegan_tf.data.image_folder import ImageCache, limit_short_side
from animegan_tf.data.load_data import center_square
from animegan_tf.data.streams import build_reader
from animegan_tf.imaging.reading import read_image


def build_reduced_reader(
    paths: Sequence, crop_size: int, coverage: tuple[float, float], memory_budget: int
) -> Callable:
    """Build a reader of images, downscaled to what crops of this coverage need."""
    short_side = math.ceil(crop_size / coverage[0])

    def read(path):
        return limit_short_side(read_image(path), short_side)

    return build_reader(paths, ImageCache(memory_budget, read))


def normalize_levels(levels: tf.Tensor) -> tf.Tensor:
    """Map uint8 levels in [0, 255] to float32 in [-1, 1], in a graph too."""
    return tf.cast(levels, tf.float32) / 127.5 - 1.0


def check_stream(
    items: Sequence, argument: str, crop_size: int, batch_size: int, start_step: int
) -> None:
    """Check the arguments that all datasets of crops have in common.

    Raises:
        ValueError: If `items` is empty or a number is too small.
    """
    check_not_empty(argument, items)
    check_at_least("crop_size", crop_size, 1)
    check_at_least("batch_size", batch_size, 1)
    check_at_least("start_step", start_step, 0)


def check_not_empty(argument: str, items: Sequence) -> None:
    """Raise a `ValueError` if a list is empty."""
    if not len(items):
        raise ValueError(f"`{argument}` must not be empty. Received: {argument}=[]")


def check_at_least(argument: str, value: int, minimum: int) -> None:
    """Raise a `ValueError` if a number is less than its minimum."""
    if value < minimum:
        raise ValueError(
            f"`{argument}` must be at least {minimum}. Received: {argument}={value}"
        )


def read_squares(paths: Sequence, size: int) -> np.ndarray:
    """Read the center squares of images, resized.

    Args:
        paths: At least one image file.
        size: Side of the squares, in pixels.

    Returns:
        float32 in [-1, 1], `(count, size, size, 3)`.
    """
    return np.stack([center_square(read_image(path), size) for path in paths])
