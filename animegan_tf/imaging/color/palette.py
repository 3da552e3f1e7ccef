"""Give a picture the palette of another: its tints by lightness, and its colourfulness.

Everything is a function of a pixel's own colour, so areas stay areas, and a tile gets
the colours that it has in the whole picture.
"""

import dataclasses

import numpy as np

from animegan_tf.imaging.color.conversions import lab_to_rgb, rgb_to_lab
from animegan_tf.imaging.color.lightness_curve import apply_gamma, fit_gamma

# Most that colours are spread or drawn together: beyond it, noise becomes blotches.
_MAX_GAIN = 1.6
# Least deviation of lightness over which a range of tints is laid.
_MIN_DEVIATION = 8.0
# Longest shift of (a, b) that a grey may get, and how much longer it may be for each
# unit of a colour's own chroma: paper, ink and stone are to stay so.
_NEUTRAL_REACH = 10.0
_REACH_PER_CHROMA = 3.0
# Lightnesses between which the shift has its full reach, and where it has none left.
_FULL_REACH = (20.0, 75.0)
_NO_REACH = (0.0, 98.0)
# Variance of (a, b) added to both pictures: a grey one has no directions to map.
_CHROMA_FLOOR = 4.0
# Where tints are measured, in deviations of lightness from the mean.
_HEIGHTS = np.linspace(-1.5, 1.5, 9)
_MAX_SAMPLES = 2**16
_STRIP_PIXELS = 2**20


