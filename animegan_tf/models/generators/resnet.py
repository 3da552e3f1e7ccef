"""CycleGAN's residual generator."""

import keras
from keras import layers

from animegan_tf.models.arguments import check_choice, check_counts, check_multiple
from animegan_tf.models.layers import ReflectionPadding2D
from animegan_tf.models.layers.blocks import (
    NORMALIZATIONS,
    UPSAMPLINGS,
    normalization_layers,
    upsampling_layers,
)


def build_resnet_generator(
    image_shape=(None, None, 3),
    *,
    width=64,
    num_blocks=9,
    normalization="instance",
    upsampling="resize",
    name="resnet_generator",
) -> keras.Model:
    """Build CycleGAN's generator: residual blocks at 1/4 of the size.

    Instance normalization depends on the statistics of the whole image, so the output
    of a tile differs a little from the same region of the whole output.

    Args:
        image_shape: `(height, width, channels)`, sizes multiples of 4; `None` accepts
            any size.
        width: Channels at full size, at least 1; 64 with 9 blocks gives the published
            network with 11,378,179 parameters.
        num_blocks: Number of residual blocks, at least 1; 6 for images of 128x128.
        normalization: `"instance"`, `"batch"` or `"none"`.
        upsampling: `"resize"` for nearest-neighbor upsampling and a convolution, or
            `"transpose"` for the published transposed convolutions, which show
            checkerboard artifacts until late in training.
        name: Name of the model.

    Returns:
        A `keras.Model` from float images in [-1, 1],
        `(batch, height, width, channels)`, with sides of at least 8 pixels, to float32
        images in (-1, 1), `(batch, height, width, 3)`.

    Raises:
        ValueError: If an argument is out of range.

    Reference: Zhu et al., 2017, https://arxiv.org/abs/1703.10593; Johnson et al., 2016,
    https://arxiv.org/abs/1603.08155.
    """
    check_counts(width=width, num_blocks=num_blocks)
    check_choice(NORMALIZATIONS, normalization=normalization)
    check_choice(UPSAMPLINGS, upsampling=upsampling)
    check_multiple(image_shape, 4)
    photo = keras.Input(image_shape, name="photo")
    x = _conv(photo, width, "stem", normalization, size=7)
    x = _conv(x, 2 * width, "down1", normalization, strides=2)
    x = _conv(x, 4 * width, "down2", normalization, strides=2)
    for index in range(1, num_blocks + 1):
        y = _conv(x, 4 * width, f"block{index}_conv1", normalization)
        y = _conv(y, 4 * width, f"block{index}_conv2", normalization, activate=False)
        x = layers.Add(name=f"block{index}_add")([x, y])
    for block, filters in (("up1", 2 * width), ("up2", width)):
        for layer in upsampling_layers(upsampling, filters, 3, block):
            x = layer(x)
        x = _normalize(x, block, normalization)
    x = ReflectionPadding2D(3, name="head_pad")(x)
    x = layers.Conv2D(3, 7, name="head")(x)
    image = layers.Activation("tanh", dtype="float32", name="picture")(x)
    return keras.Model(photo, image, name=name)


def _conv(x, filters, name, normalization, size=3, strides=1, activate=True):
    """Apply reflection padding, a convolution, normalization and a ReLU."""
    padding = size // 2 if strides == 1 else ((1, 0), (1, 0))
    x = ReflectionPadding2D(padding, name=f"{name}_pad")(x)
    x = layers.Conv2D(filters, size, strides=strides, name=name)(x)
    return _normalize(x, name, normalization, activate)


def _normalize(x, name, normalization, activate=True):
    for layer in normalization_layers(normalization, f"{name}_norm"):
        x = layer(x)
    return layers.ReLU(name=f"{name}_act")(x) if activate else x
