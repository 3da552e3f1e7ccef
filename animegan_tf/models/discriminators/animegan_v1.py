"""AnimeGAN's discriminator: patches, with normalization and spectral normalization."""

import keras

from animegan_tf.models.arguments import check_choice, check_counts
from animegan_tf.models.layers.conv_block import ConvBlock

_NORMALIZATIONS = ("instance", "layer")


def build_animegan_v1_discriminator(
    image_shape=(None, None, 3),
    *,
    width=32,
    num_downsamples=2,
    normalization="instance",
    spectral_norm=True,
    epsilon=1e-5,
    name="animegan_v1_discriminator",
) -> keras.Model:
    """Build AnimeGAN's discriminator: one realness logit per image patch.

    The normalizations depend on the whole image; `"patch"` is this network without
    them. Convolutions pad with zeros, strided ones at the top and left.

    Args:
        image_shape: `(height, width, channels)`; `None` accepts any size.
        width: Channels after the first convolution, at least 1; 32 gives the published
            network with 1,128,800 parameters.
        num_downsamples: Number of stride-2 convolutions, at least 1; each is followed
            by a convolution that doubles the channels.
        normalization: `"instance"` or `"layer"`, over height, width and channels
            jointly; both with a scale and a shift per channel.
        spectral_norm: Whether to divide every kernel by its largest singular value.
        epsilon: Added to the variances.
        name: Name of the model.

    Returns:
        A `keras.Model` from float images in [-1, 1],
        `(batch, height, width, channels)`, to unbounded float32 logits,
        `(batch, height / 4, width / 4, 1)` at the default, each of a patch of 37x37
        pixels.

    Raises:
        ValueError: If an argument is out of range.

    Reference: Chen, Liu, Chen, 2019, AnimeGAN,
    https://github.com/TachibanaYoshino/AnimeGAN.
    """
    check_counts(width=width, num_downsamples=num_downsamples)
    check_choice(_NORMALIZATIONS, normalization=normalization)
    conv = ConvBlock(
        "zeros_start",
        normalization=normalization,
        epsilon=epsilon,
        initializer=keras.initializers.RandomNormal(stddev=0.02),
        spectral_norm=spectral_norm,
    )
    image = keras.Input(image_shape, name="image")
    x = conv.activate(conv.convolve(image, width, "stem"), "stem")
    for level in range(1, num_downsamples + 1):
        down = f"level{level}_down"
        x = conv.convolve(x, width * 2**level, down, strides=2)
        x = conv.activate(x, down)
        x = conv(x, width * 2 ** (level + 1), f"level{level}_widen")
    x = conv(x, width * 2 ** (num_downsamples + 1), "last")
    logits = conv.convolve(x, 1, "logits", dtype="float32")
    return keras.Model(image, logits, name=name)
