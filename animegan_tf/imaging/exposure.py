"""Brighten images of too little light, by a curve that keeps black and white."""

import numpy as np

from animegan_tf.imaging.arrays import row_bands

# Of sRGB, nearly; exact values would not matter here.
GAMMA = 2.2


def exposure_curve(light, gain):
    """Multiply dark values by `gain` and leave 1 at 1: gain x / (1 + (gain - 1) x).

    The curve of `1 / gain` is its inverse.

    Args:
        light: Linear light in [0, 1], an array or a tensor of any shape.
        gain: Slope at 0, above 0.
    """
    return gain * light / (1.0 + (gain - 1.0) * light)


def brighten(image: np.ndarray, gain: float) -> np.ndarray:
    """Brighten an image as if it were exposed longer, without clipping highlights.

    Args:
        image: uint8 or uint16 sRGB, `(height, width, 3)`.
        gain: Factor of the light in dark areas, above 0; 1 changes nothing.

    Returns:
        An array of the same dtype and shape.
    """
    if gain == 1.0:
        return image
    top = np.iinfo(image.dtype).max
    light = (np.arange(top + 1) / top) ** GAMMA
    levels = exposure_curve(light, gain) ** (1.0 / GAMMA) * top
    table = np.floor(levels + 0.5).astype(image.dtype)
    result = np.empty_like(image)
    for rows in row_bands(image.shape):
        result[rows] = table[image[rows]]
    return result
