"""Measure what 8 bits add to smooth areas: a fine pattern, and bands."""

import numpy as np

_SIDE = 192
_BLOCK = 8
# Levels by which a block without an edge may change.
_MAX_CHANGE = 24.0
# Two corners of each image: a day's sky, an evening's, and shades of gray.
_COLORS = (
    ((110, 160, 235), (225, 235, 245)),
    ((25, 35, 80), (235, 140, 90)),
    ((20, 20, 20), (230, 230, 230)),
)


def smooth_images() -> list[np.ndarray]:
    """Generate images without edges and noise, where errors are seen the most.

    Returns:
        uint8 RGB arrays, `(192, 192, 3)`.
    """
    rows, columns = np.mgrid[0:_SIDE, 0:_SIDE] / (_SIDE - 1)
    position = ((3 * rows + columns) / 4)[..., np.newaxis]
    images = []
    for start, end in _COLORS:
        image = (1 - position) * np.array(start) + position * np.array(end)
        images.append(np.round(image).astype(np.uint8))
    return images


def measure_unevenness(result: np.ndarray, expected: np.ndarray) -> tuple[float, float]:
    """Measure the pattern and the bands that a result has beside the expected one.

    Blocks of 8x8 pixels in or beside which the expected image has an edge do not count;
    a style may put edges into a smooth image.

    Args:
        result: Image in levels of 255, `(height, width, 3)`; sides are cut to multiples
            of 8.
        expected: The expected image, likewise.

    Returns:
        The root mean square of what is left of the difference when the means of the
        blocks are subtracted; and the largest difference of the means of two
        neighboring blocks. Both in levels, and 0 if all blocks have edges.
    """
    blocks = _to_blocks(expected)
    smooth = _without_edges(np.ptp(blocks, axis=(1, 3)).max(axis=-1) > _MAX_CHANGE)
    error = _to_blocks(result) - blocks
    means = error.mean(axis=(1, 3))
    rest = (error - means[:, np.newaxis, :, np.newaxis]).swapaxes(1, 2)[smooth]
    pattern = float(np.sqrt(np.mean(rest**2))) if rest.size else 0.0
    steps = [
        np.abs(means[1:] - means[:-1])[smooth[1:] & smooth[:-1]],
        np.abs(means[:, 1:] - means[:, :-1])[smooth[:, 1:] & smooth[:, :-1]],
    ]
    return pattern, float(max(step.max(initial=0.0) for step in steps))


def _without_edges(has_edge):
    """Return the blocks that have no edge, nor have their neighbors."""
    rows, columns = has_edge.shape
    padded = np.pad(has_edge, 1)
    near = [
        padded[row : row + rows, column : column + columns]
        for row in range(3)
        for column in range(3)
    ]
    return ~np.any(near, axis=0)


def _to_blocks(image):
    """Arrange an image as `(rows, 8, columns, 8, 3)`."""
    rows, columns = (side // _BLOCK for side in image.shape[:2])
    image = image[: rows * _BLOCK, : columns * _BLOCK].astype(np.float64)
    return image.reshape(rows, _BLOCK, columns, _BLOCK, 3)
