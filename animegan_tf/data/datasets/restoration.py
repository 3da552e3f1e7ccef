"""Datasets for restoration: degraded images and their originals."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from animegan_tf.data.augmentation import random_rescaled_crop
from animegan_tf.data.crops import (
    build_reduced_reader,
    check_stream,
    normalize_levels,
    read_squares,
)
from animegan_tf.data.degradations import degrade
from animegan_tf.data.streams import batched, index_stream

_SALT = 6
# With several degradations, a network that always saw all of them at once would
# overcorrect images that have only one.
_MEAN_COUNT = 1.5


def build_restoration_dataset(
    paths: Sequence,
    *,
    degradations: Sequence[str],
    crop_size: int,
    batch_size: int,
    seed: int,
    start_step: int = 0,
    coverage: tuple[float, float] = (0.6, 1.0),
    flip: bool = True,
    memory_budget: int = 2 * 2**30,
) -> tf.data.Dataset:
    """Build an endless dataset of degraded images and their originals.

    The degradation is random each time. Of several degradations, an image gets 1.5 on
    average; a single one is applied to all: with half of the images unchanged, the
    identity would be the median, which minimizes an L1 loss.

    Args:
        paths: Undamaged images.
        degradations: Keys of `degradations.DEGRADATIONS`.
        crop_size: Side of the crops, in pixels, at least 1.
        batch_size: Number of crops in a batch, at least 1.
        seed: Seed of shuffling, crops and degradations.
        start_step: Number of batches to skip.
        coverage: Minimum and maximum fraction of the short side that a crop covers, in
            (0, 1].
        flip: Whether crops are flipped horizontally at random.
        memory_budget: Maximum size of the cached images, in bytes.

    Returns:
        Endless `tf.data.Dataset` of dicts of float32 tensors in [-1, 1]: `photo`,
        degraded, and `target`, the original, `(batch_size, crop_size, crop_size, 3)`.

    Raises:
        ValueError: If `paths` is empty, a degradation is unknown or a number is out of
            range.
    """
    check_stream(paths, "paths", crop_size, batch_size, start_step)
    read = build_reduced_reader(paths, crop_size, coverage, memory_budget)
    count = len(degradations)
    probability = min(_MEAN_COUNT / count, 0.5) if count > 1 else 1.0

    def load(index, crop_seed):
        target = random_rescaled_crop(
            read(index), crop_size, crop_seed, coverage=coverage, flip=flip
        )
        target = normalize_levels(target)
        degrade_seed = tf.random.fold_in(crop_seed, 0)
        photo = degrade(target, degrade_seed, degradations, probability=probability)
        return {"photo": photo, "target": target}

    stream = index_stream(len(paths), seed, start_step * batch_size, _SALT)
    return batched(stream, load, batch_size).prefetch(2)


def read_degraded_squares(
    paths: Sequence, size: int, degradations: Sequence[str], seed: int
) -> dict[str, np.ndarray]:
    """Read the center squares of images and degrade them, the same way every time.

    Every degradation is applied to every image.

    Args:
        paths: At least one image file.
        size: Side of the squares, in pixels.
        degradations: Keys of `degradations.DEGRADATIONS`.
        seed: Seed of the degradations.

    Returns:
        `photo`, degraded, and `target`, the original, float32 in [-1, 1],
        `(count, size, size, 3)`.
    """
    targets = read_squares(paths, size)
    photos = [
        degrade(target, (seed, index), degradations).numpy()
        for index, target in enumerate(targets)
    ]
    return {"photo": np.stack(photos), "target": targets}
