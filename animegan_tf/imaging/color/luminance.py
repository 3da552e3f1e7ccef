"""Combine the luminance of one image with the chroma of another, without clipping.

Luminance is Y' of Y'UV (ITU-R BT.601), a weighted mean of the nonlinear levels; chroma
is the color minus its luminance.
"""

import numpy as np

LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
# Bounds the ratio of luminances where the photo is nearly black.
_DARKEST = np.float32(1.0 / 32.0)


def luma(colors: np.ndarray) -> np.ndarray:
    """Return the luminance in [0, 1], `(..., 1)`, of colors in [0, 1], `(..., 3)`."""
    return (colors @ LUMA)[..., np.newaxis]


def compose(luminance: np.ndarray, chroma: np.ndarray) -> np.ndarray:
    """Combine luminance and chroma, desaturating where a level would leave [0, 1].

    Args:
        luminance: `(..., 1)`, clipped to [0, 1].
        chroma: Colors minus their luminance, `(..., 3)`.

    Returns:
        float32 colors in [0, 1], `(..., 3)`, with exactly that luminance and hue.
    """
    luminance = np.clip(luminance, 0.0, 1.0)
    room = np.where(chroma > 0.0, 1.0 - luminance, luminance)
    magnitude = np.maximum(np.abs(chroma), np.float32(1e-9))
    share = np.minimum((room / magnitude).min(axis=-1, keepdims=True), 1.0)
    return np.clip(luminance + share * chroma, 0.0, 1.0)


def with_photo_chroma(photo: np.ndarray, stylized: np.ndarray) -> np.ndarray:
    """Give a stylized image the chroma of the photo; both in [0, 1], `(..., 3)`."""
    return compose(luma(stylized), photo - luma(photo))


def with_luma_gain(photo: np.ndarray, stylized: np.ndarray) -> np.ndarray:
    """Scale the chroma of the photo by the ratio of luminances; both as above.

    Saturation, the ratio between channels, stays that of the photo: where the stylized
    image is darker, chroma is smaller too, as in a shadow.
    """
    old, new = luma(photo), luma(stylized)
    return compose(new, (photo - old) * (new + _DARKEST) / (old + _DARKEST))


def shift_luma(colors: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """Add `shift`, `(..., 1)`, to the luminance of colors in [0, 1], `(..., 3)`."""
    own = luma(colors)
    return compose(own + shift, colors - own)
