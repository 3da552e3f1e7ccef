"""Batches of photos beside pictures of a style that have nothing to do with them."""

from collections.abc import Sequence

import tensorflow as tf

from animegan_tf.data.augmentation import random_rescaled_crop
from animegan_tf.data.crops import build_reduced_reader, check_stream, float_levels
from animegan_tf.data.streams import batched, index_stream

_PHOTO_SALT = 4
_STYLE_SALT = 5


def build_unpaired_dataset(
    photo_paths: Sequence,
    style_paths: Sequence,
    *,
    crop_size: int,
    batch_size: int,
    seed: int,
    start_step: int = 0,
    coverage: tuple[float, float] = (0.6, 1.0),
    flip: bool = True,
    memory_budget: int = 2 * 2**30,
) -> tf.data.Dataset:
    """Build the endless dataset of photos beside pictures of the style.

    Both are shuffled anew in every epoch of their own.

    Args:
        photo_paths: Photos.
        style_paths: Pictures of the style.
        crop_size: Side of the crops, in pixels, at least 1.
        batch_size: Number of crops in a batch, at least 1.
        seed: Seed of shuffling and of crops.
        start_step: Number of batches to leave out at the start.
        coverage: Least and greatest part of the short side that a crop covers, in
            (0, 1]; crops are enlarged only where a picture is smaller than they are.
        flip: Whether crops are mirrored left to right at random.
        memory_budget: Most bytes of decoded pictures to keep in memory.

    Returns:
        Endless `tf.data.Dataset` of dicts of float32 tensors in [-1, 1]: `photo` and
        `anime`, `(batch_size, crop_size, crop_size, 3)`.

    Raises:
        ValueError: If a list is empty or a number is out of range.
    """
    check_stream(photo_paths, "photo_paths", crop_size, batch_size, start_step)
    check_stream(style_paths, "style_paths", crop_size, batch_size, start_step)
    readers = {
        "photo": build_reduced_reader(
            photo_paths, crop_size, coverage, memory_budget // 2
        ),
        "anime": build_reduced_reader(
            style_paths, crop_size, coverage, memory_budget // 2
        ),
    }

    def load(photo_element, style_element):
        elements = {"photo": photo_element, "anime": style_element}
        crops = {
            name: random_rescaled_crop(
                readers[name](index), crop_size, drawn, coverage=coverage, flip=flip
            )
            for name, (index, drawn) in elements.items()
        }
        return {name: float_levels(crop) for name, crop in crops.items()}

    start = start_step * batch_size
    streams = tf.data.Dataset.zip(
        index_stream(len(photo_paths), seed, start, _PHOTO_SALT),
        index_stream(len(style_paths), seed, start, _STYLE_SALT),
    )
    return batched(streams, load, batch_size).prefetch(2)
