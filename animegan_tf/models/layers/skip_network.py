"""Encoder and decoder with skip connections, of AnimeGANv2 light and AnimeGANv3."""

from keras import layers

from animegan_tf.models.layers.bilinear_resize import BilinearResize


def encode(conv, photo, filters, *, start=""):
    """Reduce an image to 1/8 of its size, by three strided convolutions.

    Args:
        conv: `ConvBlock`.
        photo: Images, `(batch, height, width, 3)`.
        filters: Channels of the first convolution, at full size, and of the pair at
            each lower size: four numbers and pairs of numbers.
        start: What the names of the layers begin with.

    Returns:
        `(x, skips)`: the last map, and the maps at full, 1/2 and 1/4 of the size.
    """
    first, *pairs = filters
    x = conv(photo, first, f"{start}conv0", size=7)
    skips = []
    for level, (strided, plain) in enumerate(pairs, start=1):
        skips.append(x)
        x = conv(x, strided, f"{start}down{level}", strides=2)
        x = conv(x, plain, f"{start}conv{level}")
    return x, skips


def decode(conv, x, skips, filters, *, resize, last_size=3, start=""):
    """Return to full size; skip connections add before the second convolutions.

    Args:
        conv: `ConvBlock`.
        x: Map at half the size of the last skip.
        skips: From `encode`.
        filters: Channels of the second convolution at each size, from the smallest.
        resize: Sampling of the bilinear resizing.
        last_size: Side of the last convolution's kernel.
        start: What the names of the layers begin with.

    Returns:
        The map at full size.
    """
    for level, skip in reversed(list(enumerate(skips))):
        block = f"{start}up{level}"
        x = BilinearResize(resize, name=f"{block}_resize")(x, skip)
        x = conv(x, skip.shape[-1], f"{block}_conv1")
        x = layers.Add(name=f"{block}_add")([x, skip])
        size = 3 if level else last_size
        x = conv(x, filters[-1 - level], f"{block}_conv2", size=size)
    return x
