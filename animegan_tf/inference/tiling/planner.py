"""Decide whether a picture goes through a network whole or in tiles."""

import math

import keras

from animegan_tf.inference.tiling.tiles import (
    Band,
    TileRules,
    iterate_tiles,
    split_axis,
    split_within,
)
from animegan_tf.models.analysis.receptive_field import measure_receptive_field

AUTO = "auto"
# Estimated memory for the maps of one call of a network; what is really taken is about
# twice that. Up to the first a picture goes whole, which saves the margins of tiles.
_MAX_WHOLE_BYTES = 256 * 2**20
# Pictures beyond it also need much memory outside the network.
_MAX_TILE_BYTES = 96 * 2**20
# The networks mirror at borders several levels down, where a side of few pixels has
# nothing left to mirror.
MINIMUM_SIDE = 64


class TilePlanner:
    """Plan the calls of one network.

    Args:
        generator: Network from images to images.
        multiple: Pixels by which its input sizes must divide, at least; what its graph
            asks for is added.
        tile: Side of the tiles without their margins, in pixels; `"auto"` or `None`.

    Attributes:
        multiple: Pixels by which the sizes of the network's inputs divide.
        field: Its `ReceptiveField`, or `None` if it sees the whole picture.

    Raises:
        ValueError: If `tile` is something else, or a number for a network that sees
            the whole picture at once.
    """

    def __init__(self, generator: keras.Model, multiple: int, tile: int | str | None):
        _check_tile(tile)
        self.multiple = multiple
        self._tile = tile
        self.field = self._rules = None
        try:
            self.field = measure_receptive_field(generator)
        except ValueError as error:
            if isinstance(tile, int):
                raise ValueError(
                    f"`tile` must be None or 'auto' for {generator.name!r}: {error}, "
                    f"so tiles would differ from it. Received: tile={tile}"
                ) from error
            return
        self.multiple = math.lcm(multiple, self.field.multiple)
        if tile is not None:
            self._rules = TileRules.from_radius(self.field.radius, self.multiple)
            self._max_pixels = int(_MAX_WHOLE_BYTES / self.field.bytes_per_pixel)
            self._max_tile_pixels = int(_MAX_TILE_BYTES / self.field.bytes_per_pixel)

    def plan(self, batch: int, height: int, width: int):
        """Yield the calls that cover pictures: which of them, rows and columns.

        Args:
            batch: Number of pictures of one size.
            height: Their rows.
            width: Their columns.

        Yields:
            A slice of the batch, a `Band` of rows and one of columns; all calls for the
            same number of pictures have one shape.
        """
        rows, columns = self._split(self._padded(height), self._padded(width))
        at_once = batch
        if self._rules is not None:
            area = rows[0].length * columns[0].length
            at_once = max(1, min(batch, self._max_pixels // area))
        for first in range(0, batch, at_once):
            for band, column in iterate_tiles(rows, columns):
                yield slice(first, first + at_once), band, column

    def _split(self, height, width):
        whole = [[Band(0, size, 0, size)] for size in (height, width)]
        if self._rules is None:
            return whole
        if self._tile == AUTO:
            if height * width <= self._max_pixels:
                return whole
            return split_within(height, width, self._max_tile_pixels, self._rules)
        return [split_axis(size, self._tile, self._rules) for size in (height, width)]

    def _padded(self, size):
        return math.ceil(max(size, MINIMUM_SIDE) / self.multiple) * self.multiple


def _check_tile(tile) -> None:
    valid = tile is None or tile == AUTO
    if not valid and (isinstance(tile, bool) or not isinstance(tile, int) or tile < 1):
        raise ValueError(
            "`tile` must be a number of pixels from 1, 'auto' or None. "
            f"Received: tile={tile!r}"
        )
