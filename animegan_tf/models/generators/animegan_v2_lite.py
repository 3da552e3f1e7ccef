"""AnimeGANv2's light generator: a U-Net without depthwise convolutions."""

import keras
from keras import layers

from animegan_tf.models.layers.conv_block import ConvBlock, photo_input, tanh_image
from animegan_tf.models.layers.skip_network import decode, encode


def build_animegan_v2_lite_generator(
    image_shape=(None, None, 3),
    *,
    width=32,
    num_blocks=4,
    epsilon=1e-5,
    resize="half_pixel",
    name="animegan_v2_lite_generator",
) -> keras.Model:
    """Build AnimeGANv2's light generator: bottleneck blocks at 1/8 of the size.

    Layer normalizations over height, width and channels jointly depend on the whole
    image. Skip connections add the maps of the encoder before a convolution. Strided
    convolutions pad at the bottom and right.

    Args:
        image_shape: `(height, width, 3)`; `None` accepts any size of at least 16. The
            original needs multiples of 8, where the results are the same.
        width: Channels at full size, at least 1; 32 gives the published network with
            698,240 parameters.
        num_blocks: Number of bottleneck blocks, at least 1.
        epsilon: Added to the variances; the original has 1e-12.
        resize: Sampling of the bilinear resizing, see `BilinearResize`; the original
            has `"legacy"`.
        name: Name of the model.

    Returns:
        A `keras.Model` from float images in [-1, 1], `(batch, height, width, 3)`, to
        float32 images in (-1, 1) of the same shape.

    Raises:
        ValueError: If an argument is out of range.

    Reference: Chen, Liu, AnimeGANv2, https://github.com/TachibanaYoshino/AnimeGANv2.
    """
    photo = photo_input(image_shape, resize, width=width, num_blocks=num_blocks)
    conv = ConvBlock(
        "reflect_end", normalization="layer", epsilon=epsilon, initializer="he_normal"
    )
    full, half, quarter = width, 2 * width, 4 * width
    filters = full, (full, half), (half, quarter), (half, quarter)
    x, skips = encode(conv, photo, filters)
    for index in range(1, num_blocks + 1):
        y = conv(x, width, f"block{index}_narrow", size=1)
        y = conv(y, width, f"block{index}_conv")
        y = conv.convolve(y, 4 * width, f"block{index}_widen", size=1)
        x = layers.Add(name=f"block{index}_add")([x, y])
    x = decode(conv, x, skips, (half, full, full), resize=resize, last_size=7)
    x = conv.convolve(x, 3, "head", size=1)
    return keras.Model(photo, tanh_image(x), name=name)
