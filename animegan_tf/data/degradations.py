"""Image degradations as pure functions of the image and a seed, for restoration.

Input and output are float RGB images in [-1, 1], `(height, width, 3)`. The strength is
uniform between two limits. By default they start at almost none, since a network that
has seen strong degradations only spoils good images. All functions give the same result
eagerly and inside `tf.data`.
"""

import functools
import math

import tensorflow as tf

from animegan_tf.imaging.exposure import GAMMA, exposure_curve
from animegan_tf.imaging.holes import fill_holes

# Rows and columns of the grid that has one hole in each of its cells.
_HOLES_PER_SIDE = 2
_MAX_ELONGATION = 4.0
# Straight strokes across the whole image, as of scratches and writing.
_NUM_STROKES = 6
_STROKE_WIDTHS = (1.0, 8.0)
# Full-well capacity, in electrons, of a small sensor pixel whose shot noise is added.
_ELECTRONS = 4000.0


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
        function = functools.partial(DEGRADATIONS[kind], seed=kind_seed)
        if probability < 1.0:
            random = tf.random.stateless_uniform([], tf.random.fold_in(kind_seed, -1))
            image = tf.cond(
                random < probability,
                functools.partial(function, image),
                functools.partial(tf.identity, image),
            )
        else:
            image = function(image)
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
    quality = tf.cast(tf.round(_uniform(seed, quality)), tf.int32)
    degraded = tf.image.adjust_jpeg_quality(_to_levels(image), quality)
    return _like(image, tf.cast(degraded, tf.float32) / 127.5 - 1.0)


def low_light(image, seed, *, gain=(1.0, 8.0)) -> tf.Tensor:
    """Expose too short by the factor `gain`, and brighten again by `exposure_curve`.

    Shot noise and the 256 levels of the dark image are amplified. The brightness is as
    before: how bright a photo is meant to be, a network could only guess.
    """
    gain = _uniform(tf.random.fold_in(seed, 0), gain)
    light = tf.clip_by_value((image + 1.0) / 2.0, 0.0, 1.0) ** GAMMA
    dark = exposure_curve(light, 1.0 / gain)
    grain = tf.random.stateless_normal(tf.shape(image), tf.random.fold_in(seed, 1))
    dark += tf.sqrt(dark / _ELECTRONS) * grain
    levels = tf.round(255.0 * tf.clip_by_value(dark, 0.0, 1.0) ** (1.0 / GAMMA))
    light = exposure_curve((levels / 255.0) ** GAMMA, gain)
    return 2.0 * light ** (1.0 / GAMMA) - 1.0


def holes(image, seed, *, share=(0.02, 0.2), stroke_probability=0.5) -> tf.Tensor:
    """Cut holes, and fill them smoothly by `imaging.holes.fill_holes`.

    The holes are strokes with `stroke_probability`, else one rectangle in each quarter
    of the image. `share` is the fraction of the image that they cover together; strokes
    may cross each other, and have limits to their width.
    """
    part = _uniform(tf.random.fold_in(seed, 0), share)
    size = tf.shape(image)[:2]
    kind = tf.random.stateless_uniform([], tf.random.fold_in(seed, 2))
    mask = tf.cond(
        kind < stroke_probability,
        lambda: _strokes(size, part, tf.random.fold_in(seed, 3)),
        lambda: _rectangles(size, part, tf.random.fold_in(seed, 1)),
    )
    filled = tf.numpy_function(fill_holes, [_to_levels(image), mask], tf.uint8)
    filled = tf.cast(filled, tf.float32) / 127.5 - 1.0
    # Outside, an image has more than 256 levels.
    return _like(image, tf.where(mask[..., None], filled, image))


DEGRADATIONS = {
    "blur": blur,
    "downscale": downscale,
    "low_light": low_light,
    "noise": noise,
    "jpeg": jpeg,
    "holes": holes,
}


def _rectangles(size, part, seed) -> tf.Tensor:
    """Return where one random rectangle in each quarter is, `(height, width)`."""
    count = _HOLES_PER_SIDE**2
    random = tf.random.stateless_uniform([3, count], seed)
    # A longer rectangle of that area would not fit into its cell.
    longest = tf.minimum(_MAX_ELONGATION, 1.0 / part)
    elongation = longest ** (2.0 * random[0] - 1.0)
    rows = _inside(size[0], tf.sqrt(part * elongation), random[1], by_row=True)
    columns = _inside(size[1], tf.sqrt(part / elongation), random[2], by_row=False)
    return tf.reduce_any(rows[:, :, None] & columns[:, None, :], axis=0)


def _strokes(size, part, seed) -> tf.Tensor:
    """Return where random strokes of one width are, `(height, width)`."""
    height, width = tf.cast(size[0], tf.float32), tf.cast(size[1], tf.float32)
    ends = tf.random.stateless_uniform([2, _NUM_STROKES, 2], seed)
    ends *= tf.stack([height, width])
    along = ends[1] - ends[0]
    lengths = tf.maximum(tf.norm(along, axis=-1), 1.0)
    wide = part * height * width / tf.reduce_sum(lengths)
    wide = tf.clip_by_value(wide, *_STROKE_WIDTHS)
    grid = tf.meshgrid(tf.range(height), tf.range(width), indexing="ij")
    offsets = (tf.stack(grid, axis=-1) + 0.5)[:, :, None] - ends[0]
    position = tf.reduce_sum(offsets * along, axis=-1) / tf.square(lengths)
    position = tf.clip_by_value(position, 0.0, 1.0)[..., None]
    distances = tf.norm(offsets - position * along, axis=-1)
    return tf.reduce_any(distances <= wide / 2.0, axis=-1)


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


def _to_levels(image) -> tf.Tensor:
    levels = tf.clip_by_value(tf.floor((image + 1.0) * 127.5 + 0.5), 0.0, 255.0)
    return tf.cast(levels, tf.uint8)


def _uniform(seed, limits) -> tf.Tensor:
    low, high = limits
    return low + (high - low) * tf.random.stateless_uniform([], seed)


def _like(image, result) -> tf.Tensor:
    return tf.ensure_shape(result, image.shape)
