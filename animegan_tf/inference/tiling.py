"""Cut large pictures into tiles whose results fit together exactly."""

import dataclasses
import itertools
import math
from typing import NamedTuple

import numpy as np


class Band(NamedTuple):
    """The part of one axis that a tile reads, and the part of it that it settles.

    Attributes:
        start: First pixel that the tile reads.
        stop: The pixel after the last that it reads.
        first: First pixel whose result is taken from this tile.
        last: The pixel after the last whose result is taken from it.
    """

    start: int
    stop: int
    first: int
    last: int

    @property
    def length(self) -> int:
        """Pixels read."""
        return self.stop - self.start

    @property
    def kept(self) -> slice:
        """The settled part, counted from the start of the tile."""
        return slice(self.first - self.start, self.last - self.start)


@dataclasses.dataclass(frozen=True)
class TileRules:
    """What a network asks of its tiles.

    Attributes:
        halo: Pixels that a tile must read beyond those it settles; a multiple of
            `multiple`.
        multiple: Pixels by which the corners and sizes of tiles must divide.
    """

    halo: int
    multiple: int

    @classmethod
    def from_radius(cls, radius: int, multiple: int) -> "TileRules":
        """Round a receptive field's radius up to the network's grid."""
        return cls(_round_up(radius, multiple), multiple)


def split_axis(length: int, own: int, rules: TileRules) -> list[Band]:
    """Split an axis into bands of one size that settle at most about `own` pixels.

    At the ends of the axis a tile ends too, so that the network meets the picture's
    border where it would in the whole. It needs no halo there and settles more.

    A settled pixel sees at most a halo to either side, and what is mirrored at a border
    of the picture is at most two halos from it. So all that it sees is in its tile.

    Args:
        length: Pixels of the axis, a multiple of `rules.multiple`.
        own: Pixels that a band may settle in the middle of the axis, at least 1;
            rounded up to the multiple.
        rules: The network's.
    """
    own = _round_up(own, rules.multiple)
    count = max(1, math.ceil((length - 2 * rules.halo) / own))
    return split_evenly(length, count, rules)


def split_evenly(length: int, count: int, rules: TileRules) -> list[Band]:
    """Split an axis into at most `count` bands of the smallest size that will do."""
    if count == 1:
        return [Band(0, length, 0, length)]
    inner = length - 2 * rules.halo
    own = _round_up(math.ceil(inner / count), rules.multiple)
    count = math.ceil(inner / own)
    size = own + 2 * rules.halo
    bands, first = [], 0
    for index in range(count):
        # The last is moved inward: a smaller one would be another shape.
        start = min(index * own, length - size)
        last = length if index == count - 1 else start + size - rules.halo
        bands.append(Band(start, start + size, first, last))
        first = last
    return bands


def split_within(
    height: int, width: int, max_pixels: int, rules: TileRules
) -> tuple[list[Band], list[Band]]:
    """Split a picture into tiles of at most `max_pixels` with the least work in all.

    If even the smallest tiles are larger, the smallest are taken.

    Args:
        height: Rows of the picture, a multiple of `rules.multiple`.
        width: Columns, likewise.
        max_pixels: Pixels that a tile may have with its halo.
        rules: The network's.

    Returns:
        The bands of the rows and those of the columns.
    """
    best = None
    for num_rows in range(1, max(1, (height - 2 * rules.halo) // rules.multiple) + 1):
        rows = split_evenly(height, num_rows, rules)
        if len(rows) < num_rows:
            continue
        most = max_pixels // rows[0].length
        own = (most - 2 * rules.halo) // rules.multiple * rules.multiple
        columns = [Band(0, width, 0, width)]
        if most < width:
            columns = split_axis(width, max(own, rules.multiple), rules)
        key = _work(rows, columns, max_pixels)
        if best is None or key < best[0]:
            best = key, rows, columns
    return best[1:]


def _work(rows, columns, max_pixels):
    """Order splits: those within the bound first, then by all pixels computed."""
    tile = rows[0].length * columns[0].length
    excess = max(0, tile - max_pixels)
    return excess, tile * len(rows) * len(columns)


def iterate_tiles(rows: list[Band], columns: list[Band]):
    """Yield the pairs of bands, row by row."""
    return itertools.product(rows, columns)


def read_tile(images: np.ndarray, rows: Band, columns: Band) -> np.ndarray:
    """Cut a tile from pictures that are mirrored beyond their right and lower border.

    Args:
        images: `(batch, height, width, channels)`.
        rows: The tile's rows, which may end below the picture.
        columns: The tile's columns, which may end to its right.

    Returns:
        `(batch, rows, columns, channels)`; a view if the tile is inside.
    """
    for axis, band in ((1, rows), (2, columns)):
        size = images.shape[axis]
        if band.stop <= size:
            images = images[(slice(None),) * axis + (slice(band.start, band.stop),)]
        else:
            positions = mirror_positions(np.arange(band.start, band.stop), size)
            images = np.take(images, positions, axis=axis)
    return images


def mirror_positions(positions: np.ndarray, size: int) -> np.ndarray:
    """Fold positions back and forth into `[0, size)`, without repeating the border."""
    period = max(1, 2 * (size - 1))
    positions = positions % period
    return np.minimum(positions, period - positions) if size > 1 else 0 * positions


def _round_up(value: int, multiple: int) -> int:
    return -(-value // multiple) * multiple
