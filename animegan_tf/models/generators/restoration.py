"""A residual U-Net generator for restoration."""

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
    """Build a U-Net of residual blocks that predicts a correction of its input.

    Residual blocks work at the full size, 1/2, 1/4 and 1/8 of it and on the way back.
    The output is added to the input, so undamaged regions need not be reconstructed.
    No layer computes statistics of its input: the output of a tile equals the same
    region of the whole output.

    Args:
        image_shape: `(height, width, 3)`, multiples of 8; `None` accepts any size.
        width: Channels at full size, at least 1; they double at each halving.
        num_blocks: Number of residual blocks at each size, down and up, at least 1.
        name: Name of the model.

    Returns:
        A `keras.Model` from float images in [-1, 1], `(batch, height, width, 3)`, with
        sides of at least 16 pixels, to float32 images of the same shape. They may be
        a little outside [-1, 1]: clipping would stop the gradient there.

    Raises:
        ValueError: If a size is not a multiple of 8 or a number is less than 1.

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
    # Initialized to zeros, so the untrained network is the identity.
    x = _conv(x, 3, "correction", activate=False, initializer="zeros")
    x = layers.Activation("tanh", dtype="float32", name="correction_act")(x)
    # A correction of 2 turns black into white.
    x = layers.Rescaling(2.0, dtype="float32", name="correction_scale")(x)
    # The sum is float32, so that undamaged regions stay exact under mixed precision.
    corrected = layers.Add(dtype="float32", name="corrected")([photo, x])
    return keras.Model(photo, corrected, name=name)


def _conv(x, filters, name, strides=1, activate=True, initializer="he_normal"):
    """Apply reflection padding, a 3x3 convolution and a leaky ReLU."""
    padding = 1 if strides == 1 else ((1, 0), (1, 0))
    x = ReflectionPadding2D(padding, name=f"{name}_pad")(x)
    x = layers.Conv2D(
        filters, 3, strides=strides, kernel_initializer=initializer, name=name
    )(x)
    return layers.LeakyReLU(_SLOPE, name=f"{name}_act")(x) if activate else x


def _blocks(x, count, name):
    """Apply `count` residual blocks of two convolutions."""
    # Without normalization, the blocks should start near the identity.
    small = keras.initializers.VarianceScaling(0.1)
    for index in range(1, count + 1):
        block = f"{name}_block{index}"
        y = _conv(x, x.shape[-1], f"{block}_conv1")
        y = _conv(y, x.shape[-1], f"{block}_conv2", activate=False, initializer=small)
        x = layers.Add(name=f"{block}_add")([x, y])
    return x


def _upsample(x, filters, name):
    """Double the size by a 1x1 convolution and depth-to-space."""
    x = layers.Conv2D(4 * filters, 1, kernel_initializer="he_normal", name=name)(x)
    return DepthToSpace(2, name=f"{name}_pixels")(x)
