"""Change the proportions of faces to those of anime: larger eyes, a narrower chin."""

import dataclasses

import numpy as np

# Growth of the eyes (x, y) at strength 1: the relative shrinkage of the region that
# each pixel is sampled from.
_EYE_GROWTH = np.array([0.75 * 0.35, 0.35])
# Negative: the chin is narrowed.
_CHIN_GROWTH = np.array([-0.12, 0.0])
# Relative to the distance of the eyes, so that the two circles touch between them.
_EYE_RADIUS = 0.5
# Half the width of the chin's ellipse relative to the distance of the eyes, and half
# its height relative to the distance from the eyes to the mouth, where it begins.
_CHIN_RADII = (1.6, 0.65)
_NUM_LANDMARKS = 5
# Rows that are computed at once, which limits the memory.
_BAND = 256


def enlarge_eyes(
    image: np.ndarray, landmarks: np.ndarray, strength: float = 0.5
) -> np.ndarray:
    """Enlarge the eyes of faces and narrow their chins.

    A circle around each eye, with half the distance of the eyes as radius, is magnified
    smoothly, more in height than in width; an ellipse below the mouth is compressed
    sideways. Pixels outside are unchanged. It is meant for a photo before it is
    stylized, so that lines and shading are drawn around the new shapes.

    Args:
        image: uint8 or uint16 RGB, `(height, width, 3)`.
        landmarks: Five points (x, y) of each face in pixels, where the center of the
            top left pixel is (0, 0): the eyes, the tip of the nose, the corners of the
            mouth, `(num_faces, 5, 2)`. Either eye and either corner may come first.
            Points may lie outside the image.
        strength: In [0, 1]. At 1, what is shown in the center of an eye is sampled from
            0.74 of its width and 0.65 of its height.

    Returns:
        A new array of the same dtype and shape.

    Raises:
        ValueError: If an argument is out of range or has another shape or dtype.
    """
    image = np.asarray(image)
    if image.dtype not in (np.uint8, np.uint16) or image.shape[2:] != (3,):
        raise ValueError(
            "`image` must be uint8 or uint16 RGB of shape (height, width, 3). "
            f"Received: dtype {image.dtype}, shape {image.shape}"
        )
    if not 0.0 <= strength <= 1.0:
        raise ValueError(f"`strength` must be in [0, 1]. Received: strength={strength}")
    landmarks = np.asarray(landmarks, np.float64)
    landmarks = landmarks.reshape(0, 5, 2) if landmarks.size == 0 else landmarks
    if landmarks.shape[1:] != (_NUM_LANDMARKS, 2) or not np.isfinite(landmarks).all():
        raise ValueError(
            "`landmarks` must be finite and of shape (num_faces, 5, 2). "
            f"Received: shape {landmarks.shape}"
        )
    result = image.copy()
    if strength > 0.0:
        warps = [warp for face in landmarks for warp in _plan_warps(face, strength)]
        _apply_warps(image, warps, result)
    return result


@dataclasses.dataclass(frozen=True, eq=False)
class _Warp:
    """A change of scale inside an ellipse, which falls smoothly to 0 at its border.

    The pixel at q, relative to the center and in the ellipse's axes, is sampled from
    q (1 - growth w) with w = (1 - |q / radii|^2)^2. For a growth of at most 1 this
    keeps the order of the points, so nothing is folded; w has slope 0 at the border, so
    no seam is visible.
    """

    center: np.ndarray
    # The columns are the directions of the ellipse's axes, unit vectors (x, y).
    axes: np.ndarray
    radii: np.ndarray
    growth: np.ndarray

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the corners (x, y) of the bounding box."""
        reach = np.hypot(*(self.axes * self.radii).T)
        return self.center - reach, self.center + reach

    def displacement(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the offsets (x, y) from pixels to their samples, `(..., 2)`."""
        offset = np.stack([x - self.center[0], y - self.center[1]], axis=-1)
        inner = offset @ self.axes
        distance = np.minimum(((inner / self.radii) ** 2).sum(axis=-1), 1.0)
        weight = (1.0 - distance) ** 2
        return -(inner * self.growth * weight[..., np.newaxis]) @ self.axes.T


def _plan_warps(face, strength) -> list[_Warp]:
    """Place the ellipses of one face: two eyes and a chin."""
    eyes, mouth = face[:2], face[3:].mean(axis=0)
    across, down = eyes[1] - eyes[0], mouth - eyes.mean(axis=0)
    spacing, height = np.hypot(*across), np.hypot(*down)
    # A profile, or a face of less than two pixels, has no usable proportions.
    if min(spacing, height) < 1.0:
        return []
    level, upright = across / spacing, down / height
    eye_axes = np.stack([level, [-level[1], level[0]]], axis=1)
    chin_axes = np.stack([[upright[1], -upright[0]], upright], axis=1)
    chin_radii = np.array([_CHIN_RADII[0] * spacing, _CHIN_RADII[1] * height])
    eye_radii = np.full(2, _EYE_RADIUS * spacing)
    warps = [_Warp(eye, eye_axes, eye_radii, strength * _EYE_GROWTH) for eye in eyes]
    chin = mouth + _CHIN_RADII[1] * down
    return [*warps, _Warp(chin, chin_axes, chin_radii, strength * _CHIN_GROWTH)]


def _apply_warps(image, warps: list[_Warp], result) -> None:
    """Write the pixels that the warps move; where they overlap, offsets are added."""
    height, width = image.shape[:2]
    for start in range(0, height, _BAND):
        stop = min(start + _BAND, height)
        offset = np.zeros((stop - start, width, 2))
        for warp in warps:
            low, high = warp.bounds()
            top, bottom = _span(low[1], high[1], start, stop)
            left, right = _span(low[0], high[0], 0, width)
            y, x = np.mgrid[top:bottom, left:right]
            window = slice(top - start, bottom - start), slice(left, right)
            offset[window] += warp.displacement(x, y)
        y, x = np.nonzero(offset.any(axis=-1))
        moved = offset[y, x]
        y += start
        result[y, x] = _interpolate(image, x + moved[:, 0], y + moved[:, 1])


def _span(low, high, start, stop):
    """Return the range of the integers from `low` to `high` within [start, stop)."""
    first = int(np.clip(np.ceil(low), start, stop))
    return first, int(np.clip(np.floor(high) + 1, first, stop))


def _interpolate(image, x, y):
    """Interpolate at points with Catmull-Rom cubics; the border is replicated."""
    left, top = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    column_weights, row_weights = _cubic_weights(x - left), _cubic_weights(y - top)
    values = np.zeros((len(x), 3))
    for i in range(4):
        row = np.clip(top + i - 1, 0, image.shape[0] - 1)
        for j in range(4):
            column = np.clip(left + j - 1, 0, image.shape[1] - 1)
            weight = row_weights[i] * column_weights[j]
            values += weight[:, np.newaxis] * image[row, column]
    return np.clip(np.floor(values + 0.5), 0.0, np.iinfo(image.dtype).max)


def _cubic_weights(t):
    """Return the weights of the pixels at -1, 0, 1 and 2 for a point t in [0, 1]."""
    return (
        ((2.0 - t) * t - 1.0) * t / 2.0,
        ((3.0 * t - 5.0) * t * t + 2.0) / 2.0,
        ((4.0 - 3.0 * t) * t + 1.0) * t / 2.0,
        (t - 1.0) * t * t / 2.0,
    )
