"""Painting filters: render a photo in oil, in soft paint, or in black ink.

They are targets of pretraining like cel shading, built from published filters and not
from an artist's work.
"""

import numpy as np

from animegan_tf.data.targets.cel_shading import (
    CelAndInkOptions,
    flatten_colors,
    import_opencv,
    ink_lines,
)

_NUM_SECTORS = 8


def oil_paint(image: np.ndarray) -> np.ndarray:
    """Render a photo as an oil painting: uniform strokes, high chroma, relief.

    Args:
        image: uint8 RGB in [0, 255], `(height, width, 3)`.

    Returns:
        uint8 RGB of the same shape.

    Raises:
        ImportError: If OpenCV, part of the extra `train`, is not installed.
    """
    strokes = kuwahara(_to_unit(image), 6)
    strokes = kuwahara(strokes, 4)
    strokes = _grade(
        strokes, chroma=1.3, curve=lambda light: 52.0 + 1.12 * (light - 50.0)
    )
    return _to_levels(strokes + 0.55 * _relief(strokes)[..., None])


def soft_paint(image: np.ndarray) -> np.ndarray:
    """Render a photo in soft paint: smooth areas, brighter mid-tones, a slight glow.

    Args:
        image: uint8 RGB in [0, 255], `(height, width, 3)`.

    Returns:
        uint8 RGB of the same shape.

    Raises:
        ImportError: If OpenCV, part of the extra `train`, is not installed.
    """
    cv2 = import_opencv()
    smooth = cv2.edgePreservingFilter(
        image, flags=cv2.RECURS_FILTER, sigma_s=12, sigma_r=0.3
    )

    def curve(light):
        return light + 7.0 * np.sin(np.pi * light / 100.0) + 0.06 * (light - 50.0)

    painted = _grade(kuwahara(_to_unit(smooth), 4), chroma=1.2, curve=curve)
    glow = cv2.GaussianBlur(painted, (0, 0), 8)
    painted = 1.0 - (1.0 - painted) * (1.0 - 0.16 * np.square(glow))
    sharp = painted + 0.5 * (painted - cv2.GaussianBlur(painted, (0, 0), 1.5))
    return _to_levels(sharp)


def brush_and_ink(image: np.ndarray) -> np.ndarray:
    """Render a photo in black and white: brush lines, black shadows, two grays.

    Args:
        image: uint8 RGB in [0, 255], `(height, width, 3)`.

    Returns:
        uint8 RGB of equal channels, of the same shape.

    Raises:
        ImportError: If OpenCV, part of the extra `train`, is not installed.
    """
    cv2 = import_opencv()
    options = CelAndInkOptions(
        flat_range=30, smooth_range=0.22, line_threshold=0.003, line_full=0.018
    )
    areas = flatten_colors(image, options)
    lightness = cv2.cvtColor(_to_unit(areas), cv2.COLOR_RGB2Lab)[..., 0]
    lightness = cv2.GaussianBlur(lightness, (0, 0), 0.8)
    tone = np.full_like(lightness, 0.02)
    # Black, two grays and paper white; the last step is large, so faces stay light.
    for threshold, height in ((20.0, 0.36), (40.0, 0.30), (60.0, 0.32)):
        tone += height / (1.0 + np.exp(-0.8 * (lightness - threshold)))
    ink = np.maximum(ink_lines(image, options), ink_lines(areas, options))
    rendered = tone * (1.0 - 0.97 * ink)
    return _to_levels(np.repeat(rendered[..., None], 3, axis=2))


def kuwahara(image: np.ndarray, radius: int) -> np.ndarray:
    """Apply a Kuwahara filter: average the sectors of least variance around each pixel.

    Args:
        image: float32 RGB in [0, 1], `(height, width, 3)`.
        radius: Radius of the neighborhood in pixels, at least 1.

    Returns:
        float32 of the same shape: areas of one color with crisp borders.

    Reference: Papari et al., 2007, https://doi.org/10.1109/TIP.2007.903912.
    """
    cv2 = import_opencv()
    image = image.astype(np.float32)
    total, weights = np.zeros_like(image), np.zeros(image.shape[:2], np.float32)
    for kernel in _sector_kernels(radius):
        mean, power = (
            cv2.filter2D(values, -1, kernel, borderType=cv2.BORDER_REFLECT)
            for values in (image, image * image)
        )
        variance = np.maximum(power - mean * mean, 0.0).sum(axis=2)
        # Squared, so that the sector of least variance dominates.
        weight = 1.0 / (1e-4 + np.square(100.0 * variance))
        total += mean * weight[..., None]
        weights += weight
    return total / weights[..., None]


def _sector_kernels(radius):
    rows, columns = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    rows, columns = rows.astype(np.float32), columns.astype(np.float32)
    falloff = np.exp(-(rows**2 + columns**2) / (2.0 * (radius / 2.0) ** 2))
    angles = np.arctan2(rows, columns)
    width = 2.0 * np.pi / _NUM_SECTORS
    for sector in range(_NUM_SECTORS):
        distance = angles - sector * width
        distance = np.abs((distance + np.pi) % (2.0 * np.pi) - np.pi)
        kernel = falloff * np.clip(1.0 - distance / width, 0.0, 1.0)
        # The pixel itself belongs to every sector.
        kernel[radius, radius] = 0.5 * kernel.max()
        yield (kernel / kernel.sum()).astype(np.float32)


def _grade(image, chroma, curve):
    """Apply a lightness curve (CIE L*, 0 to 100) and a gain of Lab chroma."""
    cv2 = import_opencv()
    lab = cv2.cvtColor(image.astype(np.float32), cv2.COLOR_RGB2Lab)
    lab[..., 0] = np.clip(curve(lab[..., 0]), 0.0, 100.0)
    lab[..., 1:] *= chroma
    return np.clip(cv2.cvtColor(lab, cv2.COLOR_Lab2RGB), 0.0, 1.0)


def _relief(image):
    """Compute the shading of thick paint lit from the upper left, in [-0.12, 0.12]."""
    cv2 = import_opencv()
    gray = cv2.cvtColor(image.astype(np.float32), cv2.COLOR_RGB2GRAY)
    gray = cv2.GaussianBlur(gray, (0, 0), 0.7)
    moved = np.pad(gray, ((2, 0), (2, 0)), mode="edge")[:-2, :-2]
    return np.clip(gray - moved, -0.12, 0.12)


def _to_unit(image):
    return image.astype(np.float32) / np.float32(255.0)


def _to_levels(image):
    return np.clip(image * 255.0 + 0.5, 0.0, 255.0).astype(np.uint8)
