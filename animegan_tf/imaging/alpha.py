"""Fill transparent pixels with the colors around them, to avoid fringes at edges.

The colors that a file stores in fully transparent pixels, often black, would otherwise
look like an object to the network, whose outline shows in the half-transparent edge.
"""

import numpy as np

from animegan_tf.imaging.arrays import row_bands


def fill_transparent(colors: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Extrapolate the visible colors of an image into its transparent parts.

    Premultiplied averages are taken over squares of 2, 4, 8 ... pixels; then, from the
    coarsest to the finest, each level fills the transparent part of the next.

    Args:
        colors: uint8 or uint16 RGB, `(height, width, 3)`.
        alpha: Opacity of the same dtype, `(height, width)`.

    Returns:
        Array like `colors`. Opaque pixels are unchanged.

    Reference: Gortler et al., 1996, "The Lumigraph", section 3.4.2 (pull-push).
    """
    if alpha.min() == np.iinfo(alpha.dtype).max:
        return colors
    filled = colors.copy()
    if max(colors.shape[:2]) <= 1:
        return filled
    coarse = fill_transparent(*_halve(colors, alpha))
    scale = np.float32(1.0 / np.iinfo(alpha.dtype).max)
    for rows in row_bands(colors.shape):
        band = filled[rows]
        opacity = alpha[rows][..., np.newaxis] * scale
        below = _double(coarse, rows.start, band.shape[:2])
        band[...] = np.floor(below + (band - below) * opacity + np.float32(0.5))
    return filled


def _halve(colors, alpha):
    """Average squares of 2x2 pixels, weighted by their opacity."""
    height, width = alpha.shape
    small = ((height + 1) // 2, (width + 1) // 2)
    half_colors = np.empty((*small, 3), colors.dtype)
    half_alpha = np.empty(small, alpha.dtype)
    for rows in row_bands((small[0], width)):
        source = slice(2 * rows.start, 2 * rows.stop)
        opacity = _sum_squares(alpha[source].astype(np.float32)[..., np.newaxis])
        weighted = alpha[source][..., np.newaxis] * colors[source].astype(np.float32)
        mean = _sum_squares(weighted) / np.maximum(opacity, 1.0)
        half_colors[rows] = np.floor(mean + 0.5)
        # Rounded up, so that visible pixels stay visible at every level.
        half_alpha[rows] = np.ceil(opacity[..., 0] / 4.0)
    return half_colors, half_alpha


def _sum_squares(values):
    height, width = values.shape[:2]
    padding = ((0, height % 2), (0, width % 2), (0, 0))
    values = np.pad(values, padding)
    values = values[::2] + values[1::2]
    return values[:, ::2] + values[:, 1::2]


def _double(coarse, top, shape):
    """Upsample bilinearly by 2 and crop to `shape`, starting at row `top`."""
    for axis, start in ((0, top), (1, 0)):
        centers = (np.arange(start, start + shape[axis]) - 0.5) / 2.0
        centers = np.clip(centers, 0.0, coarse.shape[axis] - 1.0)
        first = centers.astype(int)
        second = np.minimum(first + 1, coarse.shape[axis] - 1)
        share = (centers - first).astype(np.float32)
        share = share.reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
        lower = np.take(coarse, first, axis=axis).astype(np.float32)
        coarse = lower + share * (np.take(coarse, second, axis=axis) - lower)
    return coarse
