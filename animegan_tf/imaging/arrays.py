"""Images as arrays: uint8 and uint16 RGB in files, float32 RGB in [-1, 1] inside."""

import numpy as np

# Large images are processed in bands of rows of about this many pixels, so that
# intermediate results take little memory.
BAND_PIXELS = 2**19


def to_float(image: np.ndarray) -> np.ndarray:
    """Map uint8 [0, 255] to float32 [-1, 1]; any shape."""
    return np.asarray(image, dtype=np.float32) / np.float32(127.5) - np.float32(1.0)


def to_uint8(image) -> np.ndarray:
    """Map float [-1, 1] to uint8 [0, 255], rounded to the nearest level and clipped.

    NaN becomes mid-gray rather than an arbitrary level.
    """
    levels = (np.asarray(image, dtype=np.float32) + 1.0) * 127.5
    levels = np.nan_to_num(levels, nan=127.5, posinf=255.0, neginf=0.0)
    return np.clip(np.floor(levels + 0.5), 0.0, 255.0).astype(np.uint8)


def uint16_to_uint8(levels: np.ndarray) -> np.ndarray:
    """Round levels in [0, 65535] to levels in [0, 255]; `(height, width, ...)`."""
    result = np.empty(levels.shape, np.uint8)
    for rows in row_bands(levels.shape):
        # 65535 is 255 times 257.
        result[rows] = (levels[rows].astype(np.uint32) + 128) // 257
    return result


def uint8_to_uint16(levels: np.ndarray) -> np.ndarray:
    """Scale levels in [0, 255] to levels in [0, 65535]; any shape."""
    return np.multiply(levels, np.uint16(257), dtype=np.uint16)


def row_bands(shape) -> list[slice]:
    """Split the rows of `(height, width, ...)` into bands of about `BAND_PIXELS`."""
    rows = max(1, BAND_PIXELS // max(1, shape[1]))
    return [slice(top, top + rows) for top in range(0, shape[0], rows)]
