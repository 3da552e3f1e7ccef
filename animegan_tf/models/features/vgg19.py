"""VGG19's convolutional layers as a feature network."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers as keras_layers
from keras import ops

from animegan_tf.utils.array_file import read_arrays, read_shapes

LAYER_NAMES = tuple(
    f"block{block}_conv{index}"
    for block, count in enumerate((2, 2, 4, 4, 4), start=1)
    for index in range(1, count + 1)
)
# VGG19 has at most 512. A malicious file must not request layers that fill the memory.
_MAX_CHANNELS = 1024


@keras.saving.register_keras_serializable(package="animegan_tf")
class CaffePreprocessing(keras.layers.Layer):
    """Convert images in [-1, 1] to the input of the published VGG networks.

    It is not folded into the first convolution, since that one pads with zeros, which
    must stand for the mean color rather than gray.

    Input shape: `(batch, height, width, 3)`, RGB in [-1, 1].

    Output shape: the same, BGR in [0, 255] minus the mean color of ImageNet.
    """

    def call(self, inputs):
        """Return the preprocessed images."""
        mean = ops.convert_to_tensor([103.939, 116.779, 123.68], self.compute_dtype)
        return ops.flip(inputs, axis=-1) * 127.5 + (127.5 - mean)

    def compute_output_shape(self, input_shape):
        """Return the shape of the images."""
        return input_shape


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
    """Build a network in VGG19's layout that returns the feature maps of its layers.

    Each layer ends in a ReLU, and max pooling precedes every block but the first.

    Args:
        names: Names of all layers in order, `block1_conv1` and so on.
        convolve: Function from a feature map and a layer's name to the layer's output
            before the ReLU.
        outputs: Names of the layers whose feature maps are returned.
        preprocessing: Layer applied to the images first.
        pre_activation: Whether to return the feature maps before the ReLU.
        image_shape: `(height, width, 3)`; `None` accepts any size.
        dtype: Dtype policy of the layers; Keras' global policy by default.
        name: Name of the model.

    Returns:
        A `keras.Model` from images, `(batch, height, width, 3)`, to a dict from layer
        name, in the order of `outputs`, to float32 feature map,
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


def build_vgg19(weights, layers, *, dtype, **options) -> keras.Model:
    """Build VGG19 up to the deepest layer that `weights` has.

    Args:
        weights: Kernel and bias of each layer, in order, as `download_weights` and
            `read_weights` return them.
        layers: Names of the layers whose feature maps are returned.
        dtype: Dtype policy of the convolutions.
        **options: `pre_activation`, `image_shape` and `name` of `build_feature_chain`.

    Returns:
        A `keras.Model`, see `build_feature_chain`; its images are in [-1, 1].
    """

    def convolve(x, layer):
        # Keras' VGG19 fuses the ReLU; a separate layer gives access to its input.
        channels = weights[layer][0].shape[-1]
        return keras_layers.Conv2D(
            channels, 3, padding="same", dtype=dtype, name=layer
        )(x)

    model = build_feature_chain(
        weights,
        convolve,
        outputs=layers,
        preprocessing=CaffePreprocessing(dtype="float32", name="preprocessing"),
        dtype=dtype,
        **options,
    )
    for layer, arrays in weights.items():
        model.get_layer(layer).set_weights(arrays)
    return model


def download_weights(names) -> dict[str, tuple]:
    """Download ImageNet's VGG19 through Keras; return `{name: (kernel, bias)}`.

    Raises:
        ValueError: If the download fails.
    """
    try:
        vgg19 = keras.applications.VGG19(include_top=False, weights="imagenet")
    # Keras reports a failed download as a bare Exception.
    except Exception as error:
        reason = " ".join(str(error).split())
        raise ValueError(
            "The weights of VGG19 could not be downloaded; give a weights file instead "
            f"with --features FILE (source=FILE). Reason: {reason}"
        ) from error
    return {name: tuple(vgg19.get_layer(name).get_weights()) for name in names}


def read_weights(path: Path, names) -> dict[str, tuple]:
    """Read layers of an `.npz` file; return `{name: (kernel, bias)}`.

    Raises:
        ValueError: If the file cannot be read as such weights or lacks a layer.
    """
    source = str(path)
    try:
        shapes = read_shapes(path)
    except ValueError as error:
        raise ValueError(
            f"`source` must be an .npz file of numbers. {error}"
        ) from error
    keys = [f"{name}/{part}" for name in names for part in ("kernel", "bias")]
    missing = [key for key in keys if key not in shapes]
    if missing:
        raise ValueError(
            f"`source` must have the layers {names[0]} to {names[-1]}, and the file "
            f"lacks {missing[0]}: ask for shallower `layers`. "
            f"Received: source={source!r}"
        )
    _check_shapes(shapes, names, source)
    arrays = read_arrays(path, keys)
    for key, values in arrays.items():
        if not np.isfinite(values).all():
            raise ValueError(f"{key} in the `source` {source!r} is not finite.")
    return {name: (arrays[f"{name}/kernel"], arrays[f"{name}/bias"]) for name in names}


def _check_shapes(shapes, names, source):
    inputs = 3
    for name in names:
        kernel, bias = shapes[f"{name}/kernel"], shapes[f"{name}/bias"]
        fits = len(kernel) == 4 and kernel[:3] == (3, 3, inputs)
        if not fits or not 1 <= kernel[3] <= _MAX_CHANNELS or bias != kernel[3:]:
            raise ValueError(
                f"`source` must have a kernel of shape (3, 3, {inputs}, outputs) and a "
                f"bias of shape (outputs,) for {name}, with at most {_MAX_CHANNELS} "
                f"outputs. Received: source={source!r}, kernel.shape={kernel}, "
                f"bias.shape={bias}"
            )
        inputs = kernel[3]
