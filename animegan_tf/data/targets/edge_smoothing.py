"""Edge smoothing of style images, as in CartoonGAN.

The discriminator learns to reject the results, and so to require crisp edges.
"""

import tensorflow as tf

DILATION = 5
# Rec. 601 luma weights.
_LUMINANCE = (0.299, 0.587, 0.114)
# Binomial 5-tap approximation of a Gaussian (sigma 1).
_GAUSSIAN = (1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16)


def luminance(images) -> tf.Tensor:
    """Compute Rec. 601 luminance in the range of the images.

    Args:
        images: Float tensor, `(..., 3)`, RGB.

    Returns:
        Tensor of the same dtype, `(..., 1)`.
    """
    red, green, blue = (images[..., channel, None] for channel in range(3))
    return _LUMINANCE[0] * red + _LUMINANCE[1] * green + _LUMINANCE[2] * blue


def smooth_edges(images, *, threshold: float = 150.0) -> tf.Tensor:
    """Blur images within two pixels of an edge; all other pixels stay exactly equal.

    An edge is where |dx| + |dy| of the luminance, by 3x3 Sobel filters, exceeds the
    threshold. It is dilated by a 5x5 square, where a 5x5 Gaussian is applied. A single
    threshold between Canny's two (100 and 200) replaces hysteresis.

    Args:
        images: Tensor `(height, width, channels)` or `(batch, height, width,
            channels)`, at least 3 pixels high and wide, with 1 or 3 channels, in
            [0, 255], uint8 or float32.
        threshold: Minimum Sobel response of an edge; a step of n levels gives 4 n.

    Returns:
        Tensor of the same shape, dtype and range.

    Raises:
        ValueError: If `images` has another rank or number of channels.

    Reference: Chen et al., 2018, CartoonGAN (edge-promoting loss); Chen et al., 2020,
    AnimeGAN.
    """
    images = tf.convert_to_tensor(images)
    if images.shape.rank not in (3, 4) or images.shape[-1] not in (1, 3):
        raise ValueError(
            "`images` must be (height, width, channels) or (batch, height, width, "
            f"channels) with 1 or 3 channels. Received: shape={images.shape}"
        )
    levels = tf.cast(images, tf.float32)
    gray = luminance(levels) if images.shape[-1] == 3 else levels
    near_edge = _dilate(_sobel_strength(gray) > threshold)
    blurred = _gaussian(levels)
    if images.dtype == tf.uint8:
        blurred = tf.cast(tf.floor(blurred + 0.5), tf.uint8)
    return tf.where(near_edge, blurred, images)


def _sobel_strength(gray: tf.Tensor) -> tf.Tensor:
    padded = _reflect(gray, 1)
    smooth_rows = _filter(padded, (1.0, 2.0, 1.0), vertical=True)
    smooth_columns = _filter(padded, (1.0, 2.0, 1.0), vertical=False)
    horizontal = _filter(smooth_rows, (-1.0, 0.0, 1.0), vertical=False)
    vertical = _filter(smooth_columns, (-1.0, 0.0, 1.0), vertical=True)
    return tf.abs(horizontal) + tf.abs(vertical)


def _gaussian(levels: tf.Tensor) -> tf.Tensor:
    padded = _reflect(levels, 2)
    return _filter(_filter(padded, _GAUSSIAN, vertical=True), _GAUSSIAN, vertical=False)


def _dilate(mask: tf.Tensor) -> tf.Tensor:
    radius = DILATION // 2
    padding = [[0, 0]] * (mask.shape.rank - 3) + [[radius, radius]] * 2 + [[0, 0]]
    mask = tf.pad(mask, padding)
    for vertical in (True, False):
        shifted = _shifts(mask, DILATION, vertical=vertical)
        mask = shifted[0]
        for other in shifted[1:]:
            mask = tf.logical_or(mask, other)
    return mask


def _reflect(levels: tf.Tensor, radius: int) -> tf.Tensor:
    padding = [[0, 0]] * (levels.shape.rank - 3) + [[radius, radius]] * 2 + [[0, 0]]
    # With reflection there is no gradient, and so no edge, across the border.
    return tf.pad(levels, padding, mode="REFLECT")


def _filter(levels: tf.Tensor, taps, *, vertical: bool) -> tf.Tensor:
    shifted = _shifts(levels, len(taps), vertical=vertical)
    return tf.add_n(
        [tap * part for tap, part in zip(taps, shifted, strict=True) if tap != 0.0]
    )


def _shifts(levels: tf.Tensor, num_taps: int, *, vertical: bool) -> list[tf.Tensor]:
    """Return the shifted views of a 1-D window along the rows or the columns."""
    axis = -3 if vertical else -2
    length = tf.shape(levels)[axis] - (num_taps - 1)
    if vertical:
        return [levels[..., k : k + length, :, :] for k in range(num_taps)]
    return [levels[..., k : k + length, :] for k in range(num_taps)]
