"""Crops of all sorts of pictures in varied colours, for a network that must see any."""

from collections.abc import Sequence

import tensorflow as tf

from animegan_tf.data.augmentation import random_rescaled_crop
from animegan_tf.data.crops import build_reduced_reader, check_stream, float_levels
from animegan_tf.data.degradations import degrade
from animegan_tf.data.streams import batched, index_stream
from animegan_tf.data.targets.edge_smoothing import luminance

_SALT = 8
_DEGRADATIONS = ("blur", "downscale", "noise", "jpeg")
_DAMAGE_PROBABILITY = 0.1
# Style is measured in grey.
_GRAY_PROBABILITY = 0.35


def build_varied_dataset(
    paths: Sequence,
    *,
    crop_size: int,
    batch_size: int,
    seed: int,
    start_step: int = 0,
    coverage: tuple[float, float] = (0.375, 1.0),
    memory_budget: int = 2 * 2**30,
) -> tf.data.Dataset:
    """Build the endless dataset of crops, mirrored, in varied colours, some damaged.

    Args:
        paths: Pictures.
        crop_size: Side of the crops, in pixels, at least 1.
        batch_size: Number of crops in a batch, at least 1.
        seed: Seed of shuffling and of everything drawn.
        start_step: Number of batches to leave out at the start.
        coverage: Least and greatest part of the short side that a crop covers, in
            (0, 1].
        memory_budget: Most bytes of decoded pictures to keep in memory.

    Returns:
        Endless `tf.data.Dataset` of dicts with one float32 tensor in [-1, 1]: `image`,
        `(batch_size, crop_size, crop_size, 3)`.

    Raises:
        ValueError: If `paths` is empty or a number is out of range.
    """
    check_stream(paths, "paths", crop_size, batch_size, start_step)
    read = build_reduced_reader(paths, crop_size, coverage, memory_budget)

    def load(index, drawn):
        crop = random_rescaled_crop(read(index), crop_size, drawn, coverage=coverage)
        varied = vary_colors(float_levels(crop), tf.random.fold_in(drawn, 1))
        damage = tf.random.fold_in(drawn, 2)
        return degrade(varied, damage, _DEGRADATIONS, probability=_DAMAGE_PROBABILITY)

    stream = index_stream(len(paths), seed, start_step * batch_size, _SALT)
    crops = batched(stream, load, batch_size)
    return crops.map(lambda images: {"image": images}).prefetch(4)


def vary_colors(image, seed) -> tf.Tensor:
    """Change the white point, the saturation, the contrast and the brightness.

    Args:
        image: Float picture in [-1, 1], `(height, width, 3)`.
        seed: Integer pair; equal seeds give equal changes.

    Returns:
        float32 picture in [-1, 1] of the same shape, in about a third of all cases
        grey.
    """
    image = tf.cast(image, tf.float32)
    draws = tf.random.stateless_uniform([7], seed)
    levels = (image + 1.0) * (0.85 + 0.3 * draws[:3]) - 1.0
    gray = luminance(levels)
    saturation = tf.where(draws[3] < _GRAY_PROBABILITY, 0.0, 0.5 + draws[4])
    levels = gray + saturation * (levels - gray)
    mean = tf.reduce_mean(gray)
    contrast = 0.6 + 0.8 * draws[5]
    levels = mean + contrast * (levels - mean) + 0.4 * draws[6] - 0.2
    return tf.clip_by_value(levels, -1.0, 1.0)
