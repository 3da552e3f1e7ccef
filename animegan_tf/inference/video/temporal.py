"""Calm a stylized film where its source stands still."""

import numpy as np
from PIL import Image

# Levels of 255: mean change of a neighbourhood up to which it counts as noise, and
# from which it counts as motion.
_STILL, _MOVING = 4.0, 10.0
_BLOCK = 4
# Even the strongest setting lets a tenth of the new frame through, so that slow
# changes arrive.
_MAX_KEPT = 0.9


class TemporalSmoother:
    """Mix each stylized frame with the earlier ones where the photo barely changed.

    Photos are compared with a running mean made by the same mixing, not with the last
    frame alone: a slow drift adds up there, and is let through before it leaves ghosts.

    Args:
        strength: 0 leaves every frame as it is, 1 keeps most of the earlier ones.

    Raises:
        ValueError: If the strength is out of range.
    """

    def __init__(self, strength: float):
        if not 0.0 <= strength <= 1.0:
            raise ValueError(
                f"`strength` must be in [0, 1]. Received: strength={strength}"
            )
        self._kept = _MAX_KEPT * strength
        # Means of the photos and of the results, to be saved and set again.
        self.state: dict[str, np.ndarray] = {}

    def __call__(self, photo: np.ndarray, stylized: np.ndarray) -> np.ndarray:
        """Smooth the next frame.

        Args:
            photo: uint8 RGB, `(height, width, 3)`.
            stylized: uint8 RGB of the same shape.

        Returns:
            uint8 RGB of the same shape.
        """
        if self._kept == 0.0:
            return stylized
        new_photo, new = photo.astype(np.float32), stylized.astype(np.float32)
        if self.state and self.state["photo"].shape == photo.shape:
            old_photo, old = self.state["photo"], self.state["stylized"]
            kept = self._kept * _stillness(new_photo, old_photo)
            new_photo += kept * (old_photo - new_photo)
            new += kept * (old - new)
        self.state = {"photo": new_photo, "stylized": new}
        return np.floor(new + 0.5).astype(np.uint8)


def _stillness(photo, reference):
    """Measure where nothing moved: 1 still, 0 moving, soft between, `(h, w, 1)`."""
    change = np.abs(photo - reference).mean(axis=-1)
    height, width = change.shape
    padding = ((0, -height % _BLOCK), (0, -width % _BLOCK))
    blocks = np.pad(change, padding, mode="edge")
    rows, columns = (side // _BLOCK for side in blocks.shape)
    means = blocks.reshape(rows, _BLOCK, columns, _BLOCK).mean(axis=(1, 3))
    still = np.clip((_MOVING - _blur(means)) / (_MOVING - _STILL), 0.0, 1.0)
    size = (columns * _BLOCK, rows * _BLOCK)
    soft = Image.fromarray(still).resize(size, Image.Resampling.BILINEAR)
    return np.asarray(soft)[:height, :width, np.newaxis]


def _blur(values):
    """Average over three by three neighbours; a moving edge warns those beside it."""
    padded = np.pad(values, 1, mode="edge")
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    return (rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) / np.float32(9.0)
