"""Guided filter: edge-preserving smoothing with box means, in NumPy."""

import numpy as np


def guided_filter(image: np.ndarray, *, radius: int, epsilon: float) -> np.ndarray:
    """Smooth a grayscale image, guided by itself.

    In each window, the result is a linear function of the image, a x + b, with the
    slope a = variance / (variance + epsilon): edges are kept, fine texture is removed.
    Each output pixel depends on input pixels up to twice the radius away.

    Args:
        image: Float `(height, width)`, in [0, 1].
        radius: Pixels from the center of a window to its border, at least 1; windows
            are clipped at the image border.
        epsilon: Variance below which texture is smoothed away.

    Returns:
        float32 of the same shape.

    Reference: He et al., 2013, "Guided Image Filtering",
    https://doi.org/10.1109/TPAMI.2012.213, equations 5, 6 and 8 with guide = input.
    """
    image = np.asarray(image, dtype=np.float64)
    mean = box_mean(image, radius)
    variance = box_mean(image * image, radius) - mean * mean
    slope = np.maximum(variance, 0.0)
    slope = slope / (slope + epsilon)
    offset = box_mean((1.0 - slope) * mean, radius)
    return (box_mean(slope, radius) * image + offset).astype(np.float32)


def box_mean(image: np.ndarray, radius: int) -> np.ndarray:
    """Average over the square around each pixel, clipped at the border; `(h, w)`."""
    for axis in (0, 1):
        size = image.shape[axis]
        sums = np.cumsum(image, axis=axis)
        sums = np.insert(sums, 0, 0.0, axis=axis)
        last = np.minimum(np.arange(size) + radius + 1, size)
        first = np.maximum(np.arange(size) - radius, 0)
        counts = (last - first).reshape((-1, 1) if axis == 0 else (1, -1))
        image = np.take(sums, last, axis=axis) - np.take(sums, first, axis=axis)
        image /= counts
    return image
