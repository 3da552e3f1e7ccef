"""Datasets of image pairs: aligned random crops, and center squares."""

import math
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from animegan_tf.data.augmentation import random_rescaled_crop
from animegan_tf.data.crops import center_square, check_stream, normalize_levels
from animegan_tf.data.image_folder import ImageCache
from animegan_tf.data.image_pairs import Pair
from animegan_tf.data.streams import batched, build_reader, index_stream

_SALT = 3


def build_paired_dataset(
    pairs: Sequence[Pair],
    *,
    crop_size: int,
    batch_size: int,
    seed: int,
    start_step: int = 0,
    coverage: tuple[float, float] = (0.9, 1.0),
    flip: bool = True,
    memory_budget: int = 2 * 2**30,
) -> tf.data.Dataset:
    """Build an endless dataset of pairs with the same random crop and flip.

    Args:
        pairs: From `pair_by_name` or `pair_halves`.
        crop_size: Side of the crops, in pixels, at least 1.
        batch_size: Number of crops in a batch, at least 1.
        seed: Seed of shuffling and crops.
        start_step: Number of batches to skip.
        coverage: Minimum and maximum fraction of the short side that a crop covers, in
            (0, 1]; crops are enlarged only if an image is smaller.
        flip: Whether crops are flipped horizontally at random.
        memory_budget: Maximum size of the cached images, in bytes.

    Returns:
        Endless `tf.data.Dataset` of dicts of float32 tensors in [-1, 1]: `photo` and
        `target`, `(batch_size, crop_size, crop_size, 3)`.

    Raises:
        ValueError: If `pairs` is empty or a number is out of range.
    """
    check_stream(pairs, "pairs", crop_size, batch_size, start_step)
    by_photo = {pair.photo: pair for pair in pairs}
    short_side = math.ceil(crop_size / coverage[0])

    def read_both(path):
        # As six channels of one image, both get the same crop.
        return np.concatenate(by_photo[path].read(short_side), axis=-1)

    cache = ImageCache(memory_budget, read_both)
    read = build_reader([pair.photo for pair in pairs], cache, channels=6)

    def load(index, crop_seed):
        crop = random_rescaled_crop(
            read(index), crop_size, crop_seed, coverage=coverage, flip=flip
        )
        crop = normalize_levels(crop)
        return {"photo": crop[..., :3], "target": crop[..., 3:]}

    stream = index_stream(len(pairs), seed, start_step * batch_size, _SALT)
    return batched(stream, load, batch_size).prefetch(2)


def read_pair_squares(pairs: Sequence[Pair], size: int) -> dict[str, np.ndarray]:
    """Read the center squares of pairs, resized, for validation.

    Args:
        pairs: At least one pair.
        size: Side of the squares, in pixels.

    Returns:
        `photo` and `target`, float32 in [-1, 1], `(count, size, size, 3)`.
    """
    both = [[center_square(image, size) for image in pair.read()] for pair in pairs]
    photos, targets = zip(*both, strict=True)
    return {"photo": np.stack(photos), "target": np.stack(targets)}
