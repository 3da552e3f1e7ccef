"""Damaged pictures beside what they were before, made from sound ones."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from animegan_tf.data.augmentation import random_rescaled_crop
from animegan_tf.data.crops import (
    build_reduced_reader,
    check_stream,
    float_levels,
    read_squares,
)
from animegan_tf.data.degradations import degrade
from animegan_tf.data.streams import batched, index_stream

_SALT = 6
# Whoever has seen all kinds of damage together only, spoils what suffered one.
_PROBABILITY_OF_SEVERAL = 0.5


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
    """Build the endless dataset of damaged pictures and what they were before.

    The damage is drawn anew each time a picture comes. Of several kinds each happens to
    half of the pictures; a single one to all, since with half of them sound to leave
    every picture alone would be the median, which is what L1 asks for.

    Args:
        paths: Sound pictures.
        degradations: What they suffer, keys of `degradations.DEGRADATIONS`.
        crop_size: Side of the crops, in pixels, at least 1.
        batch_size: Number of crops in a batch, at least 1.
        seed: Seed of shuffling, crops and damage.
        start_step: Number of batches to leave out at the start.
        coverage: Least and greatest part of the short side that a crop covers, in
            (0, 1].
        flip: Whether crops are mirrored left to right at random.
        memory_budget: Most bytes of decoded pictures to keep in memory.

    Returns:
        Endless `tf.data.Dataset` of dicts of float32 tensors in [-1, 1]: `photo`,
        damaged, and `target`, sound, `(batch_size, crop_size, crop_size, 3)`.

    Raises:
        ValueError: If a list is empty, a kind is unknown or a number out of range.
    """
    check_stream(paths, "paths", crop_size, batch_size, start_step)
    read = build_reduced_reader(paths, crop_size, coverage, memory_budget)
    probability = _PROBABILITY_OF_SEVERAL if len(degradations) > 1 else 1.0

    def load(index, drawn):
        sound = random_rescaled_crop(
            read(index), crop_size, drawn, coverage=coverage, flip=flip
        )
        sound = float_levels(sound)
        damaged = degrade(
            sound, tf.random.fold_in(drawn, 0), degradations, probability=probability
        )
        return {"photo": damaged, "target": sound}

    stream = index_stream(len(paths), seed, start_step * batch_size, _SALT)
    return batched(stream, load, batch_size).prefetch(2)


def read_degraded_squares(
    paths, size: int, degradations, seed: int
) -> dict[str, np.ndarray]:
    """Read the middle squares of pictures and damage them, the same way every time.

    All kinds of damage happen to every picture.

    Args:
        paths: At least one picture.
        size: Side of the squares, in pixels.
        degradations: What they suffer.
        seed: Seed of the damage.

    Returns:
        `photo`, damaged, and `target`, float32 in [-1, 1], `(count, size, size, 3)`.
    """
    sound = read_squares(paths, size)
    damaged = [
        degrade(picture, (seed, index), degradations).numpy()
        for index, picture in enumerate(sound)
    ]
    return {"photo": np.stack(damaged), "target": sound}
