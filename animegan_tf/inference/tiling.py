"""Split large images into tiles whose results match the whole image exactly."""

import dataclasses
import itertools
import math
from typing import NamedTuple

import numpy as np

from animegan_tf.utils.memory import total_memory

AUTO = "auto"
# Estimated memory of the feature maps of one call; the actual peak is about twice as
# high. Up to the first number images are not split, which saves the margins of tiles.
MAX_WHOLE_BYTES = 256 * 2**20
# Images beyond it also need much memory outside the generator.
MAX_TILE_BYTES = 96 * 2**20
# Of the actual peak to the estimate.
_PEAK_RATIO = 2.0
# The generators pad by reflection at several resolutions, which needs sides of more
# than a few pixels at the lowest.
MINIMUM_SIDE = 64
# Images are padded to multiples of this number at least, whatever the generator needs,
# if that does not change the result: fewer sizes are compiled.
PADDING_MULTIPLE = 16


class Band(NamedTuple):
    """The range of one axis that a tile reads, and the range of results it provides.

    Attributes:
        start: First pixel read.
        stop: End of the pixels read, exclusive.
        first: First pixel whose result is taken from this tile.
        last: End of the pixels whose results are taken from it, exclusive.
    """

    start: int
    stop: int
    first: int
    last: int

    @property
    def length(self) -> int:
        """Number of pixels read."""
        return self.stop - self.start

    @property
    def kept(self) -> slice:
        """The range of results, relative to the start of the tile."""
        return slice(self.first - self.start, self.last - self.start)


@dataclasses.dataclass(frozen=True)
class TileRules:
    """Requirements of a generator on its tiles.

    Attributes:
        halo: Pixels that a tile must read beyond its results; a multiple of `multiple`.
        multiple: Number of which the positions and sizes of tiles must be multiples.
    """

    halo: int
    multiple: int

    @classmethod
    def from_radius(cls, radius: int, multiple: int) -> "TileRules":
        """Round the radius of a receptive field up to the generator's grid."""
        return cls(_round_up(radius, multiple), multiple)


