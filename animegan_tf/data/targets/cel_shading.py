"""Cel shading: render a photo with flat colors, stepped shading and ink lines.

It is the default target of pretraining, from which the generator learns flat colors and
dark contours before adversarial training.
"""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class CelAndInkOptions:
    """Options of `cel_and_ink`; lengths are in pixels of the input image.

    Attributes:
        flat_radius: Radius of the mean-shift window, at least 1.
        flat_range: Color range of mean-shift, in 8-bit levels.
        smooth_sigma: Spatial extent of the edge-preserving filter.
        smooth_range: Its range in [0, 1]: larger values smooth stronger edges.
        tone_levels: Number of lightness levels to which shading is quantized.
        tone_strength: Strength of the quantization: 0 keeps shading smooth, 1 gives
            hard steps.
        tone_lift: Brightening of the mid-tones in units of CIE L* (0 to 100).
        chroma_a: Gain of the green-red axis of CIE Lab.
        chroma_b: Gain of the blue-yellow axis of CIE Lab.
        line_sigma: Half-width of a line.
        line_threshold: Darkness relative to the surroundings, as a fraction of full
            scale, at which a line starts.
        line_full: Darkness at which a line has its full strength.
        line_reach: Distance along a contour over which lines are connected.
        line_strength: Opacity of the ink in [0, 1].
        line_area: Minimum area of a line, in pixels.
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
        """Return a text that changes whenever the rendering would change."""
        values = dataclasses.asdict(self)
        return "cel_and_ink-2-" + "-".join(f"{k}={v}" for k, v in values.items())


def cel_and_ink(
    image: np.ndarray, options: CelAndInkOptions = CelAndInkOptions()
) -> np.ndarray:
    """Render a photo with flat areas, stepped shading and dark contours.

    Mean-shift and an edge-preserving filter flatten the colors, lightness is softly
    quantized, and ink lines follow the extended difference of Gaussians: smoothed along
    the contours, it marks where the image is darker than its surroundings.

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
    # The photo gives fine lines, the flattened image the borders of its areas.
    ink = np.maximum(ink_lines(image, options), ink_lines(areas, options))
    ink = ink[..., None] * options.line_strength
    # Ink keeps a trace of the color below it, as in painted lines.
    ink_color = 0.12 * flat + np.array([0.02, 0.015, 0.03], np.float32)
    rendered = flat * (1.0 - ink) + ink_color * ink
    return np.clip(rendered * 255.0 + 0.5, 0.0, 255.0).astype(np.uint8)


def flatten_colors(image: np.ndarray, options: CelAndInkOptions) -> np.ndarray:
    """Merge similar adjacent colors into flat areas; uint8 in and out."""
    cv2 = import_opencv()
    # Noise would form small areas.
    denoised = cv2.bilateralFilter(image, 5, 30, 5)
    areas = cv2.pyrMeanShiftFiltering(
        denoised, options.flat_radius, options.flat_range, maxLevel=1
    )
    smooth = cv2.edgePreservingFilter(
        areas,
        flags=cv2.RECURS_FILTER,
        sigma_s=options.smooth_sigma,
        sigma_r=options.smooth_range,
    )
    # The filter leaves gradients inside an area; the second pass flattens them.
    return cv2.pyrMeanShiftFiltering(
        smooth, options.flat_radius, options.flat_range // 2, maxLevel=1
    )


def step_tones(image: np.ndarray, options: CelAndInkOptions) -> np.ndarray:
    """Quantize lightness softly and raise chroma; uint8 in, float32 [0, 1] out."""
    cv2 = import_opencv()
    lab = cv2.cvtColor(image.astype(np.float32) / 255.0, cv2.COLOR_RGB2Lab)
    lightness = lab[..., 0]
    lightness = lightness + options.tone_lift * np.sin(np.pi * lightness / 100.0)
    half_step = 50.0 / options.tone_levels
    center = np.round(lightness / (2.0 * half_step)) * 2.0 * half_step
    # The fourth power is flat near each level and steep between two.
    offset = (lightness - center) / half_step
    stepped = center + half_step * np.sign(offset) * np.abs(offset) ** 4
    strength = options.tone_strength
    lab[..., 0] = (1.0 - strength) * lightness + strength * stepped
    lab[..., 1] *= options.chroma_a
    lab[..., 2] *= options.chroma_b
    return np.clip(cv2.cvtColor(lab, cv2.COLOR_Lab2RGB), 0.0, 1.0)


def ink_lines(image: np.ndarray, options: CelAndInkOptions) -> np.ndarray:
    """Detect ink lines by a flow-based difference of Gaussians.

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
    opacity = keep_strong_lines(opacity, options.line_area)
    return cv2.GaussianBlur(opacity, (0, 0), 0.5)


def _smooth_along_contours(values, gray, reach, num_steps=4):
    """Average `values` along the direction in which `gray` changes least."""
    cv2 = import_opencv()
    grad_x = cv2.Sobel(gray, cv2.CV_32F, 1, 0, ksize=3)
    grad_y = cv2.Sobel(gray, cv2.CV_32F, 0, 1, ksize=3)
    xx, xy, yy = (
        cv2.GaussianBlur(product, (0, 0), 2.5)
        for product in (grad_x * grad_x, grad_x * grad_y, grad_y * grad_y)
    )
    # Orientation of the main axis of the smoothed structure tensor.
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
            # The sign of an axis is arbitrary: keep the direction of the last step.
            turn = np.where(next_x * step_x + next_y * step_y < 0.0, -1.0, 1.0)
            step_x = (next_x * turn).astype(np.float32)
            step_y = (next_y * turn).astype(np.float32)
            weight = float(np.exp(-0.5 * (step / reach) ** 2))
            total += weight * cv2.remap(values, x, y, cv2.INTER_LINEAR, None, 4)
            weight_sum += weight
    return total / weight_sum


def keep_strong_lines(opacity, min_area, weak=0.12, strong=0.6):
    """Remove connected lines that are nowhere strong or have a small area."""
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
