"""What the measures of pairs of pictures share: brightness, checks, windows."""

import numpy as np


def luma(image: np.ndarray) -> np.ndarray:
    """Weigh the colours to a brightness, as Rec. 601 does.

    Args:
        image: uint8 RGB picture, `(height, width, 3)`.

    Returns:
        float64 `(height, width)` in [0, 255].
    """
    return image.astype(np.float64) @ np.array([0.299, 0.587, 0.114])


def check_same_size(photo: np.ndarray, output: np.ndarray) -> None:
    """Check that two pictures can be compared pixel by pixel.

    Raises:
        ValueError: If their shapes differ.
    """
    if photo.shape != output.shape:
        raise ValueError(
            "`output` must have the size of `photo`. "
            f"Received: output of shape {output.shape}, photo of shape {photo.shape}"
        )


def reduce_window(values: np.ndarray, size: int, reduce: np.ufunc) -> np.ndarray:
    """Reduce the square around each pixel, its border repeated outwards.

    Args:
        values: Array `(height, width)`.
        size: Odd side of the square in pixels.
        reduce: What takes two values to one whatever their order, as `np.maximum`.

    Returns:
        Array of the same shape.
    """
    height, width = values.shape
    padded = np.pad(values, size // 2, mode="edge")
    rows = reduce.reduce([padded[i : i + height] for i in range(size)])
    return reduce.reduce([rows[:, i : i + width] for i in range(size)])
