"""Count the multiply-adds of a network."""

import math

import keras


def count_multiply_adds(model: keras.Model) -> int:
    """Count the multiply-adds of a model's `Conv2D` layers for one image.

    Args:
        model: Functional model of a known image size; each layer is called once.

    Returns:
        The number of multiply-adds.

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
