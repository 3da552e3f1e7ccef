"""The cel-and-ink target: what a photo looks like drawn with flat areas and ink.

Regressing it teaches the generator flat colours and dark contours before the
adversary adds an artist's line. Nothing here knows of networks.
"""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class CelAndInkOptions:
    """Options of `cel_and_ink`; lengths are in pixels of the given picture.

    Attributes:
        flat_radius: Radius of the mean-shift window, at least 1.
        flat_range: Grey levels that mean-shift merges into one area.
        smooth_sigma: Reach of the edge-preserving filter.
        smooth_range: Its range in [0, 1]: larger crosses stronger edges.
        tone_levels: Number of lightness steps that shading is drawn to.
        tone_strength: 0 leaves shading smooth, 1 makes hard steps.
        tone_lift: Brightening of the mid-tones in units of CIE L* (0 to 100).
        chroma_a: Gain of the green-red axis of CIE Lab.
        chroma_b: Gain of the blue-yellow axis of CIE Lab.
        line_sigma: Half-width of a line.
        line_threshold: Darkness against the surroundings, as a share of full scale,
            where a line begins.
        line_full: Darkness where it has its full strength.
        line_reach: How far along a contour lines are joined.
        line_strength: Opacity of the ink in [0, 1].
        line_area: Smallest line kept, in pixels.
    """

    flat_radius: int = 10
    flat_range: int = 22
    smooth_sigma: float = 16.0
    smooth_range: float = 0.15
    tone_levels: int = 6
    tone_strength: float = 0.6
    tone_lift: float = 8.0
    chroma_a: float = 1.15
    chroma_b: float = 1.2
    line_sigma: float = 1.4
    line_threshold: float = 0.004
    line_full: float = 0.023
    line_reach: float = 4.0
    line_strength: float = 0.88
    line_area: int = 16

    def fingerprint(self) -> str:
        """Return a text that changes whenever the target would change."""
        values = dataclasses.asdict(self)
        return "cel_and_ink-2-" + "-".join(f"{k}={v}" for k, v in values.items())


def cel_and_ink(
    image: np.ndarray, options: CelAndInkOptions = CelAndInkOptions()
) -> np.ndarray:
    """Draw a photo with flat areas, stepped shading and dark contours.

    Mean-shift and an edge-preserving filter flatten the colours; lightness is drawn
    to steps; ink is laid where a difference of Gaussians, smoothed along the contour,
    finds the picture darker than its surroundings.

    Args:
        image: uint8 RGB in [0, 255], `(height, width, 3)`.
        options: Strengths and sizes.

    Returns:
        uint8 RGB of the same shape.

    Raises:
        ImportError: If OpenCV, part of the extra `train`, is not installed.

    Reference: Winnemöller et al., 2006, https://doi.org/10.1145/1141911.1142018
    (abstraction); Kang et al., 2007, https://doi.org/10.1145/1274871.1274878 (lines).
    """
    areas = flatten_colors(image, options)
    flat = step_tones(areas, options)
    # The photo shows fine lines, the flattened picture the borders of its areas.
    ink = np.maximum(ink_lines(image, options), ink_lines(areas, options))
    ink = ink[..., None] * options.line_strength
    # Ink keeps a trace of the colour below it, as a painter's dark line does.
    ink_color = 0.12 * flat + np.array([0.02, 0.015, 0.03], np.float32)
    drawn = flat * (1.0 - ink) + ink_color * ink
    return np.clip(drawn * 255.0 + 0.5, 0.0, 255.0).astype(np.uint8)


def flatten_colors(image: np.ndarray, options: CelAndInkOptions) -> np.ndarray:
    """Merge similar neighbouring colours into areas; uint8 in and out."""
    cv2 = import_opencv()
    # Grain would seed small areas of its own.
    calm = cv2.bilateralFilter(image, 5, 30, 5)
    areas = cv2.pyrMeanShiftFiltering(
        calm, options.flat_radius, options.flat_range, maxLevel=1
    )
    smooth = cv2.edgePreservingFilter(
        areas,
        flags=cv2.RECURS_FILTER,
        sigma_s=options.smooth_sigma,
        sigma_r=options.smooth_range,
    )
    # The filter leaves slopes inside an area; the second pass makes them steps.
    return cv2.pyrMeanShiftFiltering(
        smooth, options.flat_radius, options.flat_range // 2, maxLevel=1
    )


