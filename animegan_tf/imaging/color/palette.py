"""Color transfer in CIE Lab: give an image the palette of another one.

Every pixel is mapped by its color alone, so flat areas stay flat, and a tile gets the
same colors as in the whole image.
"""

import dataclasses

import numpy as np

from animegan_tf.imaging.arrays import row_bands
from animegan_tf.imaging.color.lab import lab_to_rgb, rgb_to_lab

# Minimum standard deviation of lightness of the result, relative to the image's.
_MIN_CONTRAST = 0.9
# Fraction of the way to the target's mean lightness, and the maximum exponent.
_LIGHTNESS_SHARE = 0.5
_MAX_GAMMA = 1.5
# Maximum factor by which colors are spread or compressed; more makes noise blotchy.
_MAX_GAIN = 1.6
# Minimum standard deviation of lightness over which a range of tints is spread.
_MIN_DEVIATION = 8.0
# Maximum shift of (a, b) of a gray pixel, and how much it grows for each unit of the
# pixel's own chroma: white paper, black ink and gray stone should stay neutral.
_NEUTRAL_SHIFT = 10.0
_SHIFT_PER_CHROMA = 3.0
# Lightness between which the maximum shift applies, and where it reaches zero.
_FULL_SHIFT = (20.0, 75.0)
_NO_SHIFT = (0.0, 98.0)
# Variance added to (a, b) of both images: a gray image has no directions to map.
_CHROMA_FLOOR = 4.0
# Standardized lightness at which tints are measured.
_NODES = np.linspace(-1.5, 1.5, 9)
_MAX_SAMPLES = 2**16


def transfer_palette(
    image: np.ndarray, target: np.ndarray, *, strength: float = 1.0
) -> np.ndarray:
    """Recolor an image in CIE Lab with the palette of another one.

    Lightness follows a power curve halfway to the mean of the target, which keeps black
    and white. The mean tint at each lightness becomes that of the target; deviations
    from it are mapped linearly to the covariance of the target, with the least total
    change (Monge-Kantorovich) and a bounded gain. Pixels of low chroma are tinted
    little, white and black not at all.

    Args:
        image: uint8 RGB in [0, 255], `(height, width, 3)`.
        target: uint8 RGB image of any size, whose palette to use.
        strength: Blend factor in [0, 1]; 0 returns the image unchanged.

    Returns:
        uint8 RGB of the shape of `image`.

    Raises:
        ValueError: If an image is not uint8 RGB or the strength is out of range.

    Reference: Pitie, Kokaram, 2007, "The linear Monge-Kantorovitch linear colour
    mapping for example-based colour transfer".
    """
    for name, array in (("image", image), ("target", target)):
        if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3:
            raise ValueError(
                f"`{name}` must be uint8 RGB of shape (height, width, 3). "
                f"Received: dtype {array.dtype}, shape {array.shape}"
            )
        if array.size == 0:
            raise ValueError(
                f"`{name}` must have at least one pixel. Received: {array.shape}"
            )
    if not 0.0 <= strength <= 1.0:
        raise ValueError(f"`strength` must be in [0, 1]. Received: strength={strength}")
    if strength == 0.0:
        return image.copy()
    mapping = _fit(_sample_lab(image), _sample_lab(target))
    result = np.empty_like(image)
    for rows in row_bands(image.shape):
        lab = rgb_to_lab(image[rows])
        result[rows] = lab_to_rgb(lab + strength * (mapping(lab) - lab))
    return result


def fit_gamma(lightness: np.ndarray, target_mean: float) -> float:
    """Find the exponent that moves lightness halfway to a mean but keeps the contrast.

    Args:
        lightness: CIE L* in [0, 100], any shape.
        target_mean: The mean lightness to approach.

    Returns:
        The exponent for `apply_gamma`, in [1 / 1.5, 1.5]. Where halfway would cost over
        a tenth of the contrast, it goes less far.
    """
    mean, contrast = lightness.mean(), lightness.std()
    for share in np.linspace(_LIGHTNESS_SHARE, 0.0, 11):
        gamma = _gamma_for_mean(lightness, mean + share * (target_mean - mean))
        if apply_gamma(lightness, gamma).std() >= _MIN_CONTRAST * contrast:
            return gamma
    return 1.0


def apply_gamma(lightness: np.ndarray, gamma: float) -> np.ndarray:
    """Raise lightness to a power; black, 0, and white, 100, are unchanged."""
    return 100.0 * (np.maximum(lightness, 0.0) / 100.0) ** gamma


@dataclasses.dataclass(frozen=True)
class _Statistics:
    """Statistics of an image in Lab: the tint at each node, and deviations from it."""

    mean: np.ndarray
    deviation: float
    tints: np.ndarray
    covariance: np.ndarray


