"""Count what a network computes."""

import math

import keras


def count_multiply_adds(model: keras.Model) -> int:
    """Count the multiplications, each with an addition, of a model's `Conv2D` layers.

    Args:
        model: Functional model of a known image size, called once.

    Returns:
        The number for one picture.

    Raises:
        ValueError: If the size is not known.
    """
    if None in model.input.shape[1:]:
        raise ValueError(
            "`model` must be built for a known image size, such as with "
            f"image_shape=(256, 256, 3). Received: input shape {model.input.shape}"
        )
    return sum(
        math.prod(layer.kernel.shape) * math.prod(layer.output.shape[1:3])
        for layer in model.layers
        if isinstance(layer, keras.layers.Conv2D)
    )
