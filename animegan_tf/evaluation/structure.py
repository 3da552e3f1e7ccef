"""Whether things are where they were: similarity of structure, and of edges."""

import numpy as np

from animegan_tf.evaluation.pixels import check_same_size, luma, reduce_window


def luminance_ssim(photo: np.ndarray, output: np.ndarray) -> float:
    """Measure the structural similarity of the lumas, with the paper's constants.

    Gaussian window of 11 pixels and sigma 1.5, K1 = 0.01, K2 = 0.03, full scale 255;
    the mean over all positions at which the window fits into the picture.

    Args:
        photo: uint8 RGB picture, at least 11x11 pixels.
        output: uint8 RGB picture of the same size.

    Returns:
        The mean similarity in [-1, 1]; 1 for equal pictures.

    Raises:
        ValueError: If the sizes differ, or are under 11 pixels.

    Reference: Wang et al., 2004, https://doi.org/10.1109/TIP.2003.819861.
    """
    check_same_size(photo, output)
    if min(photo.shape[:2]) < 11:
        raise ValueError(
            "`photo` must be at least 11x11 pixels. "
            f"Received: photo of shape {photo.shape}"
        )
    x, y = luma(photo), luma(output)
    mean_x, mean_y = _gaussian_window_mean(x), _gaussian_window_mean(y)
    variance_x = _gaussian_window_mean(x * x) - mean_x * mean_x
    variance_y = _gaussian_window_mean(y * y) - mean_y * mean_y
    covariance_xy = _gaussian_window_mean(x * y) - mean_x * mean_y
    c1, c2 = (0.01 * 255.0) ** 2, (0.03 * 255.0) ** 2
    likeness = (2.0 * mean_x * mean_y + c1) * (2.0 * covariance_xy + c2)
    sizes = (mean_x**2 + mean_y**2 + c1) * (variance_x + variance_y + c2)
    return float(np.mean(likeness / sizes))


def edge_f1(photo: np.ndarray, output: np.ndarray, *, threshold: float = 32.0) -> float:
    """Measure whether edges are where they were: F1 score at a tolerance of 1 pixel.

    An edge pixel is one whose Sobel gradient of the luma exceeds the threshold. It is
    matched if the other picture has an edge pixel among the 3x3 around it.

    Args:
        photo: uint8 RGB picture.
        output: uint8 RGB picture of the same size.
        threshold: Gradient in levels of 255, scaled so that a step of the luma has
            its own height.

    Returns:
        The harmonic mean of the shares matched in either picture, in [0, 1]; 1 if
        neither has any edge.

    Raises:
        ValueError: If the sizes differ.
    """
    check_same_size(photo, output)
    edges = [_sobel_magnitude(luma(image)) > threshold for image in (photo, output)]
    counts = [int(np.count_nonzero(edge)) for edge in edges]
    if not all(counts):
        return float(not any(counts))
    matched_photo = np.count_nonzero(edges[0] & reduce_window(edges[1], 3, np.maximum))
    matched_output = np.count_nonzero(edges[1] & reduce_window(edges[0], 3, np.maximum))
    recall, precision = matched_photo / counts[0], matched_output / counts[1]
    return 2.0 * precision * recall / max(precision + recall, 1e-12)


def _gaussian_window_mean(values):
    offsets = np.arange(11) - 5
    weights = np.exp(-0.5 * (offsets / 1.5) ** 2)
    weights /= weights.sum()
    rows = values.shape[0] - 10
    values = sum(w * values[i : i + rows] for i, w in enumerate(weights))
    columns = values.shape[1] - 10
    return sum(w * values[:, i : i + columns] for i, w in enumerate(weights))


def _sobel_magnitude(levels):
    padded = np.pad(levels, 1, mode="edge")
    slope = padded[:, 2:] - padded[:, :-2]
    horizontal = (slope[:-2] + 2.0 * slope[1:-1] + slope[2:]) / 4.0
    slope = padded[2:] - padded[:-2]
    vertical = (slope[:, :-2] + 2.0 * slope[:, 1:-1] + slope[:, 2:]) / 4.0
    return np.hypot(horizontal, vertical)
