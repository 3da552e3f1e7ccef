"""AnimeGANv2's generator, the baseline for speed."""

import keras
from keras import layers

from animegan_tf.models.arguments import check_counts, check_multiple
from animegan_tf.models.layers import ReflectionPadding2D

_SLOPE = 0.2


def build_animegan_v2_generator(
    image_shape=(None, None, 3), *, width=32, name="animegan_v2_generator"
) -> keras.Model:
    """Build AnimeGANv2's generator: inverted residual blocks at 1/4 of the size.

    Every convolution but the last is followed by a layer normalization over height,
    width and channels jointly: its statistics depend on the whole image, so the output
    of a tile differs a little from the same region of the whole output. Upsampling is
    bilinear with half-pixel centers, unlike in the original implementation.

    Args:
        image_shape: `(height, width, 3)`, multiples of 4; `None` accepts any size.
        width: Channels at full size, at least 1; 32 gives the published network with
            2,143,552 parameters.
        name: Name of the model.

    Returns:
        A `keras.Model` from float images in [-1, 1], `(batch, height, width, 3)`, with
        sides of at least 8 pixels, to float32 images in (-1, 1) of the same shape.

    Raises:
        ValueError: If a size is not a multiple of 4 or `width` is less than 1.

    Reference: Chen, Liu, AnimeGANv2, https://github.com/TachibanaYoshino/AnimeGANv2.
    """
    check_multiple(image_shape, 4)
    check_counts(width=width)
    photo = keras.Input(image_shape, name="photo")
    x = _conv(photo, width, "a_conv1", size=7)
    x = _conv(x, 2 * width, "a_down", strides=2)
    x = _conv(x, 2 * width, "a_conv2")
    x = _conv(x, 4 * width, "b_down", strides=2)
    x = _conv(x, 4 * width, "b_conv")
    x = _conv(x, 4 * width, "c_conv1")
    for index in range(1, 5):
        x = _inverted_residual(x, 8 * width, f"c_block{index}")
    x = _conv(x, 4 * width, "c_conv2")
    x = layers.UpSampling2D(2, interpolation="bilinear", name="d_up")(x)
    x = _conv(x, 4 * width, "d_conv1")
    x = _conv(x, 4 * width, "d_conv2")
    x = layers.UpSampling2D(2, interpolation="bilinear", name="e_up")(x)
    x = _conv(x, 2 * width, "e_conv1")
    x = _conv(x, 2 * width, "e_conv2")
    x = _conv(x, width, "e_conv3", size=7)
    x = _convolution(3, 1, "head")(x)
    stylized = layers.Activation("tanh", dtype="float32", name="stylized")(x)
    return keras.Model(photo, stylized, name=name)


def _conv(x, filters, name, size=3, strides=1, activate=True):
    """Apply reflection padding, a convolution, normalization and a leaky ReLU."""
    if strides == 2:
        x = ReflectionPadding2D(((0, 1), (0, 1)), name=f"{name}_pad")(x)
    elif size > 1:
        x = ReflectionPadding2D(size // 2, name=f"{name}_pad")(x)
    x = _convolution(filters, size, name, strides)(x)
    return _normalize(x, name, activate)


def _inverted_residual(x, filters, name):
    """Apply an inverted residual block: expand, depthwise convolution, project."""
    y = _conv(x, 2 * x.shape[-1], f"{name}_widen", size=1)
    y = ReflectionPadding2D(1, name=f"{name}_depthwise_pad")(y)
    y = layers.DepthwiseConv2D(
        3, depthwise_initializer="he_normal", name=f"{name}_depthwise"
    )(y)
    y = _normalize(y, f"{name}_depthwise", activate=True)
    y = _conv(y, filters, f"{name}_narrow", size=1, activate=False)
    # The first block changes the number of channels, so it has no skip connection.
    if x.shape[-1] == filters:
        y = layers.Add(name=f"{name}_add")([x, y])
    return y


def _convolution(filters, size, name, strides=1):
    return layers.Conv2D(
        filters,
        size,
        strides=strides,
        use_bias=False,
        kernel_initializer="he_normal",
        name=name,
    )


def _normalize(x, name, activate):
    # One group normalizes height, width and channels jointly; Keras'
    # LayerNormalization would normalize the channels of each pixel.
    x = layers.GroupNormalization(groups=1, epsilon=1e-5, name=f"{name}_norm")(x)
    if activate:
        x = layers.LeakyReLU(_SLOPE, name=f"{name}_act")(x)
    return x
