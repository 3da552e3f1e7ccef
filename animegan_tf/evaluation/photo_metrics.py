"""Compare a stylized image with its photo: structure, edges, tone, color and texture.

Images are uint8 RGB arrays `(height, width, 3)`. Only NumPy is needed.
"""

import numpy as np

from animegan_tf.imaging.color.lab import rgb_to_lab

_SSIM_WINDOW = 11
# `flat_texture`: gradients in levels of 255 per pixel. A smooth sky stays below the
# first; the second is invisible.
_FLAT_GRADIENT = 2.0
_INVISIBLE_GRADIENT = 0.25
_MINIMUM_FLAT_SHARE = 0.01


def gray_levels(image: np.ndarray) -> np.ndarray:
    """Convert RGB in [0, 255] to luma (Rec. 601), float64 `(height, width)`."""
    return image.astype(np.float64) @ np.array([0.299, 0.587, 0.114])


def luminance_ssim(photo: np.ndarray, output: np.ndarray) -> float:
    """Compute the structural similarity (SSIM) of the lumas, with the paper's settings.

    Gaussian window of 11 pixels and sigma 1.5, K1 = 0.01, K2 = 0.03, dynamic range 255;
    the mean over all positions at which the window fits into the image.

    Args:
        photo: uint8 RGB image, at least 11x11 pixels.
        output: uint8 RGB image of the same size.

    Returns:
        The mean similarity in [-1, 1]; 1 for equal images.

    Raises:
        ValueError: If the sizes differ or are below 11 pixels.

    Reference: Wang et al., 2004, https://doi.org/10.1109/TIP.2003.819861.
    """
    _check_same_size(photo, output)
    if min(photo.shape[:2]) < _SSIM_WINDOW:
        raise ValueError(
            "`photo` must be at least 11x11 pixels. "
            f"Received: photo of shape {photo.shape}"
        )
    radius = _SSIM_WINDOW // 2

    def mean(values):
        blurred = gaussian_blur(values, 1.5, radius=radius)
        return blurred[radius:-radius, radius:-radius]

    x, y = gray_levels(photo), gray_levels(output)
    mean_x, mean_y = mean(x), mean(y)
    variance_x, variance_y = mean(x * x) - mean_x**2, mean(y * y) - mean_y**2
    covariance = mean(x * y) - mean_x * mean_y
    c1, c2 = (0.01 * 255.0) ** 2, (0.03 * 255.0) ** 2
    numerator = (2.0 * mean_x * mean_y + c1) * (2.0 * covariance + c2)
    denominator = (mean_x**2 + mean_y**2 + c1) * (variance_x + variance_y + c2)
    return float(np.mean(numerator / denominator))


def edge_f1(photo: np.ndarray, output: np.ndarray, *, threshold: float = 32.0) -> float:
    """Compute the F1 score of edge pixels, with a tolerance of 1 pixel.

    An edge pixel is one whose Sobel gradient of the luma exceeds the threshold. It is
    matched if the other image has an edge pixel in the 3x3 window around it.

    Args:
        photo: uint8 RGB image.
        output: uint8 RGB image of the same size.
        threshold: Gradient in levels of 255; a step edge has its own height.

    Returns:
        The harmonic mean of precision and recall, in [0, 1]; 1 if neither image has
        edges.

    Raises:
        ValueError: If the sizes differ.
    """
    _check_same_size(photo, output)
    edges = [
        _sobel_magnitude(gray_levels(image)) > threshold for image in (photo, output)
    ]
    counts = [int(np.count_nonzero(edge)) for edge in edges]
    if not all(counts):
        return float(not any(counts))
    matched_photo = np.count_nonzero(edges[0] & reduce_window(edges[1], 3, np.maximum))
    matched_output = np.count_nonzero(edges[1] & reduce_window(edges[0], 3, np.maximum))
    recall, precision = matched_photo / counts[0], matched_output / counts[1]
    return 2.0 * precision * recall / max(precision + recall, 1e-12)


def luminance_contrast_ratio(photo: np.ndarray, output: np.ndarray) -> float:
    """Divide the standard deviation of the output's luma by the photo's.

    Args:
        photo: uint8 RGB image.
        output: uint8 RGB image, of any size.

    Returns:
        The ratio, 1 if contrast is kept; nan for a photo of constant luma.
    """
    deviation = float(np.std(gray_levels(photo)))
    # Rounding leaves a small deviation in a constant image.
    if deviation < 1e-6:
        return float("nan")
    return float(np.std(gray_levels(output))) / deviation


def chroma_drift(photo: np.ndarray, output: np.ndarray) -> float:
    """Compute the mean distance between the (a, b) of corresponding pixels in Lab.

    Args:
        photo: uint8 RGB image.
        output: uint8 RGB image of the same size.

    Returns:
        The mean distance, at least 0; about 2 is just noticeable.

    Raises:
        ValueError: If the sizes differ.
    """
    _check_same_size(photo, output)
    chroma = [rgb_to_lab(image)[..., 1:] for image in (photo, output)]
    return float(np.linalg.norm(chroma[1] - chroma[0], axis=-1).mean())


