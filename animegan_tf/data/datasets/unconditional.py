"""Dataset of the unconditional recipes: whole images."""

from collections.abc import Sequence

import tensorflow as tf

from animegan_tf.data.augmentation import random_rescaled_crop
from animegan_tf.data.crops import (
    build_reduced_reader,
    check_at_least,
    check_not_empty,
    normalize_levels,
)
from animegan_tf.data.streams import batched, index_stream

_SALT = 2


def build_image_dataset(
    paths: Sequence,
    *,
    image_size: int,
    batch_size: int,
    seed: int,
    start_step: int = 0,
    flip: bool = True,
    memory_budget: int = 2**30,
) -> tf.data.Dataset:
    """Build an endless dataset of whole images, resized.

    Of an image that is not square, a random square of its short side is taken. The
    images are shuffled anew in each epoch.

    Args:
        paths: Image files.
        image_size: Side of the images, in pixels, at least 1.
        batch_size: Number of images in a batch, at least 1.
        seed: Seed of shuffling, crops and flips.
        start_step: Number of batches to skip.
        flip: Whether images are flipped horizontally at random.
        memory_budget: Maximum size of the cached images, in bytes.

    Returns:
        Endless `tf.data.Dataset` of dicts with one float32 tensor in [-1, 1]: `image`,
        `(batch_size, image_size, image_size, 3)`.

    Raises:
        ValueError: If `paths` is empty or a number is out of range.
    """
    check_not_empty("paths", paths)
    check_at_least("image_size", image_size, 1)
    check_at_least("batch_size", batch_size, 1)
    check_at_least("start_step", start_step, 0)
    whole = (1.0, 1.0)
    read = build_reduced_reader(paths, image_size, whole, memory_budget)

    def load(index, crop_seed):
        return random_rescaled_crop(
            read(index), image_size, crop_seed, coverage=whole, flip=flip
        )

    def finish(images):
        return {"image": normalize_levels(images)}

    stream = index_stream(len(paths), seed, start_step * batch_size, _SALT)
    return batched(stream, load, batch_size).map(finish).prefetch(2)