def transfer_palette(
    image: np.ndarray, target: np.ndarray, *, strength: float = 1.0
) -> np.ndarray:
    """Recolour a picture in CIE Lab with the palette of another one.

    Lightness goes halfway to the target's mean along a power curve, which leaves black
    and white where they are. Its tint at each lightness is the target's there; what is
    left of the colours is mapped linearly to the target's covariance, with the least
    total change (Monge-Kantorovich), and with a bounded gain. What has little colour of
    its own takes little on, and white and black none.

    Args:
        image: uint8 RGB picture in [0, 255], `(height, width, 3)`.
        target: uint8 RGB picture of any size, whose palette to take.
        strength: Part of the way to go, from 0, the picture as it is, to 1.

    Returns:
        uint8 RGB of the shape of `image`.

    Raises:
        ValueError: If a picture is not uint8 RGB or the strength is out of range.

    Reference: Pitie, Kokaram, 2007, "The linear Monge-Kantorovitch linear colour
    mapping for example-based colour transfer".
    """
    for name, picture in (("image", image), ("target", target)):
        if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
            raise ValueError(
                f"`{name}` must be uint8 RGB of shape (height, width, 3). "
                f"Received: dtype {picture.dtype}, shape {picture.shape}"
            )
        if picture.size == 0:
            raise ValueError(
                f"`{name}` must have at least one pixel. Received: {picture.shape}"
            )
    if not 0.0 <= strength <= 1.0:
        raise ValueError(f"`strength` must be in [0, 1]. Received: strength={strength}")
    if strength == 0.0:
        return image.copy()
    mapping = _fit(_sample_lab(image), _sample_lab(target))
    rows = max(1, _STRIP_PIXELS // image.shape[1])
    result = np.empty_like(image)
    for top in range(0, image.shape[0], rows):
        lab = rgb_to_lab(image[top : top + rows])
        mixed = lab + strength * (mapping(lab) - lab)
        result[top : top + rows] = lab_to_rgb(mixed)
    return result


@dataclasses.dataclass(frozen=True)
class _Statistics:
    """Colours of a picture: the mean tint at each height, and what is off it."""

    mean: np.ndarray
    deviation: float
    tints: np.ndarray
    covariance: np.ndarray


@dataclasses.dataclass(frozen=True)
class _Mapping:
    source: _Statistics
    target: _Statistics
    gamma: float
    matrix: np.ndarray
    offset: np.ndarray

    def __call__(self, lab: np.ndarray) -> np.ndarray:
        chroma = _hold_neutrals(lab, self.map_chroma(lab))
        lightness = apply_gamma(lab[..., :1], self.gamma)
        return np.concatenate([lightness, chroma], axis=-1).astype(np.float32)

    def map_chroma(self, lab: np.ndarray) -> np.ndarray:
        height = _standardize(lab[..., 0], self.source.mean[0], self.source.deviation)
        rest = lab[..., 1:] - _tint(height, self.source.tints)
        return _tint(height, self.target.tints) + rest @ self.matrix + self.offset


def _sample_lab(image):
    """Convert an even sample of the pixels, `(count, 3)`."""
    pixels = image.reshape(-1, 3)
    # An odd stride drifts through the columns instead of sampling a few of them.
    stride = max(1, len(pixels) // _MAX_SAMPLES) | 1
    return rgb_to_lab(pixels[::stride]).astype(np.float64)


def _fit(source_lab, target_lab) -> _Mapping:
    target = _measure(target_lab, _MIN_DEVIATION)
    # Stretched over little contrast, the target's tints would colour its noise.
    source = _measure(source_lab, max(_MIN_DEVIATION, target.deviation / _MAX_GAIN))
    gamma = fit_gamma(source_lab[:, 0], target.mean[0])
    matrix = _monge_kantorovich(source.covariance, target.covariance)
    mapping = _Mapping(source, target, gamma, matrix, np.zeros(2))
    # Heights are bounded, so the tints' mean is not quite the target's yet.
    offset = target.mean[1:] - mapping.map_chroma(source_lab).mean(axis=0)
    return dataclasses.replace(mapping, offset=offset)


def _measure(lab, least_deviation) -> _Statistics:
    mean = lab.mean(axis=0)
    deviation = max(float(lab[:, 0].std()), least_deviation)
    height = _standardize(lab[:, 0], mean[0], deviation)
    tints = _measure_tints(height, lab[:, 1:])
    rest = lab[:, 1:] - _tint(height, tints)
    rest -= rest.mean(axis=0)
    covariance = rest.T @ rest / len(rest) + _CHROMA_FLOOR * np.eye(2)
    return _Statistics(mean, deviation, tints, covariance)


def _standardize(lightness, mean, deviation):
    """Measure lightness in deviations from the mean, levelling off at 1.5."""
    return 1.5 * np.tanh((lightness - mean) / (1.5 * deviation))


def _measure_tints(height, chroma):
    """Average (a, b) around each of `_HEIGHTS`, from further off where pixels lack."""
    tints = np.broadcast_to(chroma.mean(axis=0), (len(_HEIGHTS), 2))
    for width in (1.0, 0.4):
        squares = np.square((height - _HEIGHTS[:, np.newaxis]) / width)
        weights = np.exp(-0.5 * squares)
        # The broader mean counts as much as one pixel in fifty.
        prior = 0.02 * len(height)
        sums = weights @ chroma + prior * tints
        tints = sums / (weights.sum(axis=1, keepdims=True) + prior)
    return tints


def _tint(height, tints):
    channels = [np.interp(height, _HEIGHTS, tints[:, k]) for k in range(2)]
    return np.stack(channels, axis=-1)


def _hold_neutrals(lab, chroma):
    """Bound how far (a, b) move from the picture's own, softly."""
    own = lab[..., 1:]
    reach = _NEUTRAL_REACH + _REACH_PER_CHROMA * np.linalg.norm(own, axis=-1)
    reach *= _soft_step(lab[..., 0], _NO_REACH[0], _FULL_REACH[0])
    reach *= _soft_step(lab[..., 0], _NO_REACH[1], _FULL_REACH[1])
    shift = chroma - own
    length = np.linalg.norm(shift, axis=-1)
    share = reach / np.maximum(np.hypot(reach, length), 1e-6)
    return own + share[..., np.newaxis] * shift


def _soft_step(x, start, end):
    """Rise smoothly from 0 at `start` to 1 at `end`, whichever is greater."""
    t = np.clip((x - start) / (end - start), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def _monge_kantorovich(source, target):
    """Map one covariance to another by a symmetric matrix, its gains bounded."""
    root, inverse = _power(source, 0.5), _power(source, -0.5)
    matrix = inverse @ _power(root @ target @ root, 0.5) @ inverse
    gains, axes = np.linalg.eigh(matrix)
    return (axes * np.clip(gains, 1.0 / _MAX_GAIN, _MAX_GAIN)) @ axes.T


def _power(matrix, exponent):
    values, axes = np.linalg.eigh(matrix)
    return (axes * np.maximum(values, 1e-12) ** exponent) @ axes.T