def step_tones(image: np.ndarray, options: CelAndInkOptions) -> np.ndarray:
    """Draw lightness to steps and strengthen chroma; uint8 in, float32 [0, 1] out."""
    cv2 = import_opencv()
    lab = cv2.cvtColor(image.astype(np.float32) / 255.0, cv2.COLOR_RGB2Lab)
    lightness = lab[..., 0]
    lightness = lightness + options.tone_lift * np.sin(np.pi * lightness / 100.0)
    half_step = 50.0 / options.tone_levels
    center = np.round(lightness / (2.0 * half_step)) * 2.0 * half_step
    # The fourth power is flat around each level and turns quickly between two.
    offset = (lightness - center) / half_step
    stepped = center + half_step * np.sign(offset) * np.abs(offset) ** 4
    strength = options.tone_strength
    lab[..., 0] = (1.0 - strength) * lightness + strength * stepped
    lab[..., 1] *= options.chroma_a
    lab[..., 2] *= options.chroma_b
    return np.clip(cv2.cvtColor(lab, cv2.COLOR_Lab2RGB), 0.0, 1.0)


def ink_lines(image: np.ndarray, options: CelAndInkOptions) -> np.ndarray:
    """Find where a draughtsman would lay ink.

    Args:
        image: uint8 RGB, `(height, width, 3)`.
        options: Line sizes and thresholds.

    Returns:
        float32 opacity in [0, 1], `(height, width)`.
    """
    cv2 = import_opencv()
    gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    gray = cv2.bilateralFilter(gray, 7, 25, 5).astype(np.float32) / 255.0
    narrow = cv2.GaussianBlur(gray, (0, 0), options.line_sigma)
    wide = cv2.GaussianBlur(gray, (0, 0), 1.6 * options.line_sigma)
    darkness = _smooth_along_contours(wide - narrow, gray, options.line_reach)
    span = options.line_full - options.line_threshold
    opacity = np.clip((darkness - options.line_threshold) / span, 0.0, 1.0)
    opacity = _keep_strong_lines(opacity, options.line_area)
    return cv2.GaussianBlur(opacity, (0, 0), 0.5)


def _smooth_along_contours(values, gray, reach, num_steps=4):
    """Average `values` along the direction of least change of `gray`."""
    cv2 = import_opencv()
    grad_x = cv2.Sobel(gray, cv2.CV_32F, 1, 0, ksize=3)
    grad_y = cv2.Sobel(gray, cv2.CV_32F, 0, 1, ksize=3)
    xx, xy, yy = (
        cv2.GaussianBlur(product, (0, 0), 2.5)
        for product in (grad_x * grad_x, grad_x * grad_y, grad_y * grad_y)
    )
    # Half-angle formula for the main axis of the smoothed structure tensor.
    angle = 0.5 * np.arctan2(2.0 * xy, xx - yy)
    along_x, along_y = -np.sin(angle), np.cos(angle)
    rows, columns = np.indices(gray.shape, dtype=np.float32)
    total, weight_sum = values.copy(), 1.0
    for sign in (1.0, -1.0):
        x, y = columns, rows
        step_x, step_y = sign * along_x, sign * along_y
        for step in range(1, num_steps + 1):
            x, y = x + step_x, y + step_y
            next_x = cv2.remap(along_x, x, y, cv2.INTER_LINEAR, None, 4)
            next_y = cv2.remap(along_y, x, y, cv2.INTER_LINEAR, None, 4)
            # An axis has no sense: keep walking the way we came.
            turn = np.where(next_x * step_x + next_y * step_y < 0.0, -1.0, 1.0)
            step_x = (next_x * turn).astype(np.float32)
            step_y = (next_y * turn).astype(np.float32)
            weight = float(np.exp(-0.5 * (step / reach) ** 2))
            total += weight * cv2.remap(values, x, y, cv2.INTER_LINEAR, None, 4)
            weight_sum += weight
    return total / weight_sum


def _keep_strong_lines(opacity, min_area, weak=0.12, strong=0.6):
    """Drop connected lines that are nowhere strong, or too small to be a line."""
    cv2 = import_opencv()
    mask = (opacity > weak).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    peak = np.zeros(count, np.float32)
    np.maximum.at(peak, labels.ravel(), opacity.ravel())
    keep = (peak > strong) & (stats[:, cv2.CC_STAT_AREA] >= min_area)
    keep[0] = False
    return opacity * keep[labels]


def import_opencv():
    """Return the module `cv2`.

    Raises:
        ImportError: With the command that installs it, if it is missing.
    """
    try:
        import cv2
    except ImportError as error:
        raise ImportError(
            "Training targets need OpenCV. Install it with: "
            'pip install "animegan_tf[train]"'
        ) from error
    return cv2
