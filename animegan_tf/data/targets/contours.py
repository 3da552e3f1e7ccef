"""The direction of contours, and averages along them."""

import numpy as np

from animegan_tf.data.targets.cel_shading import import_opencv


def contour_direction(gray: np.ndarray, sigma: float, *, bias: float = 0.0):
    """Find the direction in which brightness changes least, of each pixel.

    Args:
        gray: float32 brightness in [0, 1], `(height, width)`.
        sigma: Reach of the average of the structure tensor, in pixels.
        bias: Squared gradient that is added everywhere, so that flat places get a
            common direction, which falls gently to the right.

    Returns:
        Unit vectors as two float32 arrays, x and y, of the shape of `gray`.

    Reference: Kang et al., 2007, https://doi.org/10.1145/1274871.1274878.
    """
    cv2 = import_opencv()
    grad_x = cv2.Sobel(gray, cv2.CV_32F, 1, 0, ksize=3)
    grad_y = cv2.Sobel(gray, cv2.CV_32F, 0, 1, ksize=3)
    xx, xy, yy = (
        cv2.GaussianBlur(product, (0, 0), max(1.0, sigma))
        for product in (grad_x * grad_x, grad_x * grad_y, grad_y * grad_y)
    )
    # Contours that fall by a fifth have gradients of this direction.
    xx, xy, yy = xx + 0.04 * bias, xy - 0.2 * bias, yy + bias
    # Half-angle formula for the main axis of the structure tensor.
    angle = 0.5 * np.arctan2(2.0 * xy, xx - yy)
    return -np.sin(angle), np.cos(angle)


def smooth_along(
    values: np.ndarray, along, *, step: float, num_steps: int
) -> np.ndarray:
    """Average values along contours (line integral convolution).

    Args:
        values: Float array `(height, width)`.
        along: What `contour_direction` returns.
        step: Length of a step in pixels.
        num_steps: Steps to each side; the last counts a third as much as the pixel.

    Returns:
        float32 of the same shape.

    Reference: Cabral, Leedom, 1993, https://doi.org/10.1145/166117.166151.
    """
    cv2 = import_opencv()
    along_x, along_y = along
    rows, columns = np.indices(values.shape, dtype=np.float32)
    total, weight_sum = values.astype(np.float32), 1.0
    for sign in (1.0, -1.0):
        x, y = columns, rows
        step_x, step_y = sign * along_x, sign * along_y
        for index in range(1, num_steps + 1):
            x, y = x + step * step_x, y + step * step_y
            sample = [
                cv2.remap(field, x, y, cv2.INTER_LINEAR, None, cv2.BORDER_REFLECT_101)
                for field in (along_x, along_y, values)
            ]
            # An axis has no sense: keep walking the way we came.
            turn = np.where(sample[0] * step_x + sample[1] * step_y < 0.0, -1.0, 1.0)
            step_x = (sample[0] * turn).astype(np.float32)
            step_y = (sample[1] * turn).astype(np.float32)
            weight = float(np.exp(-0.5 * (1.5 * index / num_steps) ** 2))
            total = total + weight * sample[2]
            weight_sum += weight
    return total / weight_sum


def gradient_strength(gray: np.ndarray) -> np.ndarray:
    """Return the length of the gradient by pixel, by 3x3 Sobel filters."""
    cv2 = import_opencv()
    grad_x = cv2.Sobel(gray, cv2.CV_32F, 1, 0, ksize=3, scale=0.125)
    grad_y = cv2.Sobel(gray, cv2.CV_32F, 0, 1, ksize=3, scale=0.125)
    return cv2.magnitude(grad_x, grad_y)


def to_gray(image: np.ndarray) -> np.ndarray:
    """Convert uint8 RGB to float32 brightness (Rec. 601) in [0, 1]."""
    cv2 = import_opencv()
    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255.0


def to_levels(image: np.ndarray) -> np.ndarray:
    """Round float colors in [0, 1], and clip those beyond, to uint8."""
    return np.clip(image * 255.0 + 0.5, 0.0, 255.0).astype(np.uint8)
