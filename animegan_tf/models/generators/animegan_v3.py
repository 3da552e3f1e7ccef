"""AnimeGANv3's generator: two tails on one encoder, with adaptive normalization."""

import keras
from keras import layers

from animegan_tf.models.arguments import check_choice
from animegan_tf.models.layers import ExternalAttention
from animegan_tf.models.layers.conv_block import ConvBlock, photo_input, tanh_image
from animegan_tf.models.layers.skip_network import decode, encode

TAILS = ("main", "both")
# Of the only batch normalization; the original has no other value.
_MOMENTUM, _BATCH_EPSILON = 0.999, 1e-3


def build_animegan_v3_generator(
    image_shape=(None, None, 3),
    *,
    width=32,
    slots=128,
    tails="main",
    resize="half_pixel",
    name="animegan_v3_generator",
) -> keras.Model:
    """Build AnimeGANv3's double-tail generator.

    Each tail starts with an external attention at 1/8 of the size; skip connections add
    the maps of the encoder before a convolution. Every convolution but the last is
    followed by a linearly adaptive denormalization (LADE), whose statistics, like the
    attention, depend on the whole image. Strided convolutions pad at the top and left.

    Args:
        image_shape: `(height, width, 3)`; `None` accepts any size of at least 16. The
            original needs multiples of 8, where the results are the same.
        width: Channels at full size, at least 1; 32 gives the published network, with
            1,027,520 parameters and one tail, or 1,557,792 and two.
        slots: Slots of the external attention, at least 1.
        tails: `"main"`, the tail that gives the final images; `"both"` for training,
            where the support tail is trained for the style and its smoothed results
            supervise the main tail.
        resize: Sampling of the bilinear resizing, see `BilinearResize`; published
            weights need `"legacy"`.
        name: Name of the model.

    Returns:
        A `keras.Model` from float images in [-1, 1], `(batch, height, width, 3)`, to
        float32 images in (-1, 1) of the same shape; with both tails to a list of such
        images, of the main and of the support tail.

    Raises:
        ValueError: If an argument is out of range.

    Reference: Liu, Chen, AnimeGANv3, https://github.com/TachibanaYoshino/AnimeGANv3.
    """
    check_choice(TAILS, tails=tails)
    photo = photo_input(image_shape, resize, width=width, slots=slots)
    conv = ConvBlock("reflect_start", normalization="lade")
    full, half, quarter = width, 2 * width, 4 * width
    filters = full, (full, half), (half, quarter), (quarter, quarter)
    x, skips = encode(conv, photo, filters, start="base_")
    names = ["main"] if tails == "main" else ["main", "support"]
    images = [_tail(conv, x, skips, tail, slots, resize) for tail in names]
    return keras.Model(photo, images if len(images) > 1 else images[0], name=name)


def _tail(conv, x, skips, name, slots, resize):
    """Build a tail from the map at 1/8 of the size to an image."""
    x = _attention(conv, x, f"{name}_attention", slots)
    filters = [skip.shape[-1] for skip in reversed(skips)]
    x = decode(conv, x, skips, filters, resize=resize, start=f"{name}_")
    x = conv.convolve(x, 3, f"{name}_head", size=7)
    return tanh_image(x, name=f"{name}_stylized")


def _attention(conv, x, name, slots):
    """Apply an external attention between 1x1 convolutions, with a skip connection."""
    y = conv.convolve(x, x.shape[-1], f"{name}_in", size=1)
    y = ExternalAttention(slots, name=name)(y)
    y = conv.convolve(y, x.shape[-1], f"{name}_out", size=1)
    y = layers.BatchNormalization(
        momentum=_MOMENTUM, epsilon=_BATCH_EPSILON, name=f"{name}_norm"
    )(y)
    return conv.activate(layers.Add(name=f"{name}_add")([y, x]), name)
