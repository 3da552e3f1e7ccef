"""CartoonGAN's generator: residual blocks between strided convolutions and resizing."""

import keras

from animegan_tf.models.layers import BilinearResize
from animegan_tf.models.layers.conv_block import ConvBlock, photo_input, tanh_image


def build_cartoongan_generator(
    image_shape=(None, None, 3),
    *,
    width=64,
    num_blocks=8,
    resize="half_pixel",
    name="cartoongan_generator",
) -> keras.Model:
    """Build CartoonGAN's generator: residual blocks at 1/4 of the size.

    Instance normalizations with scale and shift depend on the whole image. Bilinear
    resizing and a convolution replace the paper's fractionally strided convolutions,
    which show checkerboard artifacts. Convolutions pad with zeros.

    Args:
        image_shape: `(height, width, 3)`; `None` accepts any size of at least 8.
        width: Channels at full size, at least 1; 64 with 8 blocks gives the paper's
            network with 11,129,667 parameters.
        num_blocks: Number of residual blocks, at least 1.
        resize: Sampling of the bilinear resizing, see `BilinearResize`.
        name: Name of the model.

    Returns:
        A `keras.Model` from float images in [-1, 1], `(batch, height, width, 3)`, to
        float32 images in (-1, 1) of the same shape.

    Raises:
        ValueError: If an argument is out of range.

    Reference: Chen, Lai, Liu, 2018, CartoonGAN: Generative Adversarial Networks for
    Photo Cartoonization, CVPR.
    """
    photo = photo_input(image_shape, resize, width=width, num_blocks=num_blocks)
    conv = ConvBlock("zeros_start", normalization="instance", slope=0.0, use_bias=True)
    x = conv(photo, width, "stem", size=7)
    # The first convolution of each pair has neither normalization nor activation.
    x = conv.convolve(x, 2 * width, "down1_conv1", strides=2)
    half = conv(x, 2 * width, "down1_conv2")
    x = conv.convolve(half, 4 * width, "down2_conv1", strides=2)
    x = conv(x, 4 * width, "down2_conv2")
    for index in range(1, num_blocks + 1):
        x = conv.residual(x, f"block{index}")
    for block, filters, like in (("up1", 2 * width, half), ("up2", width, photo)):
        x = BilinearResize(resize, name=f"{block}_resize")(x, like)
        x = conv.convolve(x, filters, f"{block}_conv1")
        x = conv(x, filters, f"{block}_conv2")
    x = conv.convolve(x, 3, "head", size=7)
    return keras.Model(photo, tanh_image(x), name=name)
