"""The PatchGAN discriminator: one logit per image patch."""

import keras
from keras import layers

from animegan_tf.models.arguments import check_counts
from animegan_tf.models.layers import SpectralNormConv2D


def build_patch_discriminator(
    image_shape=(None, None, 3),
    *,
    width=32,
    num_downsamples=2,
    spectral_norm=True,
    slope=0.2,
    from_logits=True,
    name="patch_discriminator",
) -> keras.Model:
    """Build AnimeGAN's PatchGAN discriminator: one realness logit per image patch.

    AnimeGAN's layout without its normalization layers: a logit depends on its patch
    alone, not on the rest of the image or of the batch.

    Args:
        image_shape: `(height, width, channels)`, with 1 channel for grayscale images;
            `None` accepts any size.
        width: Channels after the first convolution, at least 1.
        num_downsamples: Number of stride-2 convolutions, at least 1; each is followed
            by a convolution that doubles the channels.
        spectral_norm: Whether to divide every kernel by its largest singular value.
        slope: Negative slope of the leaky ReLU.
        from_logits: Whether the outputs are unbounded logits; otherwise they are
            probabilities of being real, in [0, 1].
        name: Name of the model.

    Returns:
        A `keras.Model` from float images in [-1, 1],
        `(batch, height, width, channels)`, to float32 logits or probabilities,
        `(batch, ceil(height / 4), ceil(width / 4), 1)` at the default, each of a patch
        of 37x37 pixels.

    Raises:
        ValueError: If `width` or `num_downsamples` is less than 1.

    Reference: Isola et al., 2017, https://arxiv.org/abs/1611.07004 (PatchGAN); Chen et
    al., 2019, https://github.com/TachibanaYoshino/AnimeGAN (the layout).
    """
    check_counts(width=width, num_downsamples=num_downsamples)
    convolution = SpectralNormConv2D if spectral_norm else layers.Conv2D

    def convolve(x, filters, layer_name, strides=1):
        x = convolution(filters, 3, strides=strides, padding="same", name=layer_name)(x)
        return layers.LeakyReLU(slope, name=f"{layer_name}_act")(x)

    image = keras.Input(image_shape, name="image")
    x = convolve(image, width, "stem")
    for level in range(1, num_downsamples + 1):
        x = convolve(x, width * 2**level, f"level{level}_down", strides=2)
        x = convolve(x, width * 2 ** (level + 1), f"level{level}_widen")
    x = convolve(x, width * 2 ** (num_downsamples + 1), "last")
    # float32 keeps the loss exact under mixed precision.
    outputs = convolution(1, 3, padding="same", dtype="float32", name="logits")(x)
    if not from_logits:
        sigmoid = layers.Activation("sigmoid", dtype="float32", name="probabilities")
        outputs = sigmoid(outputs)
    return keras.Model(image, outputs, name=name)
