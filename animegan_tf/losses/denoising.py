"""Denoising that keeps edges: non-local means, and L0 gradient minimization.

Both run on the device of the images, so that targets can be made of generated images in
every training step.
"""

import math

import numpy as np
from keras import ops

from animegan_tf.losses.pixel import lab_to_rgb, rgb_to_lab

# Lab as 8-bit files hold it: L in [0, 255].
_LEVELS = np.array([255.0 / 100.0, 1.0, 1.0], dtype="float32")
_LARGEST_BETA = 1e5


def non_local_means(
    images,
    *,
    luma_strength: float = 5.0,
    chroma_strength: float = 6.0,
    patch: int = 5,
    window: int = 7,
):
    """Average pixels over those around them whose patches look alike.

    A neighbor at distance d counts exp(-d / strength^2), where d is the mean squared
    difference of the patches around both; L of Lab and its a and b are averaged apart.

    Args:
        images: RGB images in [-1, 1], `(batch, height, width, 3)`, with sides of more
            than `(patch + window) // 2 - 1` pixels.
        luma_strength: Differences of L, in levels of [0, 255], that count as noise.
        chroma_strength: Differences of a and b that count as noise.
        patch: Side of the patches that are compared, in pixels, odd.
        window: Side of the square of neighbors, in pixels, odd.

    Returns:
        float32 images of the same shape, in [-1, 1]; no gradient passes.

    Raises:
        ValueError: If `patch` or `window` is even.

    Reference: Buades et al., 2011, https://doi.org/10.5201/ipol.2011.bcm_nlm.
    """
    for name, value in (("patch", patch), ("window", window)):
        if value < 1 or value % 2 == 0:
            raise ValueError(
                f"`{name}` must be odd and at least 1. Received: {name}={value}"
            )
    height, width = images.shape[1:3]
    images = ops.clip(ops.cast(ops.stop_gradient(images), "float32"), -1.0, 1.0)
    levels = rgb_to_lab(images) * ops.convert_to_tensor(_LEVELS)
    reach, margin = window // 2, patch // 2
    pad = reach + margin
    padded = ops.pad(levels, ((0, 0), (pad, pad), (pad, pad), (0, 0)), "reflect")
    shape = (ops.shape(images)[0], height + 2 * margin, width + 2 * margin, 3)
    center = ops.slice(padded, (0, reach, reach, 0), shape)
    strengths = np.array([luma_strength, chroma_strength], dtype="float32")
    # Per channel of Lab: its weight in the two distances, luma's and chroma's.
    to_distances = np.array([[1.0, 0.0], [0.0, 0.5], [0.0, 0.5]], dtype="float32")
    to_distances = ops.convert_to_tensor(to_distances / strengths**2)

    def add_neighbors(index, sums):
        total, norm = sums
        # The neighbors at one offset, with a margin for their patches.
        start = (0, index // window, index % window, 0)
        other = ops.slice(padded, start, shape)
        distance = ops.tensordot(ops.square(other - center), to_distances, axes=1)
        weight = ops.exp(-_patch_means(distance, patch))
        weight = ops.concatenate([weight, weight[..., 1:]], axis=-1)
        inner = other[:, margin : margin + height, margin : margin + width]
        return total + weight * inner, norm + weight

    # A loop, since tracing 49 copies takes longer than many steps.
    zeros = ops.zeros_like(levels)
    total, norm = ops.fori_loop(0, window**2, add_neighbors, (zeros, zeros))
    # The pixel itself has weight 1, so no norm is 0.
    levels = total / norm / ops.convert_to_tensor(_LEVELS)
    return ops.stop_gradient(ops.clip(lab_to_rgb(levels), -1.0, 1.0))


def _patch_means(x, size: int):
    """Average over all squares of pixels within the images."""
    height, width = (length - size + 1 for length in x.shape[1:3])
    # Sums of slices take a fraction of the time of pooling few channels on a CPU.
    rows = sum(x[:, k : k + height] for k in range(size))
    return sum(rows[:, :, k : k + width] for k in range(size)) / size**2


def l0_smoothing(images, smoothness: float = 0.005, *, growth: float = 2.0):
    """Flatten images while keeping their strongest edges (L0 gradient minimization).

    Minimizes sum (S - I)^2 + smoothness * (number of pixels with a gradient) by
    alternating a threshold on the gradients, which takes the image as periodic, with a
    least-squares fit in the Fourier domain, at a coupling that grows up to 1e5.

    Args:
        images: Images in [-1, 1], `(batch, height, width, channels)`, with a known
            height and width.
        smoothness: Price of a pixel with a gradient, for images in [0, 1], positive.
        growth: Factor of the coupling per iteration, greater than 1.

    Returns:
        float32 images of the same shape, in [-1, 1]; no gradient passes.

    Raises:
        ValueError: If an argument is out of range.

    Reference: Xu et al., 2011, https://doi.org/10.1145/2070781.2024208.
    """
    if smoothness <= 0.0 or growth <= 1.0:
        raise ValueError(
            "`smoothness` must be positive and `growth` greater than 1. Received: "
            f"smoothness={smoothness}, growth={growth}"
        )
    height, width = images.shape[1:3]
    images = ops.cast(ops.stop_gradient(images), "float32")
    # The Fourier transforms are over the last two axes.
    smooth = ops.transpose((images + 1.0) / 2.0, (0, 3, 1, 2))
    # Squared absolute value of the transformed differences [1, -1] along both axes.
    power = ops.convert_to_tensor(
        (
            4.0
            - 2.0 * np.cos(2.0 * np.pi * np.arange(height) / height)[:, None]
            - 2.0 * np.cos(2.0 * np.pi * np.arange(width) / width)[None, :]
        ).astype("float32")
    )
    real, imaginary = ops.fft2((smooth, ops.zeros_like(smooth)))
    # The differences sum to 0; their rounding error would be multiplied by beta.
    varies = ops.cast(power > 0.0, "float32")

    def improve(index, smooth):
        beta = 2.0 * smoothness * growth ** ops.cast(index, "float32")
        across = ops.roll(smooth, -1, axis=3) - smooth
        down = ops.roll(smooth, -1, axis=2) - smooth
        strength = ops.sum(ops.square(across) + ops.square(down), axis=1, keepdims=True)
        kept = ops.cast(strength >= smoothness / beta, "float32")
        across, down = kept * across, kept * down
        adjoint = ops.roll(across, 1, axis=3) - across
        adjoint = adjoint + ops.roll(down, 1, axis=2) - down
        more_real, more_imaginary = ops.fft2((adjoint, ops.zeros_like(adjoint)))
        divisor, beta = 1.0 + beta * power, beta * varies
        return ops.ifft2(
            (
                (real + beta * more_real) / divisor,
                (imaginary + beta * more_imaginary) / divisor,
            )
        )[0]

    num_iterations = math.ceil(math.log(_LARGEST_BETA / (2.0 * smoothness), growth))
    smooth = ops.fori_loop(0, num_iterations, improve, smooth)
    smooth = 2.0 * ops.transpose(smooth, (0, 2, 3, 1)) - 1.0
    return ops.stop_gradient(ops.clip(smooth, -1.0, 1.0))
