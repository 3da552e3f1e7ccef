"""AnimeGANv3's discriminator: patches, with adaptive normalization."""

import keras

from animegan_tf.models.arguments import check_counts
from animegan_tf.models.layers.conv_block import ConvBlock


def build_animegan_v3_discriminator(
    image_shape=(None, None, 3),
    *,
    width=32,
    num_downsamples=3,
    spectral_norm=True,
    name="animegan_v3_discriminator",
) -> keras.Model:
    """Build AnimeGANv3's discriminator: one realness logit per image patch.

    AnimeGANv3 trains two of them: one of grayscale images of the support tail, one of
    images of the main tail. Linearly adaptive denormalizations (LADE) depend on the
    whole image. Convolutions pad by reflection, strided ones at the top and left.

    Args:
        image_shape: `(height, width, channels)`; `None` accepts any size.
        width: Channels after the first convolution, at least 1; 32 gives the published
            network with 693,088 parameters.
        num_downsamples: Number of stride-2 convolutions, at least 1; each is followed
            by a convolution that doubles the channels.
        spectral_norm: Whether to divide every kernel by its largest singular value.
        name: Name of the model.

    Returns:
        A `keras.Model` from float images in [-1, 1],
        `(batch, height, width, channels)`, to unbounded float32 logits,
        `(batch, height / 8, width / 8, 1)` at the default, each of a patch of 49x49
        pixels.

    Raises:
        ValueError: If `width` or `num_downsamples` is less than 1.

    Reference: Liu, Chen, AnimeGANv3, https://github.com/TachibanaYoshino/AnimeGANv3.
    """
    check_counts(width=width, num_downsamples=num_downsamples)
    conv = ConvBlock("reflect_start", normalization="lade", spectral_norm=spectral_norm)
    image = keras.Input(image_shape, name="image")
    x = conv.activate(conv.convolve(image, width, "stem", size=7), "stem")
    for level in range(1, num_downsamples + 1):
        x = conv(x, width * 2 ** (level - 1), f"level{level}_down", strides=2)
        x = conv(x, width * 2**level, f"level{level}_widen")
    logits = conv.convolve(x, 1, "logits", size=1, dtype="float32")
    return keras.Model(image, logits, name=name)
