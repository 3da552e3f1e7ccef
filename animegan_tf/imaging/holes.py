"""Fill holes of an image smoothly with the colors around them."""

import numpy as np

from animegan_tf.imaging.alpha import fill_transparent

# The coarse levels of the first estimate are smooth already.
_RELAXATIONS = 60


def fill_holes(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Fill holes with the colors around them, interpolated.

    The colors approximate the solution of Laplace's equation: from a first estimate by
    `fill_transparent`, every pixel becomes the mean of its neighbors, again and again.

    Args:
        image: uint8 or uint16 RGB, `(height, width, 3)`.
        mask: Boolean, `(height, width)`, true in the holes.

    Returns:
        A new array like `image`, unchanged outside the holes. An image that is one
        hole becomes mid-gray.
    """
    if not mask.any():
        return image.copy()
    top = np.iinfo(image.dtype).max
    if mask.all():
        filled = np.full_like(image, top // 2)
    else:
        opacity = np.where(mask, 0, top).astype(image.dtype)
        filled = fill_transparent(image, opacity)
    rows, columns = np.nonzero(mask)
    colors = _relax(filled, rows, columns)
    filled[rows, columns] = np.floor(colors + np.float32(0.5)).astype(image.dtype)
    return filled


def _relax(image, rows, columns) -> np.ndarray:
    """Return smoother colors of some pixels, float32, `(pixels, 3)`."""
    # Nothing beyond the neighbors of the holes is needed.
    top, left = max(rows.min() - 1, 0), max(columns.min() - 1, 0)
    part = image[top : rows.max() + 2, left : columns.max() + 2].astype(np.float32)
    height, width = part.shape[:2]
    rows, columns = rows - top, columns - left
    # At the border of the image, a pixel is its own neighbor.
    neighbors = np.stack(
        [
            np.maximum(rows - 1, 0) * width + columns,
            np.minimum(rows + 1, height - 1) * width + columns,
            rows * width + np.maximum(columns - 1, 0),
            rows * width + np.minimum(columns + 1, width - 1),
        ]
    )
    pixels, index = part.reshape(-1, 3), rows * width + columns
    for _ in range(_RELAXATIONS):
        pixels[index] = pixels[neighbors].mean(axis=0)
    return pixels[index]