class TilePlanner:
    """Plan the calls of a generator that cover images of any size.

    Args:
        engine: The generator; its `receptive_field()` raises a `ValueError` if it
            covers the whole image, and its `network_name` is for messages.
        multiple: Number of which its input sizes must be multiples, in addition to what
            its layers require. `None` is `PADDING_MULTIPLE`; and 1 if it computes
            statistics of the whole image, since padding would count in them.
        tile: Side of the tiles without their margins in pixels, `"auto"` or `None`.
        max_whole_bytes: Estimated memory up to which `"auto"` does not split an image.
        max_tile_bytes: Estimated memory of a tile with `"auto"`.
        max_memory: Memory of the machine, which a generator that cannot run in tiles
            must not exceed; by default, that of this machine if known.

    Attributes:
        multiple: Number of which the generator's input sizes are multiples.
        field: Its `ReceptiveField`, or `None` if it covers the whole image.

    Raises:
        ValueError: If `tile` is something else, or a number for a generator whose
            receptive field covers the whole image.
    """

    def __init__(
        self,
        engine,
        multiple: int | None,
        tile: int | str | None,
        *,
        max_whole_bytes: int = MAX_WHOLE_BYTES,
        max_tile_bytes: int = MAX_TILE_BYTES,
        max_memory: int | None = None,
    ):
        is_size = isinstance(tile, int) and not isinstance(tile, bool) and tile >= 1
        if not is_size and tile not in (None, AUTO):
            raise ValueError(
                "`tile` must be a number of pixels, at least 1, 'auto' or None. "
                f"Received: tile={tile!r}"
            )
        self.multiple = math.lcm(multiple or 1, engine.multiple)
        self._tile = tile
        self.field = self._rules = self._bytes_per_pixel = None
        self._network_name = engine.network_name
        self._max_memory = total_memory() if max_memory is None else max_memory
        try:
            self.field = engine.receptive_field()
        except ValueError as error:
            if is_size:
                raise ValueError(
                    f"`tile` must be None or 'auto' for {engine.network_name!r}: "
                    f"{error}, so tiles would differ from it. Received: tile={tile}"
                ) from error
            field = _field_without_statistics(engine)
            if field:
                self._bytes_per_pixel = _PEAK_RATIO * field.bytes_per_pixel
                self.multiple = math.lcm(self.multiple, field.multiple)
            return
        least = PADDING_MULTIPLE if multiple is None else multiple
        self.multiple = math.lcm(least, engine.multiple, self.field.multiple)
        if tile is not None:
            self._rules = TileRules.from_radius(self.field.radius, self.multiple)
            self._max_pixels = int(max_whole_bytes / self.field.bytes_per_pixel)
            self._max_tile_pixels = int(max_tile_bytes / self.field.bytes_per_pixel)

    def plan(self, batch: int, height: int, width: int):
        """Yield the calls that cover a batch of images.

        Args:
            batch: Number of images of one size.
            height: Height of the images.
            width: Width of the images.

        Yields:
            A slice of the batch, a `Band` of rows and one of columns; all bands of an
            axis have one length.

        Raises:
            ValueError: If the generator cannot run in tiles, and an image would need
                more memory than the machine has.
        """
        rows, columns = self._split(self._padded(height), self._padded(width))
        size, area = batch, rows[0].length * columns[0].length
        if self._rules is not None:
            size = max(1, min(batch, self._max_pixels // area))
        elif self._bytes_per_pixel and self._max_memory:
            needed = area * self._bytes_per_pixel
            if needed > self._max_memory:
                raise ValueError(
                    f"{self._network_name!r} computes statistics of the whole image, "
                    f"so it cannot run in tiles: an image of {width}x{height} pixels "
                    f"needs about {needed / 1e9:.1f} GB of memory. This machine has "
                    f"{self._max_memory / 1e9:.1f} GB; make the image smaller."
                )
            size = max(1, min(batch, int(self._max_memory / needed)))
        for first in range(0, batch, size):
            for band, column in itertools.product(rows, columns):
                yield slice(first, first + size), band, column

    def _split(self, height, width):
        whole = [[Band(0, size, 0, size)] for size in (height, width)]
        if self._rules is None:
            return whole
        if self._tile == AUTO:
            if height * width <= self._max_pixels:
                return whole
            return split_image(height, width, self._max_tile_pixels, self._rules)
        return [split_axis(size, self._tile, self._rules) for size in (height, width)]

    def _padded(self, size):
        return _round_up(max(size, MINIMUM_SIDE), self.multiple)


def _field_without_statistics(engine):
    """Return the receptive field of a generator's other layers, if it has one."""
    try:
        return engine.receptive_field(ignore_statistics=True)
    except ValueError:
        return None


def split_axis(length: int, own: int, rules: TileRules) -> list[Band]:
    """Split an axis into bands of one length that each provide about `own` results.

    The first and last band end at the ends of the axis, where the generator pads as it
    does for the whole image; they need no halo there and provide more results.

    A result depends on pixels within one halo, and on those that padding reflects at
    the border of the image, at most two halos from it; all of them are in its tile.

    Args:
        length: Pixels of the axis, a multiple of `rules.multiple`.
        own: Maximum number of results of a band in the middle of the axis, at least 1;
            rounded up to the multiple.
        rules: The generator's rules.
    """
    own = _round_up(own, rules.multiple)
    count = max(1, math.ceil((length - 2 * rules.halo) / own))
    return split_evenly(length, count, rules)


def split_evenly(length: int, count: int, rules: TileRules) -> list[Band]:
    """Split an axis into at most `count` bands of the smallest possible length."""
    if count == 1:
        return [Band(0, length, 0, length)]
    inner = length - 2 * rules.halo
    own = _round_up(math.ceil(inner / count), rules.multiple)
    count = math.ceil(inner / own)
    size = own + 2 * rules.halo
    bands, first = [], 0
    for index in range(count):
        # The last band is moved inward rather than shortened, to keep one shape.
        start = min(index * own, length - size)
        last = length if index == count - 1 else start + size - rules.halo
        bands.append(Band(start, start + size, first, last))
        first = last
    return bands


def split_image(
    height: int, width: int, max_pixels: int, rules: TileRules
) -> tuple[list[Band], list[Band]]:
    """Split an image into tiles of at most `max_pixels`, with the least computation.

    If the smallest possible tiles are larger, these are used.

    Args:
        height: Height of the image, a multiple of `rules.multiple`.
        width: Width of the image, a multiple of `rules.multiple`.
        max_pixels: Maximum number of pixels of a tile, with its halo.
        rules: The generator's rules.

    Returns:
        The bands of the rows and those of the columns.
    """
    best = None
    for num_rows in range(1, max(1, (height - 2 * rules.halo) // rules.multiple) + 1):
        rows = split_evenly(height, num_rows, rules)
        if len(rows) < num_rows:
            continue
        max_width = max_pixels // rows[0].length
        own = (max_width - 2 * rules.halo) // rules.multiple * rules.multiple
        columns = [Band(0, width, 0, width)]
        if max_width < width:
            columns = split_axis(width, max(own, rules.multiple), rules)
        tile = rows[0].length * columns[0].length
        # Splits within the limit first, then those with the fewest pixels in total.
        key = max(0, tile - max_pixels), tile * len(rows) * len(columns)
        if best is None or key < best[0]:
            best = key, rows, columns
    return best[1:]


def read_tile(images: np.ndarray, rows: Band, columns: Band) -> np.ndarray:
    """Read a tile of images that are padded by reflection at the right and bottom.

    Args:
        images: `(batch, height, width, channels)`.
        rows: The tile's rows, which may extend below the image.
        columns: The tile's columns, which may extend to the right of it.

    Returns:
        `(batch, rows, columns, channels)`; a view if the tile is inside the image.
    """
    for axis, band in ((1, rows), (2, columns)):
        size = images.shape[axis]
        if band.stop <= size:
            images = images[(slice(None),) * axis + (slice(band.start, band.stop),)]
        else:
            positions = reflect_positions(np.arange(band.start, band.stop), size)
            images = np.take(images, positions, axis=axis)
    return images


def reflect_positions(positions: np.ndarray, size: int) -> np.ndarray:
    """Reflect positions into `[0, size)`, without repeating the border."""
    period = max(1, 2 * (size - 1))
    positions = positions % period
    return np.minimum(positions, period - positions) if size > 1 else 0 * positions


def _round_up(value: int, multiple: int) -> int:
    return -(-value // multiple) * multiple
