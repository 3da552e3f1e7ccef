"""White-box Cartoonization's discriminator: patches, without normalization."""

import keras

from animegan_tf.models.arguments import check_counts
from animegan_tf.models.layers.conv_block import ConvBlock


def build_white_box_discriminator(
    image_shape=(None, None, 3),
    *,
    width=32,
    num_downsamples=3,
    spectral_norm=True,
    name="white_box_discriminator",
) -> keras.Model:
    """Build White-box Cartoonization's discriminator: one realness logit per patch.

    White-box Cartoonization trains two of them: one of smoothed images, their surface,
    and one of images with random color shifts, their texture. Convolutions pad with
    zeros.

    Args:
        image_shape: `(height, width, channels)`, with 1 channel for grayscale images;
            `None` accepts any size.
        width: Channels of the first level, at least 1; they double at each level. 32
            gives the published network, with 286,561 parameters for grayscale images
            and 287,137 for images of 3 channels.
        num_downsamples: Number of levels, of a stride-2 and a further convolution.
        spectral_norm: Whether to divide every kernel by its largest singular value.
        name: Name of the model.

    Returns:
        A `keras.Model` from float images in [-1, 1],
        `(batch, height, width, channels)`, to unbounded float32 logits,
        `(batch, ceil(height / 8), ceil(width / 8), 1)` at the default, each of a patch
        of 43x43 pixels.

    Raises:
        ValueError: If `width` or `num_downsamples` is less than 1.

    Reference: Wang, Yu, 2020, Learning to Cartoonize Using White-box Cartoon
    Representations, https://github.com/SystemErrorWang/White-box-Cartoonization.
    """
    check_counts(width=width, num_downsamples=num_downsamples)
    conv = ConvBlock("zeros_same", use_bias=True, spectral_norm=spectral_norm)
    image = keras.Input(image_shape, name="image")
    x = image
    for level in range(1, num_downsamples + 1):
        filters = width * 2 ** (level - 1)
        x = conv(x, filters, f"level{level}_down", strides=2)
        x = conv(x, filters, f"level{level}_conv")
    logits = conv.convolve(x, 1, "logits", size=1, dtype="float32")
    return keras.Model(image, logits, name=name)
