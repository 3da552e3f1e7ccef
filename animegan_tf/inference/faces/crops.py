"""Where a face is cut from a picture, and with what weights it goes back."""

import dataclasses
import math

import numpy as np


@dataclasses.dataclass(frozen=True, eq=False)
class FaceCrop:
    """A face and its surroundings, as far as they are in the picture.

    Attributes:
        rows: Rows of the picture.
        columns: Columns of the picture.
        side: Longer side in pixels, with what lies beyond the picture's border.
        weights: What of the crop goes back, float32 in [0, 1], `(rows, columns, 1)`: 1
            in the face's box, falling smoothly to 0 at the sides of the crop that are
            not the picture's.
    """

    rows: slice
    columns: slice
    side: int
    weights: np.ndarray


def cut_face_crop(box, size: tuple[int, int], *, margin: float) -> FaceCrop | None:
    """Lay a square around a face, and cut off what is outside the picture.

    Args:
        box: Left, top, width and height of the face in pixels, numbers of any kind.
        size: Height and width of the picture.
        margin: Pixels around the face, as a part of its box's longer side.

    Returns:
        The crop; `None` if no pixel's centre is in the box.
    """
    left, top, width, height = (float(value) for value in box)
    half = max(width, height) * (0.5 + margin)
    rows = _Span.around(top, height, half)
    columns = _Span.around(left, width, half)
    if not (rows.meets(size[0]) and columns.meets(size[1])):
        return None
    row_weights = rows.weights(size[0])
    weights = row_weights[:, np.newaxis] * columns.weights(size[1])
    return FaceCrop(
        rows=rows.within(size[0]),
        columns=columns.within(size[1]),
        side=max(rows.stop - rows.start, columns.stop - columns.start),
        weights=weights[..., np.newaxis],
    )


def paste_face(picture: np.ndarray, face: np.ndarray, crop: FaceCrop) -> None:
    """Mix a face into a picture by the weights of its crop, in place.

    Args:
        picture: uint8 or uint16, `(height, width, 3)`.
        face: Of the same type and of the crop's shape.
        crop: Where it belongs.
    """
    target = picture[crop.rows, crop.columns]
    mixed = target.astype(np.float32)
    mixed += crop.weights * (face.astype(np.float32) - mixed)
    target[...] = np.floor(mixed + np.float32(0.5))


@dataclasses.dataclass(frozen=True)
class _Span:
    """One axis of a crop: `[start, stop)`, around a face from `first` to `last`."""

    start: int
    stop: int
    first: float
    last: float

    @classmethod
    def around(cls, first, length, half):
        center = first + length / 2.0
        # Rounded outward, so that no margin is lost on the smallest faces.
        start, stop = math.floor(center - half), math.ceil(center + half)
        return cls(start, stop, first, first + length)

    def meets(self, length):
        """Tell whether the face itself, not only its margin, holds a pixel."""
        first, last = math.ceil(self.first - 0.5), math.floor(self.last - 0.5)
        return max(first, 0) <= min(last, length - 1)

    def within(self, length):
        return slice(max(0, self.start), min(length, self.stop))

    def weights(self, length):
        inside = self.within(length)
        centers = np.arange(inside.start, inside.stop, dtype=np.float32) + 0.5
        before = (self.first - centers) / (self.first - self.start)
        after = (centers - self.last) / (self.stop - self.last)
        away = np.clip(np.maximum(before, after), 0.0, 1.0)
        # Smoothstep: level at both ends, so that no edge shows where it begins.
        return (1.0 - away * away * (3.0 - 2.0 * away)).astype(np.float32)
