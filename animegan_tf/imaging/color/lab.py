"""CIE Lab of uint8 images, in NumPy, with the D65 white point.

`animegan_tf.losses.pixel` has the differentiable version, with the same constants.
"""

import numpy as np

# Linear sRGB to XYZ (IEC 61966-2-1), transposed. The columns are divided by the D65
# white point (2 degree observer), so that white is (1, 1, 1).
_RGB_TO_XYZ = np.array(
    [
        [0.412453, 0.212671, 0.019334],
        [0.357580, 0.715160, 0.119193],
        [0.180423, 0.072169, 0.950227],
    ]
)
RGB_TO_WHITE_XYZ = (_RGB_TO_XYZ / [0.95047, 1.0, 1.08883]).astype(np.float32)
XYZ_TO_LAB = np.array(
    [[0.0, 500.0, 0.0], [116.0, -500.0, 200.0], [0.0, 0.0, -200.0]], dtype=np.float32
)
_WHITE_XYZ_TO_RGB = np.linalg.inv(RGB_TO_WHITE_XYZ.astype(np.float64)).astype(
    np.float32
)
_KNEE = 6.0 / 29.0
_LEVELS = np.arange(256) / 255.0
_LINEAR_LEVELS = np.where(
    _LEVELS > 0.04045, ((_LEVELS + 0.055) / 1.055) ** 2.4, _LEVELS / 12.92
).astype(np.float32)
# Colors out of gamut by less than half a level of 255 round back into it. These are the
# bounds in linear light, so that checking a color needs no powers.
_DARKEST = np.float32(-0.5 / 255.0 / 12.92)
_BRIGHTEST = np.float32(((255.5 / 255.0 + 0.055) / 1.055) ** 2.4)


def rgb_to_lab(image: np.ndarray) -> np.ndarray:
    """Convert sRGB to CIE Lab.

    Args:
        image: uint8 sRGB in [0, 255], `(..., 3)`.

    Returns:
        float32 of the same shape: L in [0, 100], a and b in about [-108, 99].
    """
    xyz = _LINEAR_LEVELS[image] @ RGB_TO_WHITE_XYZ
    response = np.where(
        xyz > _KNEE**3, np.cbrt(xyz), xyz / (3.0 * _KNEE**2) + np.float32(4.0 / 29.0)
    )
    lab = response.astype(np.float32, copy=False) @ XYZ_TO_LAB
    lab[..., 0] -= 16.0
    return lab


def lab_to_rgb(lab: np.ndarray) -> np.ndarray:
    """Convert CIE Lab to sRGB.

    Colors outside the sRGB gamut are desaturated at constant lightness and hue until
    they fit. Clipping the channels instead would change both, differently from pixel to
    pixel.

    Args:
        lab: Float Lab, `(..., 3)`; L is clipped to [0, 100].

    Returns:
        uint8 sRGB in [0, 255] of the same shape.
    """
    lab = np.array(lab, dtype=np.float32)
    np.clip(lab[..., 0], 0.0, 100.0, out=lab[..., 0])
    linear = _to_linear(lab)
    outside = _is_outside(linear)
    if outside.any():
        linear[outside] = _to_linear(_desaturate(lab[outside]))
    curved = 1.055 * np.maximum(linear, 0.0031308) ** (1.0 / 2.4) - 0.055
    levels = 255.0 * np.where(linear > 0.0031308, curved, linear * 12.92)
    return np.clip(np.floor(levels + 0.5), 0.0, 255.0).astype(np.uint8)


def _desaturate(lab):
    """Scale (a, b) of out-of-gamut colors, `(count, 3)`, until they just fit."""
    low, high = np.zeros(len(lab), np.float32), np.ones(len(lab), np.float32)
    for _ in range(7):
        middle = (low + high) / 2.0
        outside = _is_outside(_to_linear(_scale_chroma(lab, middle)))
        low, high = np.where(outside, low, middle), np.where(outside, middle, high)
    return _scale_chroma(lab, low)


def _scale_chroma(lab, scale):
    return np.concatenate([lab[:, :1], lab[:, 1:] * scale[:, np.newaxis]], axis=1)


def _is_outside(linear):
    return ((linear < _DARKEST) | (linear > _BRIGHTEST)).any(axis=-1)


def _to_linear(lab):
    """Convert to linear sRGB, outside [0, 1] for out-of-gamut colors."""
    response = np.empty_like(lab)
    response[..., 1] = (lab[..., 0] + 16.0) / 116.0
    response[..., 0] = response[..., 1] + lab[..., 1] / 500.0
    response[..., 2] = response[..., 1] - lab[..., 2] / 200.0
    line = (response - np.float32(4.0 / 29.0)) * np.float32(3.0 * _KNEE**2)
    xyz = np.where(response > _KNEE, response * response * response, line)
    return xyz @ _WHITE_XYZ_TO_RGB
