"""Pixel losses and differentiable color conversions.

Images are float NHWC RGB in [-1, 1]; losses are unweighted float32 scalars >= 0.
"""

import numpy as np
from keras import ops

from animegan_tf.imaging.color.lab import RGB_TO_WHITE_XYZ, XYZ_TO_LAB

_GRAY_WEIGHTS = np.array([[0.299], [0.587], [0.114]], dtype="float32")
_RGB_TO_YUV = np.array(
    [
        [0.299, -0.14714119, 0.61497538],
        [0.587, -0.28886916, -0.51496512],
        [0.114, 0.43601035, -0.10001026],
    ],
    dtype="float32",
)
_LAB_TO_XYZ = np.linalg.inv(XYZ_TO_LAB).astype("float32")
_WHITE_XYZ_TO_RGB = np.linalg.inv(RGB_TO_WHITE_XYZ).astype("float32")


def l1_loss(x, y):
    """Compute the mean absolute difference, mean(|x - y|).

    Args:
        x: Tensor of any shape.
        y: Tensor of the same shape.

    Returns:
        A float32 scalar.
    """
    return ops.mean(ops.abs(_float32(x) - _float32(y)))


def gradient_loss(x, y):
    """Compute the L1 distance of image gradients, mean|dh(x - y)| + mean|dw(x - y)|.

    Args:
        x: Images, `(batch, height, width, channels)`, at least 2x2 pixels.
        y: Images of the same shape.

    Returns:
        A float32 scalar; it is 0 for a constant shift of brightness or color.
    """
    vertical, horizontal = _differences(_float32(x) - _float32(y))
    return ops.mean(ops.abs(vertical)) + ops.mean(ops.abs(horizontal))


def total_variation_loss(x):
    """Compute the total variation loss, (mean(dh^2) + mean(dw^2)) / 2.

    Args:
        x: Images, `(batch, height, width, channels)`, at least 2x2 pixels.

    Returns:
        A float32 scalar.

    Reference: Johnson et al., 2016, https://arxiv.org/abs/1603.08155, per pixel.
    """
    vertical, horizontal = _differences(_float32(x))
    return 0.5 * (ops.mean(ops.square(vertical)) + ops.mean(ops.square(horizontal)))


def color_yuv_loss(x, y):
    """Compute the color distance in YUV: L1 of Y plus Huber loss (delta 1) of U and V.

    Args:
        x: RGB images in [-1, 1], `(batch, height, width, 3)`.
        y: Images of the same shape.

    Returns:
        A float32 scalar.

    Reference: Chen et al., 2020 (AnimeGAN), color reconstruction loss.
    """
    difference = rgb_to_yuv(x) - rgb_to_yuv(y)
    luma = ops.mean(ops.abs(difference[..., 0]))
    # The sum of the means of two channels is twice their joint mean.
    return luma + 2.0 * ops.mean(_huber(difference[..., 1:]))


def color_lab_loss(x, y):
    """Compute the color distance in Lab, 2 L1(L / 100) + L1(a / 255) + L1(b / 255).

    Args:
        x: RGB images in [-1, 1], `(batch, height, width, 3)`.
        y: Images of the same shape.

    Returns:
        A float32 scalar.

    Reference: Liu et al., 2024 (AnimeGANv3), Lab color loss.
    """
    difference = ops.abs(rgb_to_lab(x) - rgb_to_lab(y))
    lightness = ops.mean(difference[..., 0]) / 100.0
    return 2.0 * lightness + 2.0 * ops.mean(difference[..., 1:]) / 255.0


def rgb_to_gray(images):
    """Convert RGB to luma, 0.299 R + 0.587 G + 0.114 B (Rec. 601).

    Args:
        images: RGB images in [-1, 1], `(..., 3)`.

    Returns:
        float32 in [-1, 1], `(..., 1)`.
    """
    return _mix_channels(_float32(images), _GRAY_WEIGHTS)


def rgb_to_yuv(images):
    """Convert RGB to YUV with the matrix of `tf.image.rgb_to_yuv`.

    Args:
        images: RGB images in [-1, 1], `(..., 3)`.

    Returns:
        float32 of the same shape: Y in [0, 1], U in [-0.436, 0.436], V in
        [-0.615, 0.615].
    """
    return _mix_channels((_float32(images) + 1.0) / 2.0, _RGB_TO_YUV)


def rgb_to_lab(images):
    """Convert sRGB to CIE Lab (white point D65); gradients are finite everywhere.

    Args:
        images: RGB images in [-1, 1], `(..., 3)`.

    Returns:
        float32 of the same shape: L in [0, 100], a and b within about [-108, 99].
    """
    encoded = (_float32(images) + 1.0) / 2.0
    # The gradient of a power is NaN even in an unused branch, so its base is bounded.
    curved = ((ops.maximum(encoded, 0.04045) + 0.055) / 1.055) ** 2.4
    linear = ops.where(encoded > 0.04045, curved, encoded / 12.92)
    xyz = _mix_channels(linear, RGB_TO_WHITE_XYZ)
    knee = 6.0 / 29.0
    rooted = ops.maximum(xyz, knee**3) ** (1.0 / 3.0)
    response = ops.where(xyz > knee**3, rooted, xyz / (3.0 * knee**2) + 4.0 / 29.0)
    offset = np.array([-16.0, 0.0, 0.0], dtype="float32")
    return _mix_channels(response, XYZ_TO_LAB) + offset


def lab_to_rgb(lab):
    """Convert CIE Lab (white point D65) to sRGB; the inverse of `rgb_to_lab`.

    Args:
        lab: float `(..., 3)`, L in [0, 100].

    Returns:
        float32 RGB of the same shape, in [-1, 1] for colors within sRGB.
    """
    offset = np.array([16.0, 0.0, 0.0], dtype="float32")
    response = _mix_channels(_float32(lab) + offset, _LAB_TO_XYZ)
    knee = 6.0 / 29.0
    cubed = ops.maximum(response, knee) ** 3.0
    xyz = ops.where(response > knee, cubed, 3.0 * knee**2 * (response - 4.0 / 29.0))
    linear = _mix_channels(xyz, _WHITE_XYZ_TO_RGB)
    curved = 1.055 * ops.maximum(linear, 0.0031308) ** (1.0 / 2.4) - 0.055
    encoded = ops.where(linear > 0.0031308, curved, 12.92 * linear)
    return 2.0 * encoded - 1.0


def weighted_gray(images, weights):
    """Convert RGB to a gray of other weights than luma's, sum(w c) / sum(w).

    Args:
        images: RGB images in [-1, 1], `(..., 3)`.
        weights: Positive weights of red, green and blue, `(3,)`.

    Returns:
        float32 in [-1, 1], `(..., 1)`.

    Reference: Wang, Yu, 2020, White-box Cartoonization: with random weights, luma and
    color cannot be learned from it, but texture can (random color shift).
    """
    weights = _float32(weights)
    weights = weights / ops.sum(weights)
    return ops.sum(_float32(images) * weights, axis=-1, keepdims=True)


def _float32(tensor):
    return ops.cast(tensor, "float32")


def _mix_channels(images, matrix):
    return ops.tensordot(images, ops.convert_to_tensor(matrix), axes=1)


def _differences(images):
    vertical = images[:, 1:, :, :] - images[:, :-1, :, :]
    horizontal = images[:, :, 1:, :] - images[:, :, :-1, :]
    return vertical, horizontal


def _huber(difference):
    size = ops.abs(difference)
    return ops.where(size <= 1.0, 0.5 * ops.square(size), size - 0.5)
