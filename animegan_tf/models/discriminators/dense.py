"""A fully connected discriminator: one logit per image."""

import keras
from keras import layers

from animegan_tf.models.arguments import check_counts, check_rate
from animegan_tf.models.discriminators.whole_image import image_input, score_layer


def build_dense_discriminator(
    image_shape=None,
    *,
    image_size=256,
    width=64,
    num_layers=2,
    dropout=0.3,
    slope=0.2,
    from_logits=True,
    name="dense_discriminator",
) -> keras.Model:
    """Build a fully connected discriminator: one logit per image.

    Args:
        image_shape: `(height, width, channels)`, all known, or `None` for
            `(image_size, image_size, 3)`.
        image_size: Side of square color images, in pixels. The first layer has
            `3 * width` weights for each pixel.
        width: Units of a hidden layer, at least 1.
        num_layers: Number of hidden layers, at least 1.
        dropout: Dropout rate after each hidden layer, in [0, 1).
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

    Reference: Goodfellow et al., 2014, https://arxiv.org/abs/1406.2661.
    """
    check_counts(width=width, num_layers=num_layers)
    check_rate(dropout=dropout)
    stack = [image_input(image_shape, image_size), layers.Flatten(name="pixels")]
    for level in range(1, num_layers + 1):
        block = f"hidden{level}"
        stack += [
            layers.Dense(width, name=block),
            layers.LeakyReLU(slope, name=f"{block}_act"),
            layers.Dropout(dropout, name=f"{block}_dropout"),
        ]
    return keras.Sequential([*stack, score_layer(from_logits)], name=name)
