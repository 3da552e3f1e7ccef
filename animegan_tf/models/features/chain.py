"""A chain of layers in VGG19's layout, each of which can give its feature map."""

from collections.abc import Callable, Iterable
from typing import Any

import keras
from keras import layers as keras_layers


def build_feature_chain(
    names: Iterable[str],
    convolve: Callable[[Any, str], Any],
    *,
    outputs: Iterable[str],
    preprocessing: keras.layers.Layer,
    pre_activation: bool = False,
    image_shape=(None, None, 3),
    dtype=None,
    name: str,
) -> keras.Model:
    """Build a chain with a ReLU after each layer, and max pooling before each block.

    Args:
        names: Names of all layers in order, `block1_conv1` and so on. The first of
            every block but the first is preceded by the pooling.
        convolve: Function of a map and a layer's name to what the layer makes of it,
            before the ReLU.
        outputs: Those of the layers whose maps to give.
        preprocessing: Layer that the images go through first.
        pre_activation: Whether to give the maps before the ReLU rather than after it.
        image_shape: `(height, width, 3)`; `None` accepts any size.
        dtype: Dtype policy of the chain; Keras' global policy by default.
        name: Name of the model.

    Returns:
        A `keras.Model` from images, `(batch, height, width, 3)`, to a dict from layer
        name, in the order of `outputs`, to float32 map,
        `(batch, height / 2**(block - 1), width / 2**(block - 1), channels)`.

    Reference: Simonyan, Zisserman, 2015, https://arxiv.org/abs/1409.1556 (VGG19).
    """
    outputs = tuple(outputs)
    image = keras.Input(image_shape, name="image")
    x = preprocessing(image)
    maps = {}
    for layer in names:
        if layer.endswith("conv1") and layer != "block1_conv1":
            x = keras_layers.MaxPooling2D(dtype=dtype, name=f"{layer[:6]}_input")(x)
        linear = convolve(x, layer)
        x = keras_layers.ReLU(dtype=dtype, name=f"{layer}_relu")(linear)
        if layer in outputs:
            features = linear if pre_activation else x
            cast = keras_layers.Identity(dtype="float32", name=f"{layer}_features")
            maps[layer] = cast(features)
    return keras.Model(image, {layer: maps[layer] for layer in outputs}, name=name)
