"""Follow faces from frame to frame, so that their boxes do not jitter."""

from collections.abc import Callable

import numpy as np

# Intersection over union above which two boxes in successive frames may be one face.
_MIN_OVERLAP = 0.1
# Distance, relative to the longer side of the box, that a detection may be away before
# the box follows.
_SLACK = 0.04
# Number of frames for which a face that is no longer detected is kept.
_MAX_MISSED = 5
# Share of the pixels that move to other bins of the color histogram at a cut.
_CUT_DISTANCE = 0.4
# Pixels between those that are counted in the histogram, and its bins of 64 levels.
_STRIDE, _BIN_BITS = 4, 6


class FaceTracker:
    """Find the faces of successive frames, and keep their boxes steady.

    Detections of the same face differ by some pixels from frame to frame, and drawn
    into crops that do the same, a face trembles. So a box stays where it is as long as
    the detections are near it; if they move on, it is dragged along at that distance.
    A face that is not detected for a few frames is kept where it was. At a cut, all is
    forgotten. Frames that are equal to the one before have exactly its faces.

    Args:
        find: Function from uint8 RGB, `(height, width, 3)`, to the faces,
            `(num_faces, num_values)`: left, top, width and height in pixels, and
            further coordinates, such as landmarks; see `FaceStylizer.find_faces`.

    Attributes:
        state: The last frame, its faces, and for how many frames each was not detected;
            empty before the first frame. It may be saved, and set to resume.
    """

    def __init__(self, find: Callable[[np.ndarray], np.ndarray]):
        self._find = find
        self.state: dict[str, np.ndarray] = {}

    def __call__(self, frame: np.ndarray) -> np.ndarray:
        """Return the faces of the next frame.

        Args:
            frame: uint8 RGB, `(height, width, 3)`; all frames have one size.
        """
        before = self.state
        if before and np.array_equal(frame, before["frame"]):
            return before["faces"]
        faces = self._find(frame)
        missed = np.zeros(len(faces), np.int64)
        if before and not _is_cut(before["frame"], frame):
            faces, missed = _follow(before["faces"], before["missed"], faces)
        # A new dict, since the states of earlier frames are still in use.
        self.state = {"frame": frame, "faces": faces, "missed": missed}
        return faces


def _follow(
    old: np.ndarray, missed: np.ndarray, found: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Move the old faces to those found; return the new faces and times missed."""
    faces, is_lost = found.copy(), np.full(len(old), True)
    overlaps = _overlaps(old, found)
    # The pairs that overlap most are matched first.
    while overlaps.size and overlaps.max() > _MIN_OVERLAP:
        i, j = np.unravel_index(overlaps.argmax(), overlaps.shape)
        slack = _SLACK * old[i, 2:4].max()
        faces[j] -= np.clip(found[j] - old[i], -slack, slack)
        is_lost[i] = False
        overlaps[i, :] = overlaps[:, j] = 0.0
    kept = is_lost & (missed < _MAX_MISSED)
    num_missed = np.concatenate([np.zeros(len(faces), np.int64), missed[kept] + 1])
    return np.concatenate([faces, old[kept]]), num_missed


def _overlaps(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the intersection over union of boxes, `(num_first, num_second)`."""
    first, second = first[:, np.newaxis], second[np.newaxis]
    begin = np.maximum(first[..., :2], second[..., :2])
    end = np.minimum(
        first[..., :2] + first[..., 2:4], second[..., :2] + second[..., 2:4]
    )
    shared = np.maximum(end - begin, 0.0).prod(axis=-1)
    union = first[..., 2:4].prod(axis=-1) + second[..., 2:4].prod(axis=-1) - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0.0)


def _is_cut(before: np.ndarray, after: np.ndarray) -> bool:
    change = np.abs(_histogram(before) - _histogram(after)).sum()
    return bool(0.5 * change > _CUT_DISTANCE)


def _histogram(frame: np.ndarray) -> np.ndarray:
    """Return the share of the pixels in each of 64 colors."""
    red, green, blue = np.moveaxis(frame[::_STRIDE, ::_STRIDE] >> _BIN_BITS, -1, 0)
    counts = np.bincount((16 * red + 4 * green + blue).ravel(), minlength=64)
    return counts / counts.sum()