@dataclasses.dataclass(frozen=True)
class _Mapping:
    """The fitted map from Lab to Lab."""

    source: _Statistics
    target: _Statistics
    gamma: float
    matrix: np.ndarray
    offset: np.ndarray

    def __call__(self, lab: np.ndarray) -> np.ndarray:
        chroma = _limit_shift(lab, self.map_chroma(lab))
        lightness = apply_gamma(lab[..., :1], self.gamma)
        return np.concatenate([lightness, chroma], axis=-1).astype(np.float32)

    def map_chroma(self, lab: np.ndarray) -> np.ndarray:
        standardized = _standardize(
            lab[..., 0], self.source.mean[0], self.source.deviation
        )
        rest = lab[..., 1:] - _tint(standardized, self.source.tints)
        return _tint(standardized, self.target.tints) + rest @ self.matrix + self.offset


def _gamma_for_mean(lightness, mean):
    """Find the exponent that gives a mean lightness, by bisection."""
    low, high = 1.0 / _MAX_GAMMA, _MAX_GAMMA
    if abs(lightness.mean() - mean) < 0.01:
        return 1.0
    for _ in range(20):
        gamma = (low * high) ** 0.5
        # A larger exponent makes every pixel darker.
        if apply_gamma(lightness, gamma).mean() > mean:
            low = gamma
        else:
            high = gamma
    return (low * high) ** 0.5


def _sample_lab(image):
    """Convert evenly spaced pixels to Lab, `(count, 3)`."""
    pixels = image.reshape(-1, 3)
    # An odd stride moves through the columns instead of sampling a few of them.
    stride = max(1, len(pixels) // _MAX_SAMPLES) | 1
    return rgb_to_lab(pixels[::stride]).astype(np.float64)


def _fit(source_lab, target_lab) -> _Mapping:
    target = _measure(target_lab, _MIN_DEVIATION)
    # Spread over little contrast, the tints of the target would color the noise.
    source = _measure(source_lab, max(_MIN_DEVIATION, target.deviation / _MAX_GAIN))
    gamma = fit_gamma(source_lab[:, 0], target.mean[0])
    matrix = _monge_kantorovich(source.covariance, target.covariance)
    mapping = _Mapping(source, target, gamma, matrix, np.zeros(2))
    # Standardized lightness is bounded, so the mean tint is not quite the target's yet.
    offset = target.mean[1:] - mapping.map_chroma(source_lab).mean(axis=0)
    return dataclasses.replace(mapping, offset=offset)


def _measure(lab, min_deviation) -> _Statistics:
    mean = lab.mean(axis=0)
    deviation = max(float(lab[:, 0].std()), min_deviation)
    standardized = _standardize(lab[:, 0], mean[0], deviation)
    tints = _measure_tints(standardized, lab[:, 1:])
    rest = lab[:, 1:] - _tint(standardized, tints)
    rest -= rest.mean(axis=0)
    covariance = rest.T @ rest / len(rest) + _CHROMA_FLOOR * np.eye(2)
    return _Statistics(mean, deviation, tints, covariance)


def _standardize(lightness, mean, deviation):
    """Subtract the mean, divide by the deviation, and saturate smoothly at +-1.5."""
    return 1.5 * np.tanh((lightness - mean) / (1.5 * deviation))


def _measure_tints(standardized, chroma):
    """Average (a, b) around each of `_NODES`, over a wider range where pixels lack."""
    tints = np.broadcast_to(chroma.mean(axis=0), (len(_NODES), 2))
    for width in (1.0, 0.4):
        squares = np.square((standardized - _NODES[:, np.newaxis]) / width)
        weights = np.exp(-0.5 * squares)
        # The wider average has the weight of one pixel in fifty.
        prior = 0.02 * len(standardized)
        sums = weights @ chroma + prior * tints
        tints = sums / (weights.sum(axis=1, keepdims=True) + prior)
    return tints


def _tint(standardized, tints):
    channels = [np.interp(standardized, _NODES, tints[:, k]) for k in range(2)]
    return np.stack(channels, axis=-1)


def _limit_shift(lab, chroma):
    """Limit smoothly how far (a, b) move from those of the image."""
    own = lab[..., 1:]
    limit = _NEUTRAL_SHIFT + _SHIFT_PER_CHROMA * np.linalg.norm(own, axis=-1)
    limit *= _smoothstep(lab[..., 0], _NO_SHIFT[0], _FULL_SHIFT[0])
    limit *= _smoothstep(lab[..., 0], _NO_SHIFT[1], _FULL_SHIFT[1])
    shift = chroma - own
    length = np.linalg.norm(shift, axis=-1)
    share = limit / np.maximum(np.hypot(limit, length), 1e-6)
    return own + share[..., np.newaxis] * shift


def _smoothstep(x, start, end):
    """Go smoothly from 0 at `start` to 1 at `end`, in either direction."""
    t = np.clip((x - start) / (end - start), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def _monge_kantorovich(source, target):
    """Map one covariance to another with a symmetric matrix of bounded gain."""
    root, inverse = _power(source, 0.5), _power(source, -0.5)
    matrix = inverse @ _power(root @ target @ root, 0.5) @ inverse
    gains, axes = np.linalg.eigh(matrix)
    return (axes * np.clip(gains, 1.0 / _MAX_GAIN, _MAX_GAIN)) @ axes.T


def _power(matrix, exponent):
    values, axes = np.linalg.eigh(matrix)
    return (axes * np.maximum(values, 1e-12) ** exponent) @ axes.T
