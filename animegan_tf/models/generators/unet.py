"""pix2pix's U-Net generator."""

import keras
from keras import layers

from animegan_tf.models.arguments import (
    check_choice,
    check_counts,
    check_multiple,
    check_rate,
)
from animegan_tf.models.layers.blocks import (
    NORMALIZATIONS,
    UPSAMPLINGS,
    normalization_layers,
    upsampling_layers,
)

_SLOPE = 0.2
_NUM_DROPOUTS = 3
# Kernel sizes of the decoder; an even kernel after a resize would be off center.
_SIZES = {"transpose": 4, "resize": 3}


def build_unet_generator(
    image_shape=(None, None, 3),
    *,
    width=64,
    num_downsamples=4,
    normalization="batch",
    upsampling="transpose",
    dropout=0.5,
    name="unet_generator",
) -> keras.Model:
    """Build pix2pix's U-Net: an encoder and a decoder with skip connections.

    Args:
        image_shape: `(height, width, channels)`, sizes multiples of
            `2**num_downsamples`; `None` accepts any such size.
        width: Channels at half size, at least 1; they double at each halving, up to 8
            times as many.
        num_downsamples: Number of halvings, at least 2. The published network for
            256x256 pixels has 8, and takes only multiples of 256.
        normalization: `"batch"`, `"instance"` or `"none"`.
        upsampling: `"transpose"` for the published transposed convolutions, `"resize"`
            for nearest-neighbor upsampling and a convolution, without checkerboard
            artifacts; with `"instance"`, short trainings then showed bright spots.
        dropout: Dropout rate of the three deepest levels of the decoder, in [0, 1).
        name: Name of the model.

    Returns:
        A `keras.Model` from float images in [-1, 1],
        `(batch, height, width, channels)`, to float32 images in (-1, 1),
        `(batch, height, width, 3)`.

    Raises:
        ValueError: If an argument is out of range.

    Reference: Isola et al., 2017, https://arxiv.org/abs/1611.07004.
    """
    check_counts(width=width)
    check_choice(NORMALIZATIONS, normalization=normalization)
    check_choice(UPSAMPLINGS, upsampling=upsampling)
    if num_downsamples < 2:
        raise ValueError(
            "`num_downsamples` must be at least 2. "
            f"Received: num_downsamples={num_downsamples}"
        )
    check_rate(dropout=dropout)
    check_multiple(image_shape, 2**num_downsamples)
    widths = [width * min(2**level, 8) for level in range(num_downsamples)]
    photo = keras.Input(image_shape, name="photo")
    skips = _encode(photo, widths, normalization)
    x = layers.ReLU(name="bottom_act")(skips.pop())
    for index, skip in enumerate(reversed(skips)):
        block, filters = f"up{len(skips) - index}", skip.shape[-1]
        x = _decode(x, filters, block, normalization, upsampling)
        if dropout and index < _NUM_DROPOUTS:
            x = layers.Dropout(dropout, name=f"{block}_dropout")(x)
        x = layers.Concatenate(name=f"{block}_join")([x, skip])
        x = layers.ReLU(name=f"{block}_act")(x)
    for layer in upsampling_layers(upsampling, 3, _SIZES[upsampling], "head"):
        x = layer(x)
    image = layers.Activation("tanh", dtype="float32", name="picture")(x)
    return keras.Model(photo, image, name=name)


def _encode(x, widths, normalization):
    """Apply the encoder; return the feature maps of all sizes, largest first."""
    maps = []
    for level, filters in enumerate(widths, start=1):
        if maps:
            x = layers.LeakyReLU(_SLOPE, name=f"down{level}_act")(x)
        # As published, the first convolution has no normalization; and instance
        # normalization would turn the smallest map, if 1x1, into zeros.
        normalized = 1 < level < len(widths)
        kind = normalization if normalized else "none"
        x = layers.Conv2D(
            filters,
            4,
            strides=2,
            padding="same",
            use_bias=kind == "none",
            name=f"down{level}",
        )(x)
        x = _normalize(x, f"down{level}", kind)
        maps.append(x)
    return maps


def _decode(x, filters, name, normalization, upsampling):
    """Apply one level of the decoder: upsampling, convolution and normalization."""
    use_bias = normalization == "none"
    size = _SIZES[upsampling]
    for layer in upsampling_layers(upsampling, filters, size, name, use_bias=use_bias):
        x = layer(x)
    return _normalize(x, name, normalization)


def _normalize(x, name, normalization):
    for layer in normalization_layers(normalization, f"{name}_norm"):
        x = layer(x)
    return x
