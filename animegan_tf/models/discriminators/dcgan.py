"""DCGAN's discriminator: one logit per image."""

import keras
from keras import layers

from animegan_tf.models.arguments import check_counts
from animegan_tf.models.discriminators.whole_image import image_input, score_layer

# Real and generated images come in separate batches, and the moving statistics must
# follow both.
_MOMENTUM = 0.8


def build_dcgan_discriminator(
    image_shape=None,
    *,
    image_size=256,
    width=64,
    num_downsamples=4,
    slope=0.2,
    from_logits=True,
    name="dcgan_discriminator",
) -> keras.Model:
    """Build DCGAN's discriminator: strided convolutions with batch normalization.

    Args:
        image_shape: `(height, width, channels)`, all known, or `None` for
            `(image_size, image_size, 3)`.
        image_size: Side of square color images, in pixels.
        width: Channels of the first convolution, at least 1; they double at each
            further one, up to 8 times as many.
        num_downsamples: Number of 4x4 convolutions with stride 2, at least 1.
        slope: Negative slope of the leaky ReLU.
        from_logits: Whether the output is an unbounded logit; otherwise it is the
            probability of being real, in [0, 1].
        name: Name of the model.

    Returns:
        A `keras.Sequential` from float images in [-1, 1],
        `(batch, height, width, channels)`, to float32 logits or probabilities,
        `(batch, 1)`.

    Raises:
        ValueError: If an argument is out of range or a size unknown.

    Reference: Radford et al., 2016, https://arxiv.org/abs/1511.06434.
    """
    check_counts(width=width, num_downsamples=num_downsamples)
    stack = [image_input(image_shape, image_size)]
    for level in range(1, num_downsamples + 1):
        block, normalized = f"level{level}", level > 1
        filters = width * min(2 ** (level - 1), 8)
        convolution = layers.Conv2D(
            filters, 4, strides=2, padding="same", use_bias=not normalized, name=block
        )
        stack.append(convolution)
        # The first layer stays unnormalized, so the contrast of the images is visible.
        if normalized:
            norm = layers.BatchNormalization(momentum=_MOMENTUM, name=f"{block}_norm")
            stack.append(norm)
        stack.append(layers.LeakyReLU(slope, name=f"{block}_act"))
    stack += [layers.Flatten(name="map"), score_layer(from_logits)]
    return keras.Sequential(stack, name=name)
