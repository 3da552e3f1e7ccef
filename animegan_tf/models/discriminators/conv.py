"""A plain convolutional discriminator: one logit per image."""

import keras
from keras import layers

from animegan_tf.models.arguments import check_counts, check_rate
from animegan_tf.models.discriminators.whole_image import image_input, score_layer


def build_conv_discriminator(
    image_shape=None,
    *,
    image_size=256,
    width=128,
    num_downsamples=2,
    dropout=0.3,
    slope=0.2,
    from_logits=True,
    name="conv_discriminator",
) -> keras.Model:
    """Build a plain convolutional discriminator: one logit per image.

    Args:
        image_shape: `(height, width, channels)`, all known, or `None` for
            `(image_size, image_size, 3)`.
        image_size: Side of square color images, in pixels.
        width: Channels of every 5x5 convolution with stride 2, at least 1.
        num_downsamples: Number of these convolutions, at least 1.
        dropout: Dropout rate after each convolution, in [0, 1).
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
    """
    check_counts(width=width, num_downsamples=num_downsamples)
    check_rate(dropout=dropout)
    stack = [image_input(image_shape, image_size)]
    for level in range(1, num_downsamples + 1):
        block = f"level{level}"
        stack += [
            layers.Conv2D(width, 5, strides=2, padding="same", name=block),
            layers.LeakyReLU(slope, name=f"{block}_act"),
            layers.Dropout(dropout, name=f"{block}_dropout"),
        ]
    stack += [layers.Flatten(name="map"), score_layer(from_logits)]
    return keras.Sequential(stack, name=name)
