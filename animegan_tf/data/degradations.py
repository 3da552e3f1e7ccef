"""Damage to pictures as pure functions of the picture and a seed, for restoration.

Pictures are float RGB in [-1, 1], `(height, width, 3)`, before and after. A strength is
drawn evenly between two limits, by default from hardly any damage on: what repairs only
bad pictures spoils good ones. Everything runs eagerly and inside `tf.data` alike.
"""

import math

import tensorflow as tf

# Rows and columns of the grid that holds one hole in each of its cells.
_HOLES_PER_SIDE = 2
_MAX_ELONGATION = 4.0


def degrade(image, seed, kinds, *, probability: float = 1.0) -> tf.Tensor:
    """Damage a picture in several ways, one after the other.

    Args:
        image: Float picture in [-1, 1], `(height, width, 3)`.
        seed: Integer pair; equal seeds give equal damage.
        kinds: Keys of `DEGRADATIONS`, in the order in which they happen.
        probability: Chance of each of them to happen at all.

    Returns:
        float32 picture in [-1, 1] of the same shape.

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
        drawn = tf.random.fold_in(seed, position)
        damaged = DEGRADATIONS[kind](image, drawn)
        if probability < 1.0:
            chance = tf.random.stateless_uniform([], tf.random.fold_in(drawn, -1))
            damaged = tf.where(chance < probability, damaged, image)
        image = damaged
    return image


def blur(image, seed, *, deviation=(0.3, 2.0)) -> tf.Tensor:
    """Blur with a Gaussian of `deviation` pixels; borders continue their last pixel."""
    sigma = _draw(seed, deviation)
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
    """Scale down by `factor` with anti-aliasing and up again, both bicubic."""
    size = tf.shape(image)[:2]
    shrunk = tf.cast(size, tf.float32) / _draw(seed, factor)
    shrunk = tf.maximum(tf.cast(tf.round(shrunk), tf.int32), 1)
    small = tf.image.resize(image, shrunk, method="bicubic", antialias=True)
    large = tf.image.resize(small, size, method="bicubic")
    return _like(image, tf.clip_by_value(large, -1.0, 1.0))


def noise(image, seed, *, deviation=(0.0, 20.0)) -> tf.Tensor:
    """Add Gaussian noise of `deviation` 8-bit levels, pixel by pixel."""
    sigma = _draw(tf.random.fold_in(seed, 0), deviation) / 127.5
    grain = tf.random.stateless_normal(tf.shape(image), tf.random.fold_in(seed, 1))
    return tf.clip_by_value(image + sigma * grain, -1.0, 1.0)


def jpeg(image, seed, *, quality=(25, 95)) -> tf.Tensor:
    """Compress as JPEG of `quality`, 1 to 100, and decompress."""
    levels = tf.clip_by_value(tf.floor((image + 1.0) * 127.5 + 0.5), 0.0, 255.0)
    drawn = tf.cast(tf.round(_draw(seed, quality)), tf.int32)
    damaged = tf.image.adjust_jpeg_quality(tf.cast(levels, tf.uint8), drawn)
    return _like(image, tf.cast(damaged, tf.float32) / 127.5 - 1.0)


def holes(image, seed, *, share=(0.02, 0.2)) -> tf.Tensor:
    """Tear out rectangles that make up `share` of the picture; white is left.

    Each quarter of the picture has one, of a random place and form.
    """
    part = _draw(tf.random.fold_in(seed, 0), share)
    height, width = tf.shape(image)[0], tf.shape(image)[1]
    count = _HOLES_PER_SIDE**2
    draws = tf.random.stateless_uniform([3, count], tf.random.fold_in(seed, 1))
    # A longer rectangle of that area would not fit into its cell.
    longest = tf.minimum(_MAX_ELONGATION, 1.0 / part)
    elongation = longest ** (2.0 * draws[0] - 1.0)
    rows = _inside(height, tf.sqrt(part * elongation), draws[1], by_row=True)
    columns = _inside(width, tf.sqrt(part / elongation), draws[2], by_row=False)
    torn = tf.reduce_any(rows[:, :, None] & columns[:, None, :], axis=0)
    return tf.where(torn[..., None], 1.0, image)


DEGRADATIONS = {
    "blur": blur,
    "downscale": downscale,
    "noise": noise,
    "jpeg": jpeg,
    "holes": holes,
}


def _inside(length, parts, draws, by_row: bool) -> tf.Tensor:
    """Say which positions along one side each hole covers, `(holes, length)`."""
    holes_per_side = _HOLES_PER_SIDE
    index = tf.range(holes_per_side**2)
    index = index // holes_per_side if by_row else index % holes_per_side
    first = index * length // holes_per_side
    cell = tf.cast((index + 1) * length // holes_per_side - first, tf.float32)
    size = tf.round(cell * parts)
    start = tf.cast(first, tf.float32) + tf.floor(draws * (cell - size + 1.0))
    positions = tf.cast(tf.range(length), tf.float32)[None]
    return (positions >= start[:, None]) & (positions < (start + size)[:, None])


def _draw(seed, limits) -> tf.Tensor:
    low, high = limits
    return low + (high - low) * tf.random.stateless_uniform([], seed)


def _like(image, result) -> tf.Tensor:
    return tf.ensure_shape(result, image.shape)
