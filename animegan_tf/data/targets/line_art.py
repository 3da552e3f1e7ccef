"""Detect line art in a photo: dark lines along sharp edges."""

import numpy as np

from animegan_tf.data.targets.cel_shading import import_opencv, keep_strong_lines
from animegan_tf.data.targets.contours import (
    contour_direction,
    gradient_strength,
    smooth_along,
)


def find_lines(
    image: np.ndarray,
    *,
    width: float,
    threshold: float,
    span: float,
    min_length: float,
    sharpness: float,
    unit: float,
) -> np.ndarray:
    """Find where an image is darker than its surroundings, along its contours.

    Args:
        image: uint8 RGB, `(height, width, 3)`.
        width: Half-width of a line in units.
        threshold: Relative darkness where a line begins.
        span: How much darker it must be for a full line.
        min_length: Length in units below which lines are dropped.
        sharpness: 0 takes edges of any kind, 1 only sharp ones among others.
        unit: Pixels of one unit of length.

    Returns:
        float32 opacity of the ink in [0, 1], `(height, width)`.

    Reference: Winnemöller et al., 2006, https://doi.org/10.1145/1141911.1142018;
        Kang et al., 2007, https://doi.org/10.1145/1274871.1274878.
    """
    cv2 = import_opencv()
    sigma = max(0.5, width * unit)
    gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    gray = cv2.bilateralFilter(gray, 5, 25, 3).astype(np.float32) / 255.0
    narrow = cv2.GaussianBlur(gray, (0, 0), sigma)
    wide = cv2.GaussianBlur(gray, (0, 0), 1.6 * sigma)
    # Relative darkness finds lines in shadows too.
    darkness = (wide - narrow) / (0.25 + 0.75 * wide)
    along = contour_direction(gray, 1.8 * sigma)
    darkness = smooth_along(darkness, along, step=max(0.7, 0.7 * sigma), num_steps=4)
    if sharpness > 0.0:
        darkness *= _sharp_places(gray, sigma, sharpness)
    opacity = (darkness - threshold) / span
    opacity = np.clip(opacity, 0.0, 1.0)
    area = min_length * unit * sigma
    opacity = keep_strong_lines(opacity, max(3.0, area), weak=0.1, strong=0.5)
    return cv2.GaussianBlur(opacity, (0, 0), max(0.4, 0.35 * sigma))


def _sharp_places(gray, sigma, amount):
    """Weight edges by their sharpness and by the number of sharp edges nearby."""
    cv2 = import_opencv()
    # Times sigma, so that the image's size does not matter.
    fine = sigma * gradient_strength(cv2.GaussianBlur(gray, (0, 0), 0.8 * sigma))
    coarse = sigma * gradient_strength(cv2.GaussianBlur(gray, (0, 0), 4.0 * sigma))
    coarse = cv2.dilate(coarse, np.ones((3, 3), np.uint8))
    # A step gives about 5, a slope wider than the blur 1.
    sharp = np.clip((fine / (coarse + 0.0016) - 1.2) / 1.6, 0.0, 1.0)
    # Clouds have a sharp edge here and there; things have many, close together.
    crisp = np.clip(fine - 0.01, 0.0, 0.05) * sharp
    busy = np.clip(cv2.GaussianBlur(crisp, (0, 0), 8.0 * sigma) / 0.0032, 0.0, 1.0)
    return 1.0 + amount * (sharp * busy - 1.0)
