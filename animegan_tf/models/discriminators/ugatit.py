"""U-GAT-IT's discriminators, local and global, with class activation maps."""

import keras

from animegan_tf.models.arguments import check_counts
from animegan_tf.models.layers import ClassActivationMap
from animegan_tf.models.layers.conv_block import ConvBlock


def build_ugatit_discriminator(
    image_shape=(None, None, 3),
    *,
    width=64,
    num_layers=6,
    spectral_norm=True,
    name="ugatit_discriminator",
) -> keras.Model:
    """Build U-GAT-IT's two discriminators as one model.

    The global one has two stride-2 convolutions more than the local one. Both weight
    their features by a class activation map, whose two logits are outputs too: the
    adversarial loss applies to all of them. Convolutions pad by reflection.

    Args:
        image_shape: `(height, width, channels)`; `None` accepts any size of at least
            96 with 6 layers.
        width: Channels after the first convolution, at least 1; doubled by each of the
            following.
        num_layers: Number of convolutions of the global discriminator before its map;
            all but the last have stride 2. At least 4.
        spectral_norm: Whether kernels, except of the 1x1 convolutions, are divided by
            their largest singular value.
        name: Name of the model.

    Returns:
        A `keras.Model` from float images in [-1, 1],
        `(batch, height, width, channels)`, to a list of unbounded float32 logits: of
        the local discriminator, `(batch, height / 8, width / 8, 1)` with 6 layers, each
        of a patch of 70x70 pixels before the map; of the global one,
        `(batch, height / 32, width / 32, 1)`; and of the local and the global map,
        `(batch, 2)`.

    Raises:
        ValueError: If `width` is less than 1 or `num_layers` less than 4.

    Reference: Kim et al., 2019, https://arxiv.org/abs/1907.10830.
    """
    check_counts(width=width)
    if num_layers < 4:
        raise ValueError(
            f"`num_layers` must be at least 4. Received: num_layers={num_layers}"
        )
    conv = ConvBlock(
        "reflect_end",
        use_bias=True,
        initializer=keras.initializers.RandomNormal(stddev=0.02),
        spectral_norm=spectral_norm,
    )
    image = keras.Input(image_shape, name="image")
    local = _branch(conv, image, width, num_layers - 2, "local")
    whole = _branch(conv, image, width, num_layers, "global")
    return keras.Model(image, [local[0], whole[0], local[1], whole[1]], name=name)


def _branch(conv, x, width, num_layers, name):
    """Return the logits of patches and those of the class activation map."""
    for index in range(num_layers):
        strides = 2 if index < num_layers - 1 else 1
        filters = width * 2**index
        x = conv(x, filters, f"{name}_conv{index + 1}", size=4, strides=strides)
    x, cam_logits = ClassActivationMap(
        conv.spectral_norm, kernel_initializer=conv.initializer, name=f"{name}_cam"
    )(x)
    mix = keras.layers.Conv2D(
        filters, 1, kernel_initializer=conv.initializer, name=f"{name}_cam_conv"
    )
    x = conv.activate(mix(x), f"{name}_cam_conv")
    logits = conv.convolve(x, 1, f"{name}_logits", size=4, dtype="float32")
    return logits, cam_logits
