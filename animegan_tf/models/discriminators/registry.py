"""Discriminators by name."""

import keras
from keras import layers

from animegan_tf.models.arguments import (
    check_choice,
    check_counts,
    check_multiple,
    check_options,
)
from animegan_tf.models.discriminators.image import (
    build_conv_discriminator,
    build_dcgan_discriminator,
    build_dense_discriminator,
)
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

    AnimeGAN's layout without its normalization layers: nothing mixes the patches of a
    picture or the pictures of a batch, so a logit depends on its patch alone.

    Args:
        image_shape: `(height, width, channels)`, with 1 channel for grey pictures;
            `None` accepts any size.
        width: Channels after the first convolution, at least 1.
        num_downsamples: Number of stride-2 convolutions, at least 1; each is followed
            by a convolution that doubles the channels.
        spectral_norm: Whether to divide every kernel by its largest singular value.
        slope: Slope of the leaky ReLU below 0.
        from_logits: Whether the verdicts are unbounded logits; else they are the
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
    verdict = convolution(1, 3, padding="same", dtype="float32", name="logits")(x)
    if not from_logits:
        verdict = layers.Activation("sigmoid", dtype="float32", name="probabilities")(
            verdict
        )
    return keras.Model(image, verdict, name=name)


DISCRIMINATORS = {
    "conv": build_conv_discriminator,
    "dcgan": build_dcgan_discriminator,
    "dense": build_dense_discriminator,
    "patch": build_patch_discriminator,
}


def build_discriminator(
    name: str = "patch", image_shape=None, **options
) -> keras.Model:
    """Build a discriminator.

    Args:
        name: Key of `DISCRIMINATORS`.
        image_shape: `(height, width, channels)`; sizes of `None` accept any, where the
            discriminator can. `None` as a whole leaves the factory's default.
        **options: Keyword arguments of that discriminator's factory.

    Returns:
        A `keras.Model` from float images in [-1, 1] to unbounded float32 logits, or
        with `from_logits=False` to probabilities; see the factory for their shape.

    Raises:
        ValueError: If `name` is unknown, or the factory refuses an option.
    """
    check_choice(DISCRIMINATORS, name=name)
    check_options(DISCRIMINATORS[name], options)
    if image_shape is not None:
        options = {"image_shape": image_shape, **options}
        check_multiple(image_shape, 1)
    return DISCRIMINATORS[name](**options)
