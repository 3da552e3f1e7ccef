"""How much a stylized film flickers: change that its source does not have."""

import dataclasses
from collections.abc import Iterable, Iterator

import numpy as np

_STILL_BLOCK = 8
_MOTION_BLOCK = 16
_MOTION_RANGE = 8
# Motion is looked for at most at this many pixels a side; the search is exhaustive.
_MOTION_SIDE = 480
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)


@dataclasses.dataclass(frozen=True)
class FlickerReport:
    """Changes between consecutive frames, in levels of 255.

    Attributes:
        num_pairs: Pairs of consecutive frames.
        still_share: Part of the blocks in which the source barely changes.
        source_change: Mean change of the source in these blocks.
        output_change: Mean change of the film there.
        flicker: `output_change - source_change`: below 0 the film is calmer.
        followed_share: Part of the blocks whose motion in the source is found.
        source_warping_error: Mean change of the source along that motion.
        output_warping_error: Mean change of the film along the same motion.
        warping_error: The latter minus the former.

    Where there is no such block the values are nan.
    """

    num_pairs: int
    still_share: float
    source_change: float
    output_change: float
    flicker: float
    followed_share: float
    source_warping_error: float
    output_warping_error: float
    warping_error: float


def measure_flicker(
    pairs: Iterable[tuple[np.ndarray, np.ndarray]],
    *,
    threshold: float = 6.0,
    motion: bool = True,
) -> FlickerReport:
    """Compare how a film changes from frame to frame with how its source does.

    Where the source stands still, a film should too: changes are compared in blocks of
    8 pixels whose source changes by at most `threshold`. Where it moves, the motion is
    found in the source by matching blocks of 16 pixels within 8 pixels, in pictures
    scaled down to 480 pixels if larger, and both are compared along it.

    Args:
        pairs: For each frame in order the source and the film, uint8 RGB,
            `(height, width, 3)`, all of one size of at least 16 pixels a side.
        threshold: Levels of 255; blocks of the source, still or followed, that differ
            by more are left out. Sensor noise of deviation 5 makes 5.6.
        motion: Whether to look for motion, which takes most of the time.

    Returns:
        A `FlickerReport`.

    Raises:
        ValueError: If there are fewer than two frames, or the sizes do not fit.

    Reference: Lai et al., 2018, https://arxiv.org/abs/1808.00449 (warping error).
    """
    still, followed, num_pairs = _Sums(), _Sums(), 0
    for (old_photo, old_output), (photo, output) in _consecutive(pairs):
        num_pairs += 1
        source = _block_means(_change(photo, old_photo), _STILL_BLOCK)
        film = _block_means(_change(output, old_output), _STILL_BLOCK)
        still.add(source, film, source <= threshold)
        if motion:
            source, film = _changes_along_motion(photo, old_photo, output, old_output)
            followed.add(source, film, source <= threshold)
    if num_pairs == 0:
        raise ValueError("`pairs` must hold at least two frames. Received: fewer")
    return FlickerReport(
        num_pairs=num_pairs,
        still_share=still.share,
        source_change=still.source,
        output_change=still.film,
        flicker=still.film - still.source,
        followed_share=followed.share,
        source_warping_error=followed.source,
        output_warping_error=followed.film,
        warping_error=followed.film - followed.source,
    )


class _Sums:
    """Running means over the blocks that count."""

    def __init__(self):
        self._source = self._film = 0.0
        self._chosen = self._all = 0

    def add(self, source, film, mask) -> None:
        self._source += float(source[mask].sum())
        self._film += float(film[mask].sum())
        self._chosen += int(mask.sum())
        self._all += mask.size

    @property
    def share(self) -> float:
        return self._chosen / self._all if self._all else float("nan")

    @property
    def source(self) -> float:
        return self._source / self._chosen if self._chosen else float("nan")

    @property
    def film(self) -> float:
        return self._film / self._chosen if self._chosen else float("nan")


def _consecutive(pairs) -> Iterator:
    previous = None
    for photo, output in pairs:
        if photo.shape != output.shape or min(photo.shape[:2]) < _MOTION_BLOCK:
            raise ValueError(
                "`pairs` must be of one size, at least 16 pixels a side. "
                f"Received: source {photo.shape}, film {output.shape}"
            )
        if previous is not None:
            if previous[0].shape != photo.shape:
                raise ValueError(
                    "`pairs` must be of one size. "
                    f"Received: {previous[0].shape}, then {photo.shape}"
                )
            yield previous, (photo, output)
        previous = photo, output


def _change(new, old):
    """Average the absolute difference over the channels, `(height, width)`."""
    difference = np.subtract(new, old, dtype=np.float32)
    return np.abs(difference, out=difference).mean(axis=-1)


def _block_means(values, block):
    """Average whole blocks; what is left over at the right and below is left out."""
    rows, columns = (side // block for side in values.shape[:2])
    cut = values[: rows * block, : columns * block]
    shape = (rows, block, columns, block, *values.shape[2:])
    return cut.reshape(shape).mean(axis=(1, 3))


def _changes_along_motion(photo, old_photo, output, old_output):
    """Measure each block's change of source and film along the source's motion."""
    factor = -(-max(photo.shape[:2]) // _MOTION_SIDE)
    pictures = [
        _block_means(picture.astype(np.float32), factor)
        for picture in (photo, old_photo, output, old_output)
    ]
    photo, old_photo, output, old_output = pictures
    shifts = _find_motion(photo @ _LUMA, old_photo @ _LUMA)
    return (
        _block_means(_change(photo, _warp(old_photo, shifts)), _MOTION_BLOCK),
        _block_means(_change(output, _warp(old_output, shifts)), _MOTION_BLOCK),
    )


def _find_motion(new, old):
    """Find for each block from where it came, `(rows, columns, 2)` as (dy, dx)."""
    reach = range(-_MOTION_RANGE, _MOTION_RANGE + 1)
    # The shortest first: of equally good motions, as on a plain wall, it is kept.
    shifts = sorted(
        ((y, x) for y in reach for x in reach), key=lambda s: s[0] ** 2 + s[1] ** 2
    )
    padded = np.pad(old, _MOTION_RANGE, mode="edge")
    height, width = new.shape
    best = None
    for y, x in shifts:
        top, left = _MOTION_RANGE + y, _MOTION_RANGE + x
        shifted = padded[top : top + height, left : left + width]
        cost = _block_means(np.abs(new - shifted), _MOTION_BLOCK)
        if best is None:
            best = cost
            motion = np.zeros((*cost.shape, 2), dtype=np.int64)
        better = cost < best
        best = np.where(better, cost, best)
        motion[better] = (y, x)
    return motion


def _warp(old, motion):
    """Take each block's pixels from where they were; cut to whole blocks."""
    rows, columns = (side * _MOTION_BLOCK for side in motion.shape[:2])
    spread = motion.repeat(_MOTION_BLOCK, axis=0).repeat(_MOTION_BLOCK, axis=1)
    y, x = np.mgrid[:rows, :columns]
    y = np.clip(y + spread[..., 0], 0, old.shape[0] - 1)
    x = np.clip(x + spread[..., 1], 0, old.shape[1] - 1)
    warped = old.copy()
    # Pixels beyond the last whole block are left out of every mean.
    warped[:rows, :columns] = old[y, x]
    return warped
