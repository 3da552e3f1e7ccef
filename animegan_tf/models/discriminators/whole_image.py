"""The input and output layers of discriminators that score whole images."""

import keras
from keras import layers

from animegan_tf.models.arguments import check_counts


def image_input(image_shape, image_size: int):
    """Return the input of images of one fixed size.

    Args:
        image_shape: `(height, width, channels)`, or `None` for
            `(image_size, image_size, 3)`.
        image_size: Side of square color images, in pixels.

    Raises:
        ValueError: If a size is unknown.
    """
    if image_shape is None:
        check_counts(image_size=image_size)
        image_shape = (image_size, image_size, 3)
    if len(image_shape) != 3 or None in image_shape:
        raise ValueError(
            "`image_shape` must have a known height, width and number of channels, "
            "since the last dense layer has weights for every position. "
            f"Received: image_shape={image_shape}"
        )
    return keras.Input(image_shape, name="image")


def score_layer(from_logits: bool) -> layers.Dense:
    """Return the last layer: one logit per image, or one probability."""
    # float32 keeps the loss exact under mixed precision.
    return layers.Dense(
        1,
        activation=None if from_logits else "sigmoid",
        dtype="float32",
        name="logits" if from_logits else "probabilities",
    )
