"""Projection heads of CUT: small MLPs on features of the generator's layers."""

from collections.abc import Sequence

import keras
from keras import layers

from animegan_tf.models.arguments import check_counts


def build_projection_heads(
    channels: Sequence[int], *, width=256, name="projection_heads"
) -> keras.Model:
    """Build one two-layer MLP for each of several layers' patches.

    Args:
        channels: Channels of each layer's features, at least one layer.
        width: Channels of the hidden layer and of the result, at least 1.
        name: Name of the model.

    Returns:
        A `keras.Model` from a list of features, `(batch, patches, channels)`, to a
        list of float32 unit vectors, `(batch, patches, width)`; for a single layer
        Keras returns the tensor without the list.

    Raises:
        ValueError: If `channels` is empty or `width` is less than 1.

    Reference: Park et al., 2020, https://arxiv.org/abs/2007.15651, section 3.
    """
    if not channels:
        raise ValueError(
            f"`channels` must name at least one layer. Received: channels={channels}"
        )
    check_counts(width=width)
    inputs, outputs = [], []
    for index, count in enumerate(channels):
        patches = keras.Input((None, count), name=f"patches{index}")
        x = layers.Dense(width, activation="relu", name=f"hidden{index}")(patches)
        x = layers.Dense(width, name=f"projection{index}")(x)
        # Rounding the lengths would change similarities by more than training does.
        x = layers.UnitNormalization(dtype="float32", name=f"unit{index}")(x)
        inputs.append(patches)
        outputs.append(x)
    return keras.Model(inputs, outputs, name=name)
