"""AnimeGANv2's generator: inverted residual blocks and layer normalization."""

import keras

from animegan_tf.models.layers import BilinearResize
from animegan_tf.models.layers.conv_block import ConvBlock, photo_input, tanh_image


def build_animegan_v2_generator(
    image_shape=(None, None, 3),
    *,
    width=32,
    epsilon=1e-5,
    resize="half_pixel",
    name="animegan_v2_generator",
) -> keras.Model:
    """Build AnimeGANv2's generator: inverted residual blocks at 1/4 of the size.

    Every convolution but the last is followed by a layer normalization over height,
    width and channels jointly: its statistics depend on the whole image, so the output
    of a tile differs a little from the same region of the whole output. Strided
    convolutions pad at the bottom and right.

    Args:
        image_shape: `(height, width, 3)`; `None` accepts any size of at least 8. The
            original needs multiples of 4, where the results are the same; with
            `"align_corners"` they are the same at any size.
        width: Channels at full size, at least 1; 32 gives the published network with
            2,143,552 parameters.
        epsilon: Added to the variances; the original in TensorFlow has 1e-12, its port
            to PyTorch 1e-5.
        resize: Sampling of the bilinear resizing, see `BilinearResize`; the original
            has `"legacy"`, its port to PyTorch `"align_corners"` by default.
        name: Name of the model.

    Returns:
        A `keras.Model` from float images in [-1, 1], `(batch, height, width, 3)`, to
        float32 images in (-1, 1) of the same shape.

    Raises:
        ValueError: If an argument is out of range.

    Reference: Chen, Liu, AnimeGANv2, https://github.com/TachibanaYoshino/AnimeGANv2.
    """
    photo = photo_input(image_shape, resize, width=width)
    conv = ConvBlock(
        "reflect_end", normalization="layer", epsilon=epsilon, initializer="he_normal"
    )
    x = conv(photo, width, "a_conv1", size=7)
    x = conv(x, 2 * width, "a_down", strides=2)
    half = conv(x, 2 * width, "a_conv2")
    x = conv(half, 4 * width, "b_down", strides=2)
    x = conv(x, 4 * width, "b_conv")
    x = conv(x, 4 * width, "c_conv1")
    # The first block changes the number of channels, so it has no skip connection.
    for index in range(1, 5):
        x = conv.inverted_residual(x, 8 * width, f"c_block{index}", use_bias=True)
    x = conv(x, 4 * width, "c_conv2")
    x = BilinearResize(resize, name="d_up")(x, half)
    x = conv(x, 4 * width, "d_conv1")
    x = conv(x, 4 * width, "d_conv2")
    x = BilinearResize(resize, name="e_up")(x, photo)
    x = conv(x, 2 * width, "e_conv1")
    x = conv(x, 2 * width, "e_conv2")
    x = conv(x, width, "e_conv3", size=7)
    x = conv.convolve(x, 3, "head", size=1)
    return keras.Model(photo, tanh_image(x), name=name)
