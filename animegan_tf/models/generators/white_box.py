"""White-box Cartoonization's generator: a U-Net without normalization."""

import keras
from keras import layers

from animegan_tf.models.layers import BilinearResize, GuidedFilter
from animegan_tf.models.layers.conv_block import ConvBlock, photo_input


def build_white_box_generator(
    image_shape=(None, None, 3),
    *,
    width=32,
    num_blocks=4,
    guided_filter=True,
    resize="half_pixel",
    name="white_box_generator",
) -> keras.Model:
    """Build White-box Cartoonization's generator: residual blocks at 1/4 of the size.

    It has no normalization, so that tiles are exact, except with `"align_corners"`.
    Convolutions pad with zeros; skip connections add the maps of the encoder before a
    convolution.

    Args:
        image_shape: `(height, width, 3)`; `None` accepts any size. The original needs
            multiples of 4, where the results are the same.
        width: Channels at full size, at least 1; 32 with 4 blocks gives the published
            network with 1,467,075 parameters.
        num_blocks: Number of residual blocks, at least 1.
        guided_filter: Whether the result is smoothed by a guided filter of radius 1 and
            epsilon 0.005 with the photo as its guide, as in the original's inference
            and losses.
        resize: Sampling of the bilinear resizing, see `BilinearResize`; published
            weights need `"legacy"`.
        name: Name of the model.

    Returns:
        A `keras.Model` from float images in [-1, 1], `(batch, height, width, 3)`, to
        float32 images of the same shape; they are not limited to [-1, 1].

    Raises:
        ValueError: If an argument is out of range.

    Reference: Wang, Yu, 2020, Learning to Cartoonize Using White-box Cartoon
    Representations, https://github.com/SystemErrorWang/White-box-Cartoonization.
    """
    photo = photo_input(image_shape, resize, width=width, num_blocks=num_blocks)
    conv = ConvBlock("zeros_same", use_bias=True)
    full = conv(photo, width, "conv0", size=7)
    x = conv(full, width, "down1", strides=2)
    half = conv(x, 2 * width, "conv1")
    x = conv(half, 2 * width, "down2", strides=2)
    x = conv(x, 4 * width, "conv2")
    for index in range(1, num_blocks + 1):
        x = conv.residual(x, f"block{index}")
    x = conv(x, 2 * width, "conv3")
    x = BilinearResize(resize, name="up1_resize")(x, half)
    x = layers.Add(name="up1_add")([x, half])
    x = conv(x, 2 * width, "up1_conv1")
    x = conv(x, width, "up1_conv2")
    x = BilinearResize(resize, name="up0_resize")(x, full)
    x = layers.Add(name="up0_add")([x, full])
    x = conv(x, width, "up0_conv")
    x = conv.convolve(x, 3, "head", size=7)
    if guided_filter:
        x = GuidedFilter(1, 5e-3, dtype="float32", name="guided_filter")(x, photo)
    stylized = layers.Activation("linear", dtype="float32", name="stylized")(x)
    return keras.Model(photo, stylized, name=name)
