"""The default generator: small, and exact when applied tile by tile."""

import keras
import numpy as np
from keras import layers, ops

from animegan_tf.models.arguments import check_counts, check_multiple
from animegan_tf.models.layers import (
    DepthToSpace,
    ReflectionPadding2D,
    SpaceToDepth,
    StyleModulation,
)

_SLOPE = 0.2


def build_anime_generator(
    image_shape=(None, None, 3),
    *,
    width=48,
    body_width=128,
    num_blocks=4,
    head_width=32,
    num_styles=None,
    name="anime_generator",
) -> keras.Model:
    """Build the default photo-to-anime generator.

    Blocks of 4x4 pixels become channels, residual blocks without normalization work at
    1/8 of the size, and a light head at 1/2 combines them with the photo's own detail.
    No layer computes statistics of its input, so the output of a tile equals the same
    region of the whole output, and video frames do not flicker with their content.

    Args:
        image_shape: `(height, width, 3)`, multiples of 8; `None` accepts any size.
        width: Channels at 1/4 of the size.
        body_width: Channels of the residual blocks at 1/8 of the size.
        num_blocks: Number of residual blocks, at least 1; each adds 32 pixels to the
            receptive field.
        head_width: Channels at 1/2 of the size.
        num_styles: Number of styles of a multi-style network, or `None` for a network
            of one style. Each style scales and shifts the channels of every
            convolution; `fold_style` turns a style or a blend into a plain network.
        name: Name of the model.

    Returns:
        A `keras.Model` from float images in [-1, 1], `(batch, height, width, 3)`, to
        float32 images in (-1, 1) of the same shape. With `num_styles`, the inputs are a
        list of such images and of the styles' weights, `(batch, num_styles)`.

    Raises:
        ValueError: If a size is not a multiple of 8 or a number is less than 1.

    Reference: Dumoulin et al., 2017, https://arxiv.org/abs/1610.07629 (several styles
    in one network by a scale and a shift of each channel).
    """
    check_multiple(image_shape, 8)
    check_counts(
        width=width,
        body_width=body_width,
        num_blocks=num_blocks,
        head_width=head_width,
        num_styles=1 if num_styles is None else num_styles,
    )
    photo = keras.Input(image_shape, name="photo")
    style = None if num_styles is None else keras.Input((num_styles,), name="style")
    build = _Convolutions(style)
    quarter = build.conv(SpaceToDepth(4, name="stem_pixels")(photo), width, "stem")
    quarter = build.conv(quarter, width, "quarter")
    x = build.conv(quarter, body_width, "down", strides=2)
    for index in range(num_blocks):
        x = build.residual_block(x, f"block{index + 1}")
    x = build.upsample(x, width, "up_quarter")
    x = layers.Add(name="join_quarter")([x, quarter])
    x = build.conv(x, width, "merge_quarter")
    x = build.upsample(x, head_width, "up_half")
    detail = SpaceToDepth(2, name="detail_pixels")(photo)
    x = layers.Concatenate(name="join_half")([x, detail])
    x = build.conv(x, head_width, "merge_half")
    x = build.conv(x, 12, "head", activate=False)
    # Every pixel of a 2x2 block has separate filters, so upsampling leaves no pattern.
    x = DepthToSpace(2, name="head_pixels")(x)
    stylized = layers.Activation("tanh", dtype="float32", name="stylized")(x)
    inputs = photo if style is None else [photo, style]
    return keras.Model(inputs, stylized, name=name)


