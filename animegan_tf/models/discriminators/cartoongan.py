"""CartoonGAN's discriminator: patches, with batch or instance normalization."""

import keras

from animegan_tf.models.arguments import check_choice, check_counts
from animegan_tf.models.layers.conv_block import ConvBlock

_NORMALIZATIONS = ("batch", "instance")


def build_cartoongan_discriminator(
    image_shape=(None, None, 3),
    *,
    width=32,
    num_downsamples=2,
    normalization="batch",
    name="cartoongan_discriminator",
) -> keras.Model:
    """Build CartoonGAN's discriminator: one realness logit per image patch.

    Convolutions pad by reflection, strided ones at the top and left; the last two do
    not pad.

    Args:
        image_shape: `(height, width, channels)`; `None` accepts any size of at least
            20.
        width: Channels after the first convolution, at least 1; 32 gives the paper's
            network with 1,129,665 trainable parameters.
        num_downsamples: Number of stride-2 convolutions, at least 1; each is followed
            by a convolution that doubles the channels.
        normalization: `"batch"` or `"instance"`, with a scale and a shift per channel.
        name: Name of the model.

    Returns:
        A `keras.Model` from float images in [-1, 1],
        `(batch, height, width, channels)`, to unbounded float32 logits,
        `(batch, height / 4 - 4, width / 4 - 4, 1)` at the default, each of a patch of
        37x37 pixels.

    Raises:
        ValueError: If an argument is out of range.

    Reference: Chen, Lai, Liu, 2018, CartoonGAN: Generative Adversarial Networks for
    Photo Cartoonization, CVPR.
    """
    check_counts(width=width, num_downsamples=num_downsamples)
    check_choice(_NORMALIZATIONS, normalization=normalization)
    conv = ConvBlock("reflect_start", normalization=normalization, use_bias=True)
    inner = ConvBlock("none", normalization=normalization, use_bias=True)
    image = keras.Input(image_shape, name="image")
    x = conv.activate(conv.convolve(image, width, "stem"), "stem")
    for level in range(1, num_downsamples + 1):
        down = f"level{level}_down"
        x = conv.convolve(x, width * 2**level, down, strides=2)
        x = conv.activate(x, down)
        x = conv(x, width * 2 ** (level + 1), f"level{level}_widen")
    x = inner(x, width * 2 ** (num_downsamples + 1), "last")
    logits = inner.convolve(x, 1, "logits", dtype="float32")
    return keras.Model(image, logits, name=name)
