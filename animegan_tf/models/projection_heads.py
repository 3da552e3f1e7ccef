"""Small networks that make features of a generator's layers comparable."""

from collections.abc import Sequence

import keras
from keras import layers


def build_projection_heads(
    channels: Sequence[int], *, width=256, name="projection_heads"
) -> keras.Model:
    """Build one two-layer perceptron for each of several layers' patches.

    Args:
        channels: Channels of each layer's features, at least one layer.
        width: Channels of the hidden layer and of the result, at least 1.
        name: Name of the model.

    Returns:
        A `keras.Model` from a list of features, `(batch, patches, channels)`, to a
        list of float32 unit vectors, `(batch, patches, width)`; of a single layer
        Keras returns them without the list.

    Raises:
        ValueError: If `channels` is empty or `width` is less than 1.

    Reference: Park et al., 2020, https://arxiv.org/abs/2007.15651, section 3.
    """
    if not channels:
        raise ValueError(
            f"`channels` must name at least one layer. Received: channels={channels}"
        )
    if width < 1:
        raise ValueError(f"`width` must be at least 1. Received: width={width}")
    inputs, outputs = [], []
    for index, count in enumerate(channels):
        patches = keras.Input((None, count), name=f"patches{index}")
        x = layers.Dense(width, activation="relu", name=f"hidden{index}")(patches)
        x = layers.Dense(width, name=f"projection{index}")(x)
        # Rounded lengths would move similarities by more than training does.
        x = layers.UnitNormalization(dtype="float32", name=f"unit{index}")(x)
        inputs.append(patches)
        outputs.append(x)
    return keras.Model(inputs, outputs, name=name)
