"""The images of sample sheets: photos, their targets, and drawings."""

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path

from animegan_tf.data.crops import read_squares
from animegan_tf.training.program import Samples

_NUM_ROWS = 4


def read_samples(
    photos: Sequence[Path],
    size: int,
    *,
    drawings: Sequence[Sequence[Path]] = (),
    targets: Mapping[Path, Path] | None = None,
) -> Samples | None:
    """Read the center squares of a few images, for the sample sheets.

    Args:
        photos: Photos, of which four are taken, evenly spread.
        size: Side of the squares in pixels.
        drawings: For each column of drawings, at least one image to choose from.
        targets: Targets of photos, by the photo; `None` shows none.

    Returns:
        `Samples` with a row for each photo, or `None` without photos.
    """
    if not photos:
        return None
    chosen = _spread(photos, _NUM_ROWS)
    columns = [
        list(itertools.islice(itertools.cycle(_spread(own, len(chosen))), len(chosen)))
        for own in drawings
    ]
    return Samples(
        photos=read_squares(chosen, size),
        targets=targets and read_squares([targets[path] for path in chosen], size),
        drawings=[read_squares(column, size) for column in columns],
    )


def two_columns(drawings: Sequence[Path]) -> list[Sequence[Path]]:
    """Divide the images of a style into the two columns of a sample sheet."""
    return [drawings[::2], drawings[1::2] or drawings]


def _spread(paths: Sequence[Path], count: int) -> Sequence[Path]:
    return paths[:: max(len(paths) // count, 1)][:count]
