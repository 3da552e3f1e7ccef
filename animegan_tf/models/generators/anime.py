"""The default generator: small, without image statistics, exact tile by tile."""

import keras
from keras import layers

from animegan_tf.models.layers import (
    DepthToSpace,
    ReflectionPadding2D,
    SpaceToDepth,
)

_SLOPE = 0.2


def build_anime_generator(
    image_shape=(None, None, 3),
    *,
    width=64,
    body_width=128,
    num_blocks=5,
    head_width=32,
    name="anime_generator",
) -> keras.Model:
    """Build the default photo-to-anime generator.

    Squares of 4x4 pixels become channels, plain residual blocks work at 1/8 of the
    size, and a light head at 1/2 joins them with the photo's own detail. No layer
    takes statistics of the image at hand, so a tile of a picture comes out as the same
    region of the whole, and frames of a film do not flicker with their content.

    Args:
        image_shape: `(height, width, 3)`, multiples of 8; `None` accepts any size.
        width: Channels at 1/4 of the size.
        body_width: Channels of the residual blocks at 1/8 of the size.
        num_blocks: Number of residual blocks, at least 1; each adds 32 pixels to the
            receptive field.
        head_width: Channels at 1/2 of the size.
        name: Name of the model.

    Returns:
        A `keras.Model` from float images in [-1, 1], `(batch, height, width, 3)`, to
        float32 images in (-1, 1) of the same shape.

    Raises:
        ValueError: If a size is no multiple of 8 or a number is less than 1.
    """
    _check_arguments(image_shape, width, body_width, num_blocks, head_width)
    photo = keras.Input(image_shape, name="photo")
    quarter = _conv(SpaceToDepth(4, name="stem_pixels")(photo), width, "stem")
    quarter = _conv(quarter, width, "quarter")
    x = _conv(quarter, body_width, "down", strides=2)
    for index in range(num_blocks):
        x = _residual_block(x, f"block{index + 1}")
    x = _upsample(x, width, "up_quarter")
    x = _conv(layers.Add(name="join_quarter")([x, quarter]), width, "merge_quarter")
    x = _upsample(x, head_width, "up_half")
    detail = SpaceToDepth(2, name="detail_pixels")(photo)
    x = layers.Concatenate(name="join_half")([x, detail])
    x = _conv(x, head_width, "merge_half")
    x = _conv(x, 12, "head", activate=False)
    # Each half-size position holds its four pixels, so no pattern of the upsampling
    # can show: every pixel has filters of its own.
    x = DepthToSpace(2, name="head_pixels")(x)
    stylized = layers.Activation("tanh", dtype="float32", name="stylized")(x)
    return keras.Model(photo, stylized, name=name)


def _conv(x, filters, name, strides=1, activate=True):
    """Mirror-pad, convolve 3x3, and apply a leaky ReLU."""
    # Mirroring rather than zeros: zeros draw a rim along the picture's border.
    padding = 1 if strides == 1 else ((1, 0), (1, 0))
    x = ReflectionPadding2D(padding, name=f"{name}_pad")(x)
    x = layers.Conv2D(
        filters, 3, strides=strides, kernel_initializer="he_normal", name=name
    )(x)
    if activate:
        x = layers.LeakyReLU(_SLOPE, name=f"{name}_act")(x)
    return x


def _residual_block(x, name):
    filters = x.shape[-1]
    y = _conv(x, filters, f"{name}_conv1")
    y = ReflectionPadding2D(1, name=f"{name}_conv2_pad")(y)
    # Starting near the identity makes up for the normalization that is not there.
    y = layers.Conv2D(
        filters,
        3,
        kernel_initializer=keras.initializers.VarianceScaling(0.1),
        name=f"{name}_conv2",
    )(y)
    return layers.Add(name=f"{name}_add")([x, y])


def _upsample(x, filters, name):
    """Double the size: a 1x1 convolution makes the pixels, depth becomes space."""
    x = layers.Conv2D(4 * filters, 1, kernel_initializer="he_normal", name=name)(x)
    x = layers.LeakyReLU(_SLOPE, name=f"{name}_act")(x)
    return DepthToSpace(2, name=f"{name}_pixels")(x)


def _check_arguments(image_shape, width, body_width, num_blocks, head_width):
    if any(size is not None and size % 8 for size in image_shape[:2]):
        raise ValueError(
            "`image_shape` must have a height and width divisible by 8 (or None). "
            f"Received: image_shape={image_shape}"
        )
    counts = {
        "width": width,
        "body_width": body_width,
        "num_blocks": num_blocks,
        "head_width": head_width,
    }
    for name, value in counts.items():
        if value < 1:
            raise ValueError(f"`{name}` must be at least 1. Received: {name}={value}")
