"""U-GAT-IT's light generator: class activation maps and adaptive normalization."""

import keras
from keras import layers

from animegan_tf.models.arguments import check_counts, check_multiple
from animegan_tf.models.layers import (
    ClassActivationMap,
    LayerInstanceNormalization,
)
from animegan_tf.models.layers.conv_block import ConvBlock, tanh_image

_INITIALIZER = keras.initializers.RandomNormal(stddev=0.02)


def build_ugatit_light_generator(
    image_shape=(None, None, 3),
    *,
    width=64,
    num_blocks=4,
    cam_logits=False,
    name="ugatit_light_generator",
) -> keras.Model:
    """Build U-GAT-IT's light generator.

    Residual blocks encode the photo at 1/4 of the size; a class activation map weights
    the channels; residual blocks with AdaLIN decode, with a scale and a shift that two
    dense layers compute from the features' mean, which makes it the light variant: the
    full one flattens the features of images of 256x256 pixels. Maps and normalizations
    depend on the whole image. Strided convolutions pad at the top and left.

    Args:
        image_shape: `(height, width, 3)`, multiples of 4; `None` accepts any size.
        width: Channels at full size, at least 1; 64 with 4 blocks gives 10,600,387
            parameters.
        num_blocks: Number of residual blocks of the encoder, and of the decoder.
        cam_logits: Whether to return the logits of the class activation map too, which
            its loss in training needs.
        name: Name of the model.

    Returns:
        A `keras.Model` from float images in [-1, 1], `(batch, height, width, 3)`, with
        sides of at least 8 pixels, to float32 images in (-1, 1) of the same shape; with
        `cam_logits` to a list of these and float32 logits, `(batch, 2)`.

    Raises:
        ValueError: If a size is not a multiple of 4 or a number is less than 1.

    Reference: Kim et al., 2019, https://arxiv.org/abs/1907.10830.
    """
    check_multiple(image_shape, 4)
    check_counts(width=width, num_blocks=num_blocks)
    conv = ConvBlock(
        "reflect_start",
        normalization="instance",
        slope=0.0,
        use_bias=True,
        initializer=_INITIALIZER,
    )
    photo = keras.Input(image_shape, name="photo")
    x = conv(photo, width, "stem", size=7)
    x = conv(x, 2 * width, "down1", strides=2)
    x = conv(x, 4 * width, "down2", strides=2)
    for index in range(1, num_blocks + 1):
        x = conv.residual(x, f"block{index}")
    x, logits = ClassActivationMap(kernel_initializer=_INITIALIZER, name="cam")(x)
    x = conv.activate(conv.convolve(x, 4 * width, "cam_conv", size=1), "cam_conv")
    scale_and_shift = _scale_and_shift(x)
    for index in range(1, num_blocks + 1):
        x = _adaptive_block(conv, x, scale_and_shift, f"adaptive_block{index}")
    for block, filters in (("up1", 2 * width), ("up2", width)):
        x = layers.UpSampling2D(2, name=f"{block}_resize")(x)
        x = conv.convolve(x, filters, f"{block}_conv")
        x = LayerInstanceNormalization(name=f"{block}_conv_norm")(x)
        x = conv.activate(x, f"{block}_conv")
    stylized = tanh_image(conv.convolve(x, 3, "head", size=7))
    outputs = [stylized, logits] if cam_logits else stylized
    return keras.Model(photo, outputs, name=name)


def _scale_and_shift(x):
    """Compute the scale and the shift of all AdaLIN layers, `(batch, channels)`."""
    channels = x.shape[-1]
    x = layers.GlobalAveragePooling2D(name="style_mean")(x)
    for index in (1, 2):
        x = _dense(channels, f"style_dense{index}", activation="relu")(x)
    return _dense(channels, "style_scale")(x), _dense(channels, "style_shift")(x)


def _dense(units, name, activation=None):
    return layers.Dense(
        units, activation=activation, kernel_initializer=_INITIALIZER, name=name
    )


def _adaptive_block(conv, x, scale_and_shift, name):
    """Apply a residual block whose normalizations take scale and shift as inputs."""
    y = x
    for index in (1, 2):
        block = f"{name}_conv{index}"
        y = conv.convolve(y, x.shape[-1], block)
        norm = LayerInstanceNormalization(adaptive=True, rho=0.9, name=f"{block}_norm")
        y = norm(y, *scale_and_shift)
        if index == 1:
            y = conv.activate(y, block)
    return layers.Add(name=f"{name}_add")([x, y])
