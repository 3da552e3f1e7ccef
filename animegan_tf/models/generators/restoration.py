"""A generator that adds a correction to its input, for restoration."""

import keras
from keras import layers

from animegan_tf.models.arguments import check_counts, check_multiple
from animegan_tf.models.layers import DepthToSpace, ReflectionPadding2D

_SLOPE = 0.2
_SIZES = ("half", "quarter", "eighth")


def build_restoration_generator(
    image_shape=(None, None, 3),
    *,
    width=16,
    num_blocks=1,
    name="restoration_generator",
) -> keras.Model:
    """Build a generator that corrects pictures rather than drawing them anew.

    Residual blocks work at the full size, 1/2, 1/4 and 1/8 of it and on the way back,
    and what they find is added to the picture. So what is sound passes as it is and
    need not be learned. No layer takes statistics of the image at hand: a tile of a
    picture comes out as the same region of the whole.

    Args:
        image_shape: `(height, width, 3)`, multiples of 8; `None` accepts any size.
        width: Channels at full size, at least 1; they double at each halving.
        num_blocks: Number of residual blocks at each size and on each way, at least 1.
        name: Name of the model.

    Returns:
        A `keras.Model` from float images in [-1, 1], `(batch, height, width, 3)`, with
        sides of at least 16 pixels, to float32 images of the same shape. They may leave
        [-1, 1] a little: clipped, what is far outside could never learn to return.

    Raises:
        ValueError: If a size is no multiple of 8 or a number is less than 1.

    Reference: Zhang et al., 2021, https://arxiv.org/abs/2008.13751 (residual blocks in
    a U-Net), and 2017, https://arxiv.org/abs/1608.03981 (learning the difference).
    """
    check_counts(width=width, num_blocks=num_blocks)
    check_multiple(image_shape, 8)
    photo = keras.Input(image_shape, name="photo")
    x = _blocks(_conv(photo, width, "stem"), num_blocks, "full")
    maps = [x]
    for size in _SIZES:
        x = _conv(x, 2 * x.shape[-1], f"down_{size}", strides=2)
        x = _blocks(x, num_blocks, size)
        maps.append(x)
    x = maps.pop()
    for size in reversed(("full", *_SIZES[:-1])):
        skip = maps.pop()
        x = _upsample(x, skip.shape[-1], f"up_{size}")
        x = layers.Add(name=f"join_{size}")([x, skip])
        x = _blocks(x, num_blocks, f"merge_{size}")
    # Zeros: the untrained network leaves every picture alone.
    x = _conv(x, 3, "correction", activate=False, initializer="zeros")
    x = layers.Activation("tanh", dtype="float32", name="correction_act")(x)
    # No more is needed to turn white into black.
    x = layers.Rescaling(2.0, dtype="float32", name="correction_scale")(x)
    # The sum is made in float32 so that what is sound loses nothing.
    corrected = layers.Add(dtype="float32", name="corrected")([photo, x])
    return keras.Model(photo, corrected, name=name)


def _conv(x, filters, name, strides=1, activate=True, initializer="he_normal"):
    """Mirror-pad, convolve 3x3, and apply a leaky ReLU."""
    padding = 1 if strides == 1 else ((1, 0), (1, 0))
    x = ReflectionPadding2D(padding, name=f"{name}_pad")(x)
    x = layers.Conv2D(
        filters, 3, strides=strides, kernel_initializer=initializer, name=name
    )(x)
    return layers.LeakyReLU(_SLOPE, name=f"{name}_act")(x) if activate else x


def _blocks(x, count, name):
    """Add a number of residual blocks of two convolutions."""
    # Starting near the identity makes up for the normalization that is not there.
    small = keras.initializers.VarianceScaling(0.1)
    for index in range(1, count + 1):
        block = f"{name}_block{index}"
        y = _conv(x, x.shape[-1], f"{block}_conv1")
        y = _conv(y, x.shape[-1], f"{block}_conv2", activate=False, initializer=small)
        x = layers.Add(name=f"{block}_add")([x, y])
    return x


def _upsample(x, filters, name):
    """Double the size: a 1x1 convolution makes the pixels, depth becomes space."""
    x = layers.Conv2D(4 * filters, 1, kernel_initializer="he_normal", name=name)(x)
    return DepthToSpace(2, name=f"{name}_pixels")(x)
