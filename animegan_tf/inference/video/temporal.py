"""Reduce flicker in static regions of a stylized video."""

import numpy as np
from PIL import Image

# Mean change of a neighborhood, in levels of 255: up to the first it counts as noise,
# from the second on as motion.
_STATIC, _MOVING = 4.0, 10.0
_BLOCK = 4
# Even at strength 1, a tenth of the new frame is mixed in, so that slow changes show.
_MAX_KEPT = 0.9


class TemporalSmoother:
    """Mix each stylized frame with earlier ones where the source barely changes.

    Source frames are compared with a running mean that is mixed in the same way, not
    with the previous frame alone: a slow drift accumulates in the difference and is let
    through before it leaves ghosts.

    Args:
        strength: 0 leaves every frame unchanged, 1 keeps most of the earlier frames.

    Attributes:
        state: Running means of the source and the stylized frames; empty before the
            first frame. It may be saved, and set to resume.

    Raises:
        ValueError: If `strength` is out of range.
    """

    def __init__(self, strength: float):
        if not 0.0 <= strength <= 1.0:
            raise ValueError(
                f"`strength` must be in [0, 1]. Received: strength={strength}"
            )
        self._kept = _MAX_KEPT * strength
        self.state: dict[str, np.ndarray] = {}

    def __call__(self, photo: np.ndarray, stylized: np.ndarray) -> np.ndarray:
        """Smooth the next frame.

        Args:
            photo: Source frame, uint8 RGB, `(height, width, 3)`.
            stylized: Stylized frame, uint8 RGB of the same shape.

        Returns:
            uint8 RGB of the same shape.
        """
        if self._kept == 0.0:
            return stylized
        new_photo, new = photo.astype(np.float32), stylized.astype(np.float32)
        if self.state and self.state["photo"].shape == photo.shape:
            old_photo, old = self.state["photo"], self.state["stylized"]
            kept = self._kept * _static_mask(new_photo, old_photo)
            new_photo += kept * (old_photo - new_photo)
            new += kept * (old - new)
        self.state = {"photo": new_photo, "stylized": new}
        return np.floor(new + 0.5).astype(np.uint8)


def _static_mask(photo, reference):
    """Return a soft mask `(height, width, 1)`: 1 where static, 0 where moving."""
    change = np.abs(photo - reference).mean(axis=-1)
    height, width = change.shape
    padding = ((0, -height % _BLOCK), (0, -width % _BLOCK))
    blocks = np.pad(change, padding, mode="edge")
    rows, columns = (side // _BLOCK for side in blocks.shape)
    means = blocks.reshape(rows, _BLOCK, columns, _BLOCK).mean(axis=(1, 3))
    # The blur spreads motion, so that blocks beside a moving edge count as moving too.
    mask = np.clip((_MOVING - _box_blur(means)) / (_MOVING - _STATIC), 0.0, 1.0)
    size = (columns * _BLOCK, rows * _BLOCK)
    soft = Image.fromarray(mask).resize(size, Image.Resampling.BILINEAR)
    return np.asarray(soft)[:height, :width, np.newaxis]


def _box_blur(values):
    """Average over 3x3 neighbors."""
    padded = np.pad(values, 1, mode="edge")
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    return (rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) / np.float32(9.0)
