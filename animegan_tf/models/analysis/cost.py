"""Count the multiply-adds of a network."""

import math

import keras

from animegan_tf.models.layers import ExternalAttention, SpectralNormConv2D

_CONVOLUTIONS = (
    keras.layers.Conv2D,
    keras.layers.Dense,
    keras.layers.DepthwiseConv2D,
    SpectralNormConv2D,
)


def count_multiply_adds(model: keras.Model) -> int:
    """Count the multiply-adds of a model's convolutions and matrix products.

    Args:
        model: Functional or sequential model of a known input size, whose layers may be
            such models; each layer is called once.

    Returns:
        The number of multiply-adds for one image.

    Raises:
        ValueError: If the size is not known.
    """
    shape = model.inputs[0].shape
    if None in shape[1:]:
        raise ValueError(
            "`model` must be built for a known image size, such as with "
            f"image_shape=(256, 256, 3). Received: input shape {shape}"
        )
    return sum(_count(layer) for layer in model.layers)


def _count(layer) -> int:
    if isinstance(layer, keras.Model):
        return count_multiply_adds(layer)
    if isinstance(layer, _CONVOLUTIONS):
        return math.prod(layer.kernel.shape) * math.prod(layer.output.shape[1:-1])
    if isinstance(layer, keras.layers.Conv2DTranspose):
        return math.prod(layer.kernel.shape) * math.prod(layer.input.shape[1:-1])
    if isinstance(layer, ExternalAttention):
        # To the slots and back.
        return 2 * math.prod(layer.kernel.shape) * math.prod(layer.output.shape[1:-1])
    return 0
