"""Superpixels: the mean colors of small regions, as targets of structure losses."""

import itertools

import numpy as np
from keras import ops

from animegan_tf.losses.pixel import rgb_to_lab

# A distance of this many units of Lab counts as much as one side of a cell.
_COMPACTNESS = 10.0
_OFFSETS = tuple(itertools.product((-1, 0, 1), repeat=2))
# Far away from every pixel: a cell beyond the border is never the nearest.
_FAR = 1e3


def superpixel_means(images, size: int = 8, *, iterations: int = 4):
    """Replace the colors of images by their means over superpixels (SLIC).

    Superpixels start as squares of a grid. Each pixel then joins the nearest of the 9
    superpixels around its square, by color in Lab and by place, and each superpixel
    moves to the mean of its pixels, a few times. Everything is a tensor operation on
    the device of the images, so that the targets of generated images take no time on
    the host; regions of graph-based segmentation would.

    Args:
        images: RGB images in [-1, 1], `(batch, height, width, 3)`, with a known height
            and width.
        size: Side of the squares, in pixels, at least 2: the square root of a region's
            mean area.
        iterations: Number of times that pixels and superpixels are matched, at least 1.

    Returns:
        float32 images of the same shape and range; no gradient passes.

    Raises:
        ValueError: If `size` or `iterations` is too small.

    Reference: Achanta et al., 2012, https://doi.org/10.1109/TPAMI.2012.120.
    """
    for name, value, least in (("size", size, 2), ("iterations", iterations, 1)):
        if value < least:
            raise ValueError(
                f"`{name}` must be at least {least}. Received: {name}={value}"
            )
    height, width = images.shape[1:3]
    size = min(size, height, width)
    rows, columns = -(-height // size), -(-width // size)
    images = ops.stop_gradient(ops.cast(images, "float32"))
    missing = (rows * size - height, columns * size - width)
    missing = ((0, 0), (0, missing[0]), (0, missing[1]), (0, 0))
    padded = ops.pad(images, missing, "symmetric")
    color = rgb_to_lab(padded)
    place = np.stack(np.indices((rows * size, columns * size)), axis=-1)
    place = (place * (_COMPACTNESS / size)).astype("float32")[None]
    place = ops.zeros_like(color[..., :2]) + ops.convert_to_tensor(place)
    features = _to_cells(ops.concatenate([color, place], axis=-1), size)
    ones = ops.ones_like(features[..., :1])
    centers = ops.mean(features, axis=3)
    for _ in range(iterations):
        member = _nearest(features, centers)
        sums = _sums(member, ops.concatenate([features, ones], axis=-1))
        moved = sums[..., :-1] / ops.maximum(sums[..., -1:], 1.0)
        centers = ops.where(sums[..., -1:] > 0.0, moved, centers)
    sums = _sums(member, ops.concatenate([_to_cells(padded, size), ones], axis=-1))
    means = sums[..., :-1] / ops.maximum(sums[..., -1:], 1.0)
    result = ops.matmul(member, _neighbors(means, 0.0))
    result = _from_cells(result, size)[:, :height, :width]
    return ops.stop_gradient(result)


def _to_cells(images, size: int):
    """Split images into squares, `(batch, rows, columns, size * size, channels)`."""
    height, width, channels = images.shape[1:]
    rows, columns = height // size, width // size
    cells = ops.reshape(images, (-1, rows, size, columns, size, channels))
    cells = ops.transpose(cells, (0, 1, 3, 2, 4, 5))
    return ops.reshape(cells, (-1, rows, columns, size * size, channels))


def _from_cells(cells, size: int):
    """Put the squares of `_to_cells` together again."""
    rows, columns, _, channels = cells.shape[1:]
    images = ops.reshape(cells, (-1, rows, columns, size, size, channels))
    images = ops.transpose(images, (0, 1, 3, 2, 4, 5))
    return ops.reshape(images, (-1, rows * size, columns * size, channels))


def _neighbors(values, fill: float):
    """Return the values of the 9 cells around each, `(batch, rows, columns, 9, c)`."""
    rows, columns = values.shape[1:3]
    values = ops.pad(
        values, ((0, 0), (1, 1), (1, 1), (0, 0)), "constant", constant_values=fill
    )
    around = [
        values[:, 1 + dy : 1 + dy + rows, 1 + dx : 1 + dx + columns]
        for dy, dx in _OFFSETS
    ]
    return ops.stack(around, axis=-2)


def _nearest(features, centers):
    """Return which of the 9 superpixels each pixel belongs to, one-hot on axis -1."""
    centers = _neighbors(centers, _FAR)
    # The squared distance, without the square of the feature, which all have.
    products = ops.matmul(features, ops.transpose(centers, (0, 1, 2, 4, 3)))
    squares = ops.sum(ops.square(centers), axis=-1)[..., None, :]
    nearest = ops.argmin(squares - 2.0 * products, axis=-1)
    return ops.one_hot(nearest, len(_OFFSETS), dtype="float32")


def _sums(member, values):
    """Sum values over the pixels of each superpixel, `(batch, rows, columns, c)`."""
    parts = ops.matmul(ops.transpose(member, (0, 1, 2, 4, 3)), values)
    total = 0.0
    for index, (dy, dx) in enumerate(_OFFSETS):
        # What a cell gives to the neighbor at an offset arrives there.
        padding = ((0, 0), (1 + dy, 1 - dy), (1 + dx, 1 - dx), (0, 0))
        total = total + ops.pad(parts[:, :, :, index], padding)
    return total[:, 1:-1, 1:-1]