def flatness(photo: np.ndarray, output: np.ndarray, *, threshold: float = 2.0) -> float:
    """Compute by how much the share of flat pixels grew.

    A pixel is flat if its luma differs by less than the threshold from that of the next
    pixel to the right and of the next below.

    Args:
        photo: uint8 RGB image, at least 2x2 pixels.
        output: uint8 RGB image of the same size.
        threshold: Difference in levels of 255.

    Returns:
        Flat share of the output minus that of the photo, in [-1, 1].

    Raises:
        ValueError: If the sizes differ.
    """
    _check_same_size(photo, output)
    shares = []
    for image in (photo, output):
        levels = gray_levels(image)
        below = np.abs(np.diff(levels, axis=0))[:, :-1] < threshold
        right = np.abs(np.diff(levels, axis=1))[:-1, :] < threshold
        shares.append(float(np.mean(below & right)))
    return shares[1] - shares[0]


def flat_texture(
    photo: np.ndarray,
    output: np.ndarray,
    *,
    sigma: float = 1.5,
    margin: int = 8,
    threshold: float = _FLAT_GRADIENT,
) -> float:
    """Measure the texture added in flat regions of the photo, such as waves in a sky.

    Both lumas are blurred with a Gaussian, which removes grain but keeps patterns of
    four pixels and more. A pixel is flat if the gradient of the blurred photo is below
    the threshold in the whole square of `margin` pixels around it; so contours, and
    lines drawn along them, do not count. The result is the ratio of the mean gradients
    of the blurred output and the blurred photo over the flat pixels. Means below 0.25
    levels per pixel, which are invisible, are replaced by that value.

    Args:
        photo: uint8 RGB image.
        output: uint8 RGB image of the same size.
        sigma: Standard deviation of the Gaussian in pixels.
        margin: Minimum distance of flat pixels from contours, in pixels.
        threshold: Minimum gradient of a contour, in levels of 255 per pixel.

    Returns:
        The ratio: 1 if nothing changed, above 1 if texture was added, below 1 if it was
        smoothed; nan if less than 1% of the photo is flat.

    Raises:
        ValueError: If the sizes differ.
    """
    _check_same_size(photo, output)

    def gradient(image):
        return np.hypot(*np.gradient(gaussian_blur(gray_levels(image), sigma)))

    photo_gradient = gradient(photo)
    flat = reduce_window(photo_gradient, 2 * margin + 1, np.maximum) < threshold
    if flat.mean() < _MINIMUM_FLAT_SHARE:
        return float("nan")
    before, after = (
        max(float(values[flat].mean()), _INVISIBLE_GRADIENT)
        for values in (photo_gradient, gradient(output))
    )
    return after / before


def line_darkness(
    photo: np.ndarray, output: np.ndarray, *, size: int = 5, threshold: float = 20.0
) -> float:
    """Measure by how much thin dark lines of the output are darker than in the photo.

    A pixel is on a line if a gray closing with a square of `size` pixels raises the
    output's luma by more than the threshold: in dark strokes thinner than `size`. The
    result is the mean of (photo - output) / 255 on the lines minus that on the rest, so
    that darkening the whole image does not count.

    Args:
        photo: uint8 RGB image.
        output: uint8 RGB image of the same size.
        size: Odd number of pixels, the minimum width of areas.
        threshold: Minimum depth of a line in levels of 255.

    Returns:
        The difference, in [-2, 2] and usually in [0, 1]; 0 if there are no lines.

    Raises:
        ValueError: If the sizes differ.
    """
    _check_same_size(photo, output)
    levels = gray_levels(output)
    closed = reduce_window(reduce_window(levels, size, np.maximum), size, np.minimum)
    lines = closed - levels > threshold
    if not lines.any() or lines.all():
        return 0.0
    darkening = (gray_levels(photo) - levels) / 255.0
    return float(darkening[lines].mean() - darkening[~lines].mean())


def gaussian_blur(
    values: np.ndarray, sigma: float, *, radius: int | None = None
) -> np.ndarray:
    """Convolve with a truncated Gaussian; the border is mirrored.

    Args:
        values: float array `(height, width)`.
        sigma: Standard deviation in pixels.
        radius: Radius of the window in pixels; four standard deviations by default.

    Returns:
        float array of the same shape.
    """
    radius = int(4.0 * sigma + 0.5) if radius is None else radius
    weights = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    weights /= weights.sum()
    height, width = values.shape
    padded = np.pad(values, radius, mode="symmetric")
    rows = sum(w * padded[i : i + height] for i, w in enumerate(weights))
    return sum(w * rows[:, i : i + width] for i, w in enumerate(weights))


def reduce_window(values: np.ndarray, size: int, reduce: np.ufunc) -> np.ndarray:
    """Reduce the square window around each pixel; the border is replicated.

    Args:
        values: Array `(height, width)`.
        size: Odd side of the window in pixels.
        reduce: Commutative function of two values, such as `np.maximum`.

    Returns:
        Array of the same shape.
    """
    height, width = values.shape
    padded = np.pad(values, size // 2, mode="edge")
    rows = reduce.reduce([padded[i : i + height] for i in range(size)])
    return reduce.reduce([rows[:, i : i + width] for i in range(size)])


def _check_same_size(photo, output) -> None:
    if photo.shape != output.shape:
        raise ValueError(
            "`output` must have the size of `photo`. "
            f"Received: output of shape {output.shape}, photo of shape {photo.shape}"
        )


def _sobel_magnitude(levels):
    padded = np.pad(levels, 1, mode="edge")
    slope = padded[:, 2:] - padded[:, :-2]
    horizontal = (slope[:-2] + 2.0 * slope[1:-1] + slope[2:]) / 4.0
    slope = padded[2:] - padded[:-2]
    vertical = (slope[:, :-2] + 2.0 * slope[:, 1:-1] + slope[:, 2:]) / 4.0
    return np.hypot(horizontal, vertical)
