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
# Sides of the kernels on the way up; an even one after a resize would be off centre.
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
    """Build pix2pix's U-Net: down to a small map and up again, joined at every size.

    Args:
        image_shape: `(height, width, channels)`, sizes multiples of
            `2**num_downsamples`; `None` accepts any such size.
        width: Channels at half size, at least 1; they double at each halving, up to 8
            times as many.
        num_downsamples: Number of halvings, at least 2. The published network for
            256x256 pixels has 8, and takes only multiples of 256.
        normalization: `"batch"`, `"instance"` or `"none"`.
        upsampling: `"transpose"` for the published transposed convolutions, `"resize"`
            for nearest neighbours and a convolution, which leave no checkerboard; short
            trainings with `"instance"` drew bright spots then.
        dropout: Share of the activations dropped in training, in [0, 1), in the three
            deepest levels on the way up.
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
    skips = _descend(photo, widths, normalization)
    x = layers.ReLU(name="bottom_act")(skips.pop())
    for index, skip in enumerate(reversed(skips)):
        block, filters = f"up{len(skips) - index}", skip.shape[-1]
        x = _ascend(x, filters, block, normalization, upsampling)
        if dropout and index < _NUM_DROPOUTS:
            x = layers.Dropout(dropout, name=f"{block}_dropout")(x)
        x = layers.Concatenate(name=f"{block}_join")([x, skip])
        x = layers.ReLU(name=f"{block}_act")(x)
    for layer in upsampling_layers(upsampling, 3, _SIZES[upsampling], "head"):
        x = layer(x)
    picture = layers.Activation("tanh", dtype="float32", name="picture")(x)
    return keras.Model(photo, picture, name=name)


def _descend(x, widths, normalization):
    """Halve the size again and again; return the maps, largest first."""
    maps = []
    for level, filters in enumerate(widths, start=1):
        if maps:
            x = layers.LeakyReLU(_SLOPE, name=f"down{level}_act")(x)
        # The picture itself has no statistics worth removing, and a map of a single
        # position would be normalized to nothing.
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


def _ascend(x, filters, name, normalization, upsampling):
    """Double the size, convolve and normalize."""
    use_bias = normalization == "none"
    size = _SIZES[upsampling]
    for layer in upsampling_layers(upsampling, filters, size, name, use_bias=use_bias):
        x = layer(x)
    return _normalize(x, name, normalization)


def _normalize(x, name, normalization):
    for layer in normalization_layers(normalization, f"{name}_norm"):
        x = layer(x)
    return x
