"""Measure the flicker of a stylized video: changes that its source does not have."""

import dataclasses
import math
from collections.abc import Iterable, Iterator

import numpy as np

from animegan_tf.imaging.color.luminance import LUMA

_STATIC_BLOCK = 8
_MOTION_BLOCK = 16
_MOTION_RANGE = 8
# Maximum side in pixels for motion estimation, since the search is exhaustive.
_MOTION_SIDE = 480


@dataclasses.dataclass(frozen=True)
class FlickerReport:
    """Changes between consecutive frames, in levels of 255.

    Attributes:
        num_pairs: Number of pairs of consecutive frames.
        still_share: Share of the blocks in which the source is static.
        source_change: Mean change of the source in these blocks.
        output_change: Mean change of the stylized video there.
        flicker: `output_change - source_change`; below 0 if the stylized video changes
            less than its source.
        followed_share: Share of the blocks whose motion in the source is known.
        source_warping_error: Mean change of the source along that motion.
        output_warping_error: Mean change of the stylized video along the same motion.
        warping_error: `output_warping_error - source_warping_error`.

    Values are nan if there are no such blocks.
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
    """Compare the changes between frames of a stylized video with its source's.

    Static regions are blocks of 8 pixels in which the source changes by at most
    `threshold`. In moving regions, the motion is estimated in the source, by matching
    blocks of 16 pixels within 8 pixels, in frames scaled down to 480 pixels if larger,
    and both videos are compared along it.

    Args:
        pairs: Frames of the source and of the stylized video, in order, uint8 RGB,
            `(height, width, 3)`, all of one size of at least 16 pixels a side.
        threshold: Maximum change of the source's blocks, in levels of 255; others are
            left out. Sensor noise with a standard deviation of 5 changes them by 5.6.
        motion: Whether to estimate motion, which takes most of the time.

    Returns:
        A `FlickerReport`.

    Raises:
        ValueError: If there are fewer than two frames, or the sizes do not match.

    Reference: Lai et al., 2018, https://arxiv.org/abs/1808.00449 (warping error).
    """
    static, moving, num_pairs = _BlockMeans(), _BlockMeans(), 0
    for (old_photo, old_output), (photo, output) in _consecutive(pairs):
        num_pairs += 1
        source = _average_blocks(_change(photo, old_photo), _STATIC_BLOCK)
        stylized = _average_blocks(_change(output, old_output), _STATIC_BLOCK)
        static.add(source, stylized, threshold)
        if motion:
            moving.add(
                *_changes_along_motion(photo, old_photo, output, old_output), threshold
            )
    if num_pairs == 0:
        raise ValueError("`pairs` must contain at least two frames. Received: fewer")
    return FlickerReport(
        num_pairs=num_pairs,
        still_share=static.share,
        source_change=static.source,
        output_change=static.output,
        flicker=static.output - static.source,
        followed_share=moving.share,
        source_warping_error=moving.source,
        output_warping_error=moving.output,
        warping_error=moving.output - moving.source,
    )


class _BlockMeans:
    """Mean changes over the blocks whose source changes by at most a threshold."""

    def __init__(self):
        self._source = self._output = 0.0
        self._num_chosen = self._num_blocks = 0

    def add(self, source, output, threshold) -> None:
        chosen = source <= threshold
        self._source += float(source[chosen].sum())
        self._output += float(output[chosen].sum())
        self._num_chosen += int(chosen.sum())
        self._num_blocks += chosen.size

    @property
    def share(self) -> float:
        return self._num_chosen / self._num_blocks if self._num_blocks else math.nan

    @property
    def source(self) -> float:
        return self._source / self._num_chosen if self._num_chosen else math.nan

    @property
    def output(self) -> float:
        return self._output / self._num_chosen if self._num_chosen else math.nan


def _consecutive(pairs) -> Iterator:
    previous = None
    for photo, output in pairs:
        if photo.shape != output.shape or min(photo.shape[:2]) < _MOTION_BLOCK:
            raise ValueError(
                "`pairs` must be of one size, at least 16 pixels a side. "
                f"Received: source {photo.shape}, stylized video {output.shape}"
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
    """Return the absolute difference averaged over the channels, `(height, width)`."""
    difference = np.subtract(new, old, dtype=np.float32)
    return np.abs(difference, out=difference).mean(axis=-1)


def _average_blocks(values, block):
    """Average blocks; incomplete ones at the right and bottom are left out."""
    rows, columns = (side // block for side in values.shape[:2])
    cut = values[: rows * block, : columns * block]
    shape = (rows, block, columns, block, *values.shape[2:])
    return cut.reshape(shape).mean(axis=(1, 3))


def _changes_along_motion(photo, old_photo, output, old_output):
    """Compute the changes of the blocks of both videos along the source's motion."""
    factor = -(-max(photo.shape[:2]) // _MOTION_SIDE)
    photo, old_photo, output, old_output = (
        _average_blocks(frame.astype(np.float32), factor)
        for frame in (photo, old_photo, output, old_output)
    )
    shifts = _estimate_motion(photo @ LUMA, old_photo @ LUMA)
    return (
        _average_blocks(_change(photo, _warp(old_photo, shifts)), _MOTION_BLOCK),
        _average_blocks(_change(output, _warp(old_output, shifts)), _MOTION_BLOCK),
    )


def _estimate_motion(new, old):
    """Estimate the motion of each block, `(rows, columns, 2)` as (dy, dx)."""
    reach = range(-_MOTION_RANGE, _MOTION_RANGE + 1)
    # The shortest first: of equally good motions, as on a plain wall, it is chosen.
    shifts = sorted(
        ((y, x) for y in reach for x in reach), key=lambda s: s[0] ** 2 + s[1] ** 2
    )
    padded = np.pad(old, _MOTION_RANGE, mode="edge")
    height, width = new.shape
    best = None
    for y, x in shifts:
        top, left = _MOTION_RANGE + y, _MOTION_RANGE + x
        shifted = padded[top : top + height, left : left + width]
        cost = _average_blocks(np.abs(new - shifted), _MOTION_BLOCK)
        if best is None:
            best = cost
            motion = np.zeros((*cost.shape, 2), dtype=np.int64)
        better = cost < best
        best = np.where(better, cost, best)
        motion[better] = (y, x)
    return motion


def _warp(old, motion):
    """Move the pixels of each block of the old frame to their new positions."""
    rows, columns = (side * _MOTION_BLOCK for side in motion.shape[:2])
    spread = motion.repeat(_MOTION_BLOCK, axis=0).repeat(_MOTION_BLOCK, axis=1)
    y, x = np.mgrid[:rows, :columns]
    y = np.clip(y + spread[..., 0], 0, old.shape[0] - 1)
    x = np.clip(x + spread[..., 1], 0, old.shape[1] - 1)
    warped = old.copy()
    # Pixels beyond the last whole block are not used.
    warped[:rows, :columns] = old[y, x]
    return warped
