"""Crop faces out of an image and blend them back."""

import dataclasses
import math

import numpy as np


@dataclasses.dataclass(frozen=True, eq=False)
class FaceCrop:
    """A crop of a face and its surroundings inside the image.

    Attributes:
        rows: Rows of the image.
        columns: Columns of the image.
        side: Longer side in pixels before the crop was clipped to the image.
        weights: Blending weights, float32 in [0, 1], `(rows, columns, 1)`: 1 in the
            face's box, falling smoothly to 0 at the sides of the crop, except those at
            the image's border.
    """

    rows: slice
    columns: slice
    side: int
    weights: np.ndarray


def cut_face_crop(box, size: tuple[int, int], *, margin: float) -> FaceCrop | None:
    """Place a square crop around a face and clip it to the image.

    Args:
        box: Left, top, width and height of the face in pixels.
        size: Height and width of the image.
        margin: Margin around the face, relative to the longer side of its box.

    Returns:
        The crop; `None` if the box contains no pixel's center.
    """
    left, top, width, height = (float(value) for value in box)
    half = max(width, height) * (0.5 + margin)
    rows = _Span.around(top, height, half)
    columns = _Span.around(left, width, half)
    if not (rows.contains_pixel(size[0]) and columns.contains_pixel(size[1])):
        return None
    row_weights = rows.weights(size[0])
    weights = row_weights[:, np.newaxis] * columns.weights(size[1])
    return FaceCrop(
        rows=rows.within(size[0]),
        columns=columns.within(size[1]),
        side=max(rows.stop - rows.start, columns.stop - columns.start),
        weights=weights[..., np.newaxis],
    )


def paste_face(image: np.ndarray, face: np.ndarray, crop: FaceCrop) -> None:
    """Blend a face into an image with the weights of its crop, in place.

    Args:
        image: uint8 or uint16, `(height, width, 3)`.
        face: Array of the same dtype and of the crop's shape.
        crop: The crop.
    """
    target = image[crop.rows, crop.columns]
    blended = target.astype(np.float32)
    blended += crop.weights * (face.astype(np.float32) - blended)
    target[...] = np.floor(blended + np.float32(0.5))


@dataclasses.dataclass(frozen=True)
class _Span:
    """One axis of a crop: pixels `[start, stop)` around a face `[first, last)`."""

    start: int
    stop: int
    first: float
    last: float

    @classmethod
    def around(cls, first, length, half):
        center = first + length / 2.0
        # Rounded outward, so that the smallest faces keep a margin.
        start, stop = math.floor(center - half), math.ceil(center + half)
        return cls(start, stop, first, first + length)

    def contains_pixel(self, length):
        """Return whether the face itself, not only its margin, contains a pixel."""
        first, last = math.ceil(self.first - 0.5), math.floor(self.last - 0.5)
        return max(first, 0) <= min(last, length - 1)

    def within(self, length):
        return slice(max(0, self.start), min(length, self.stop))

    def weights(self, length):
        inside = self.within(length)
        centers = np.arange(inside.start, inside.stop, dtype=np.float32) + 0.5
        before = (self.first - centers) / (self.first - self.start)
        after = (centers - self.last) / (self.stop - self.last)
        distance = np.clip(np.maximum(before, after), 0.0, 1.0)
        # Smoothstep has slope 0 at both ends, so that no edge is visible there.
        weights = 1.0 - distance * distance * (3.0 - 2.0 * distance)
        return weights.astype(np.float32)
