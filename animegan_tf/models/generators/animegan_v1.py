"""AnimeGAN's generator: separable convolutions and inverted residual blocks."""

import dataclasses

import keras
from keras import layers

from animegan_tf.models.layers import BilinearResize
from animegan_tf.models.layers.conv_block import ConvBlock, photo_input, tanh_image


def build_animegan_v1_generator(
    image_shape=(None, None, 3),
    *,
    width=64,
    num_blocks=8,
    resize="half_pixel",
    name="animegan_v1_generator",
) -> keras.Model:
    """Build AnimeGAN's generator: inverted residual blocks at 1/4 of the size.

    Every convolution but the last is followed by an instance normalization with scale
    and shift: its statistics depend on the whole image. A downsampling adds a strided
    and a resized branch. Strided convolutions pad at the bottom and right.

    Args:
        image_shape: `(height, width, 3)`; `None` accepts any size of at least 8. The
            original needs multiples of 4, where the results are the same.
        width: Channels at full size, at least 1; 64 with 8 blocks gives the published
            network with 3,956,096 parameters.
        num_blocks: Number of inverted residual blocks, at least 1.
        resize: Sampling of the bilinear resizing, see `BilinearResize`; published
            weights need `"legacy"`.
        name: Name of the model.

    Returns:
        A `keras.Model` from float images in [-1, 1], `(batch, height, width, 3)`, to
        float32 images in (-1, 1) of the same shape.

    Raises:
        ValueError: If an argument is out of range.

    Reference: Chen, Liu, Chen, 2019, AnimeGAN,
    https://github.com/TachibanaYoshino/AnimeGAN.
    """
    photo = photo_input(image_shape, resize, width=width, num_blocks=num_blocks)
    build = _Layers(resize)
    depthwise = {"initializer": keras.initializers.TruncatedNormal(stddev=0.02)}
    x = build.conv(photo, width, "b1_conv1")
    x = build.conv(x, width, "b1_conv2")
    half = build.downsample(x, 2 * width, "b1")
    x = build.conv(half, 2 * width, "b2_conv")
    x = build.separable(x, 2 * width, "b2_sep")
    x = build.downsample(x, 4 * width, "b2")
    x = build.conv(x, 4 * width, "m_conv1")
    for index in range(1, num_blocks + 1):
        x = build.conv.inverted_residual(x, 4 * width, f"m_block{index}", **depthwise)
    x = build.conv(x, 4 * width, "m_conv2")
    x = BilinearResize(resize, name="u2_resize")(x, half)
    x = build.separable(x, 2 * width, "u2_sep1")
    x = build.separable(x, 2 * width, "u2_sep2")
    x = build.conv(x, 2 * width, "u2_conv")
    x = BilinearResize(resize, name="u1_resize")(x, photo)
    # 128 channels as in the original code; the paper's figure has 64.
    x = build.separable(x, 2 * width, "u1_sep")
    x = build.conv(x, width, "u1_conv1")
    x = build.conv(x, width, "u1_conv2")
    x = build.conv.convolve(x, 3, "head", size=1)
    return keras.Model(photo, tanh_image(x), name=name)


class _Layers:
    """Build the blocks of the network."""

    def __init__(self, resize):
        self.resize = resize
        self.conv = ConvBlock("reflect_end", normalization="instance")
        # As in the original: the norms of separable convolutions have another epsilon.
        self.norm = dataclasses.replace(self.conv, epsilon=1e-6)

    def separable(self, x, filters, name, strides=1):
        """Apply a depthwise and a 1x1 convolution, normalization and activation."""
        x = self.norm.depthwise(x, f"{name}_depthwise", strides=strides)
        x = self.norm.convolve(x, filters, f"{name}_pointwise", size=1)
        return self.norm.activate(self.norm.normalize(x, name), name)

    def downsample(self, x, filters, name):
        """Halve the size by a strided and by a resized branch, and add them."""
        strided = self.separable(x, filters, f"{name}_down", strides=2)
        x = BilinearResize(self.resize, name=f"{name}_resize")(x, strided)
        x = self.separable(x, filters, f"{name}_skip")
        return layers.Add(name=f"{name}_add")([strided, x])
