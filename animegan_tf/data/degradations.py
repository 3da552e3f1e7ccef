"""Image degradations as pure functions of the image and a seed, for restoration.

Input and output are float RGB images in [-1, 1], `(height, width, 3)`. The strength is
uniform between two limits. By default they start at almost none, since a network that
has seen strong degradations only spoils good images. All functions give the same result
eagerly and inside `tf.data`.
"""

import math

import tensorflow as tf

# Rows and columns of the grid that has one hole in each of its cells.
_HOLES_PER_SIDE = 2
_MAX_ELONGATION = 4.0


def degrade(image, seed, kinds, *, probability: float = 1.0) -> tf.Tensor:
    """Apply several degradations to an image, one after the other.

    Args:
        image: Float image in [-1, 1], `(height, width, 3)`.
        seed: Pair of integers; equal seeds give equal results.
        kinds: Keys of `DEGRADATIONS`, in the order in which they are applied.
        probability: Probability of each degradation to be applied.

    Returns:
        float32 image in [-1, 1] of the same shape.

    Raises:
        ValueError: If a kind is unknown.
    """
    image = tf.cast(image, tf.float32)
    for position, kind in enumerate(kinds):
        if kind not in DEGRADATIONS:
            raise ValueError(
                f"`kinds` must be any of {', '.join(DEGRADATIONS)}. "
                f"Received: kinds={tuple(kinds)}"
            )
        kind_seed = tf.random.fold_in(seed, position)
        degraded = DEGRADATIONS[kind](image, kind_seed)
        if probability < 1.0:
            random = tf.random.stateless_uniform([], tf.random.fold_in(kind_seed, -1))
            degraded = tf.where(random < probability, degraded, image)
        image = degraded
    return image


def blur(image, seed, *, deviation=(0.3, 2.0)) -> tf.Tensor:
    """Apply a Gaussian blur of `deviation` pixels; border pixels are repeated."""
    sigma = _uniform(seed, deviation)
    radius = math.ceil(3.0 * deviation[1])
    offsets = tf.range(-radius, radius + 1)
    weights = tf.exp(-0.5 * tf.square(tf.cast(offsets, tf.float32) / sigma))
    weights /= tf.reduce_sum(weights)
    for axis in (0, 1):
        length = tf.shape(image)[axis]
        positions = tf.range(length)[:, None] + offsets[None, :]
        taps = tf.gather(image, tf.clip_by_value(positions, 0, length - 1), axis=axis)
        image = tf.tensordot(taps, weights, [[axis + 1], [0]])
    return image


def downscale(image, seed, *, factor=(1.0, 3.0)) -> tf.Tensor:
    """Downscale by `factor` with antialiasing and upscale again, both bicubic."""
    size = tf.shape(image)[:2]
    shrunk = tf.cast(size, tf.float32) / _uniform(seed, factor)
    shrunk = tf.maximum(tf.cast(tf.round(shrunk), tf.int32), 1)
    small = tf.image.resize(image, shrunk, method="bicubic", antialias=True)
    large = tf.image.resize(small, size, method="bicubic")
    return _like(image, tf.clip_by_value(large, -1.0, 1.0))


def noise(image, seed, *, deviation=(0.0, 20.0)) -> tf.Tensor:
    """Add Gaussian noise of `deviation` 8-bit levels."""
    sigma = _uniform(tf.random.fold_in(seed, 0), deviation) / 127.5
    grain = tf.random.stateless_normal(tf.shape(image), tf.random.fold_in(seed, 1))
    return tf.clip_by_value(image + sigma * grain, -1.0, 1.0)


def jpeg(image, seed, *, quality=(25, 95)) -> tf.Tensor:
    """Compress as JPEG of `quality`, 1 to 100, and decompress."""
    levels = tf.clip_by_value(tf.floor((image + 1.0) * 127.5 + 0.5), 0.0, 255.0)
    quality = tf.cast(tf.round(_uniform(seed, quality)), tf.int32)
    degraded = tf.image.adjust_jpeg_quality(tf.cast(levels, tf.uint8), quality)
    return _like(image, tf.cast(degraded, tf.float32) / 127.5 - 1.0)


def holes(image, seed, *, share=(0.02, 0.2)) -> tf.Tensor:
    """Fill one random rectangle in each quarter of the image with white.

    `share` is the fraction of the image that they cover together.
    """
    part = _uniform(tf.random.fold_in(seed, 0), share)
    height, width = tf.shape(image)[0], tf.shape(image)[1]
    count = _HOLES_PER_SIDE**2
    random = tf.random.stateless_uniform([3, count], tf.random.fold_in(seed, 1))
    # A longer rectangle of that area would not fit into its cell.
    longest = tf.minimum(_MAX_ELONGATION, 1.0 / part)
    elongation = longest ** (2.0 * random[0] - 1.0)
    rows = _inside(height, tf.sqrt(part * elongation), random[1], by_row=True)
    columns = _inside(width, tf.sqrt(part / elongation), random[2], by_row=False)
    mask = tf.reduce_any(rows[:, :, None] & columns[:, None, :], axis=0)
    return tf.where(mask[..., None], 1.0, image)


DEGRADATIONS = {
    "blur": blur,
    "downscale": downscale,
    "noise": noise,
    "jpeg": jpeg,
    "holes": holes,
}


def _inside(length, parts, random, by_row: bool) -> tf.Tensor:
    """Return which positions along one axis each hole covers, `(holes, length)`."""
    holes_per_side = _HOLES_PER_SIDE
    index = tf.range(holes_per_side**2)
    index = index // holes_per_side if by_row else index % holes_per_side
    first = index * length // holes_per_side
    cell = tf.cast((index + 1) * length // holes_per_side - first, tf.float32)
    size = tf.round(cell * parts)
    start = tf.cast(first, tf.float32) + tf.floor(random * (cell - size + 1.0))
    positions = tf.cast(tf.range(length), tf.float32)[None]
    return (positions >= start[:, None]) & (positions < (start + size)[:, None])


def _uniform(seed, limits) -> tf.Tensor:
    low, high = limits
    return low + (high - low) * tf.random.stateless_uniform([], seed)


def _like(image, result) -> tf.Tensor:
    return tf.ensure_shape(result, image.shape)
