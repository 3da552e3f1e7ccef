"""Dataset of crops in varied colors, for the distillation of feature networks."""

from collections.abc import Sequence

import tensorflow as tf

from animegan_tf.data.augmentation import random_rescaled_crop
from animegan_tf.data.crops import build_reduced_reader, check_stream, normalize_levels
from animegan_tf.data.degradations import degrade
from animegan_tf.data.streams import batched, index_stream
from animegan_tf.data.targets.edge_smoothing import luminance

_SALT = 8
_DEGRADATIONS = ("blur", "downscale", "noise", "jpeg")
_DEGRADATION_PROBABILITY = 0.1
# Style losses use grayscale images.
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
    """Build an endless dataset of crops in varied colors, some of them degraded.

    Args:
        paths: Image files.
        crop_size: Side of the crops, in pixels, at least 1.
        batch_size: Number of crops in a batch, at least 1.
        seed: Seed of shuffling, crops, colors and degradations.
        start_step: Number of batches to skip.
        coverage: Minimum and maximum fraction of the short side that a crop covers, in
            (0, 1].
        memory_budget: Maximum size of the cached images, in bytes.

    Returns:
        Endless `tf.data.Dataset` of dicts with one float32 tensor in [-1, 1]: `image`,
        `(batch_size, crop_size, crop_size, 3)`.

    Raises:
        ValueError: If `paths` is empty or a number is out of range.
    """
    check_stream(paths, "paths", crop_size, batch_size, start_step)
    read = build_reduced_reader(paths, crop_size, coverage, memory_budget)

    def load(index, crop_seed):
        crop = random_rescaled_crop(
            read(index), crop_size, crop_seed, coverage=coverage
        )
        varied = vary_colors(normalize_levels(crop), tf.random.fold_in(crop_seed, 1))
        return degrade(
            varied,
            tf.random.fold_in(crop_seed, 2),
            _DEGRADATIONS,
            probability=_DEGRADATION_PROBABILITY,
        )

    stream = index_stream(len(paths), seed, start_step * batch_size, _SALT)
    crops = batched(stream, load, batch_size)
    return crops.map(lambda images: {"image": images}).prefetch(4)


def vary_colors(image, seed) -> tf.Tensor:
    """Change the white balance, saturation, contrast and brightness at random.

    Args:
        image: Float image in [-1, 1], `(height, width, 3)`.
        seed: Pair of integers; equal seeds give equal results.

    Returns:
        float32 image in [-1, 1] of the same shape; about a third are grayscale.
    """
    image = tf.cast(image, tf.float32)
    random = tf.random.stateless_uniform([7], seed)
    levels = (image + 1.0) * (0.85 + 0.3 * random[:3]) - 1.0
    gray = luminance(levels)
    saturation = tf.where(random[3] < _GRAY_PROBABILITY, 0.0, 0.5 + random[4])
    levels = gray + saturation * (levels - gray)
    mean = tf.reduce_mean(gray)
    contrast = 0.6 + 0.8 * random[5]
    levels = mean + contrast * (levels - mean) + 0.4 * random[6] - 0.2
    return tf.clip_by_value(levels, -1.0, 1.0)