def fold_style(generator: keras.Model, shares) -> keras.Model:
    """Convert one style of a multi-style network, or a blend, to a plain network.

    Every scale and shift is folded into the convolution before it.

    Args:
        generator: Model of `build_anime_generator` with `num_styles`.
        shares: Weight of each style, `(num_styles,)`; `[0, 1, 0]` is the second alone.

    Returns:
        A network from images to images, equal to `generator` with these weights.

    Raises:
        ValueError: If the generator has no styles or `shares` is of another length.
    """
    modulations = {
        layer.name.removesuffix("_style"): layer
        for layer in generator.layers
        if isinstance(layer, StyleModulation)
    }
    shares = ops.convert_to_numpy(shares).astype("float32")
    num_styles = generator.inputs[1].shape[1] if modulations else 0
    if shares.shape != (num_styles,):
        raise ValueError(
            f"`shares` must have one number for each of the {num_styles} styles. "
            f"Received: shares of shape {shares.shape}"
        )
    plain = build_anime_generator(
        generator.inputs[0].shape[1:],
        width=generator.get_layer("stem").filters,
        body_width=generator.get_layer("down").filters,
        num_blocks=sum(name.endswith("_conv1") for name in modulations),
        head_width=generator.get_layer("merge_half").filters,
        name=generator.name,
    )
    for name, modulation in modulations.items():
        kernel, bias = generator.get_layer(name).get_weights()
        scale, shift = (shares @ table for table in modulation.get_weights())
        plain.get_layer(name).set_weights([kernel * scale, bias * scale + shift])
    return plain


def remove_chroma(generator: keras.Model, amount: float) -> None:
    """Desaturate the output of a plain network by changing its last convolution.

    A style learned from grayscale images keeps a tint where the photo is saturated.

    Args:
        generator: Single-style network of `build_anime_generator`; changed in place.
        amount: Amount in [0, 1]; 1 makes the three channels equal.

    Raises:
        ValueError: If `amount` is out of range.
    """
    if not 0.0 <= amount <= 1.0:
        raise ValueError(f"`amount` must be in [0, 1]. Received: amount={amount}")
    head = generator.get_layer("head")
    luma = np.array([0.299, 0.587, 0.114], "float32")[:, np.newaxis]
    mix = (1.0 - amount) * np.eye(3, dtype="float32") + amount * luma
    # The head outputs the colors of four pixels, one after the other.
    head.set_weights(
        [
            (weight.reshape(*weight.shape[:-1], 4, 3) @ mix).reshape(weight.shape)
            for weight in head.get_weights()
        ]
    )


class _Convolutions:
    """Build convolutions, scaled and shifted by the style if there is one."""

    def __init__(self, style):
        self.style = style

    def conv(self, x, filters, name, *, strides=1, activate=True):
        """Apply reflection padding, a 3x3 convolution and a leaky ReLU."""
        # Zero padding would leave a visible rim along the border of the image.
        padding = 1 if strides == 1 else ((1, 0), (1, 0))
        x = ReflectionPadding2D(padding, name=f"{name}_pad")(x)
        x = self._conv2d(x, filters, 3, name, strides=strides)
        return layers.LeakyReLU(_SLOPE, name=f"{name}_act")(x) if activate else x

    def residual_block(self, x, name):
        """Apply a residual block of two convolutions."""
        filters = x.shape[-1]
        y = self.conv(x, filters, f"{name}_conv1")
        y = ReflectionPadding2D(1, name=f"{name}_conv2_pad")(y)
        # Without normalization, the block should start near the identity.
        initializer = keras.initializers.VarianceScaling(0.1)
        y = self._conv2d(y, filters, 3, f"{name}_conv2", initializer=initializer)
        return layers.Add(name=f"{name}_add")([x, y])

    def upsample(self, x, filters, name):
        """Double the size by a 1x1 convolution and depth-to-space."""
        x = self._conv2d(x, 4 * filters, 1, name)
        x = layers.LeakyReLU(_SLOPE, name=f"{name}_act")(x)
        return DepthToSpace(2, name=f"{name}_pixels")(x)

    def _conv2d(self, x, filters, size, name, *, strides=1, initializer="he_normal"):
        x = layers.Conv2D(
            filters, size, strides=strides, kernel_initializer=initializer, name=name
        )(x)
        if self.style is None:
            return x
        return StyleModulation(name=f"{name}_style")(x, self.style)
