"""SqueezeNet 1.0 from a weights file: a feature extractor for evaluation."""

import os
from pathlib import Path

import keras
import numpy as np
from keras import layers as keras_layers

from animegan_tf.utils.array_file import read_arrays, read_shapes

# Filters of each fire module: of its 1x1 squeeze convolution, and of each of its two
# expand convolutions.
_FIRE_WIDTHS = {
    "fire2": (16, 64),
    "fire3": (16, 64),
    "fire4": (32, 128),
    "fire5": (32, 128),
    "fire6": (48, 192),
    "fire7": (48, 192),
    "fire8": (64, 256),
    "fire9": (64, 256),
}
_STEM_WIDTH = 96
_NUM_CLASSES = 1000
_POOLED = ("conv1", "fire4", "fire8")
# Mean color of ImageNet, RGB, in the whole numbers of the published network.
_MEAN_COLOR = (123.0, 117.0, 104.0)
_LOGITS = "logits"
_MINIMUM_SIZE = 32
LAYER_NAMES = ("conv1", *_FIRE_WIDTHS, _LOGITS)


def build_squeezenet(
    source,
    layers=("conv1", "fire2", "fire3", "fire4", "fire5"),
    *,
    image_shape=(None, None, 3),
    dtype=None,
    name="squeezenet",
) -> keras.Model:
    """Build a frozen SqueezeNet 1.0 from images to feature maps.

    Styles are trained with VGG19's features. SqueezeNet shares neither architecture nor
    weights with VGG19, so that its features give an independent measure.

    Args:
        source: Path of an `.npz` file: `conv1/kernel`, `(7, 7, 3, 96)`, for BGR input,
            and `conv1/bias`; for `fire2` to `fire9` the same of `fire2/squeeze1x1`,
            `fire2/expand1x1` and `fire2/expand3x3`; and of `conv10`, which only
            `"logits"` need.
        layers: Names of the layers to return, any of `LAYER_NAMES`. The network ends at
            the deepest.
        image_shape: `(height, width, 3)`, at least 32 pixels a side; `None` accepts any
            such size.
        dtype: Dtype policy of the convolutions; Keras' global policy by default.
        name: Name of the model.

    Returns:
        A `keras.Model` from float RGB images in [-1, 1], `(batch, height, width, 3)`,
        to a dict from layer name to float32 feature map after the ReLU,
        `(batch, rows, columns, channels)`: `conv1` at 1/2 of the size, `fire2` to
        `fire4` at 1/4, `fire5` to `fire8` at 1/8, `fire9` at 1/16. `"logits"` are
        `(batch, 1000)`, for the classes of ImageNet.

    Raises:
        FileNotFoundError: If the file does not exist.
        ValueError: If a layer is unknown, the size is too small, or the file does not
            contain these weights.

    Reference: Iandola et al., 2016, https://arxiv.org/abs/1602.07360.
    """
    layers = tuple(layers)
    if not layers or not set(layers) <= set(LAYER_NAMES):
        raise ValueError(
            f"`layers` must be some of {', '.join(LAYER_NAMES)}. "
            f"Received: layers={layers}"
        )
    if min(side or _MINIMUM_SIZE for side in image_shape[:2]) < _MINIMUM_SIZE:
        raise ValueError(
            f"`image_shape` must be at least {_MINIMUM_SIZE} pixels a side. "
            f"Received: image_shape={image_shape}"
        )
    depth = max(LAYER_NAMES.index(layer) for layer in layers)
    image = keras.Input(image_shape, name="image")
    x = keras_layers.Rescaling(
        127.5,
        [127.5 - mean for mean in _MEAN_COLOR],
        dtype="float32",
        name="preprocessing",
    )(image)
    maps = {}
    for index, layer in enumerate(LAYER_NAMES[: depth + 1]):
        if layer == "conv1":
            x = _convolve(_STEM_WIDTH, 7, dtype, layer, strides=2, padding="valid")(x)
        elif layer == _LOGITS:
            x = _convolve(_NUM_CLASSES, 1, dtype, "conv10")(x)
            x = keras_layers.GlobalAveragePooling2D(dtype="float32", name=layer)(x)
        else:
            x = _fire(x, layer, dtype)
        if layer in layers:
            cast = keras_layers.Identity(dtype="float32", name=f"{layer}_features")
            maps[layer] = cast(x)
        if layer in _POOLED and index < depth:
            # Caffe's pooling includes windows that extend beyond the right and bottom
            # border. The maps are at least 0, so zero padding changes no maximum.
            x = keras_layers.ZeroPadding2D(((0, 1), (0, 1)), name=f"{layer}_pad")(x)
            x = keras_layers.MaxPooling2D(3, 2, dtype=dtype, name=f"{layer}_pool")(x)
    model = keras.Model(image, {layer: maps[layer] for layer in layers}, name=name)
    _load_weights(model, source)
    model.trainable = False
    return model


def is_squeezenet_file(source) -> bool:
    """Return whether `source` is the path of a file for `build_squeezenet`."""
    if not isinstance(source, str | os.PathLike) or not Path(source).is_file():
        return False
    try:
        return "conv1/kernel" in read_shapes(source)
    except ValueError:
        return False


def _fire(x, layer, dtype):
    """Squeeze the channels with a 1x1 convolution; expand with a 1x1 and a 3x3."""
    squeezed, expanded = _FIRE_WIDTHS[layer]
    x = _convolve(squeezed, 1, dtype, f"{layer}_squeeze1x1")(x)
    branches = [
        _convolve(expanded, size, dtype, f"{layer}_expand{size}x{size}")(x)
        for size in (1, 3)
    ]
    return keras_layers.Concatenate(dtype=dtype, name=layer)(branches)


def _convolve(width, size, dtype, name, *, strides=1, padding="same"):
    return keras_layers.Conv2D(
        width,
        size,
        strides=strides,
        padding=padding,
        activation="relu",
        dtype=dtype,
        name=name,
    )


def _load_weights(model, source) -> None:
    path = Path(source)
    if not path.is_file():
        raise FileNotFoundError(f"No such weights file: {str(path)!r}")
    convolutions = {
        layer.name.replace("_", "/"): layer
        for layer in model.layers
        if isinstance(layer, keras_layers.Conv2D)
    }
    expected = {
        f"{name}/{part}": tuple(weight.shape)
        for name, layer in convolutions.items()
        for part, weight in (("kernel", layer.kernel), ("bias", layer.bias))
    }
    found = read_shapes(path)
    for key, shape in expected.items():
        if found.get(key) != shape:
            raise ValueError(
                f"`source` must contain {key} of shape {shape}. Received: "
                f"source={str(source)!r}, with shape {found.get(key)}"
            )
    arrays = read_arrays(path, list(expected))
    for key, values in arrays.items():
        if not np.isfinite(values).all():
            raise ValueError(
                f"`source` must contain finite weights. Received: "
                f"source={str(source)!r}, where {key} is not finite"
            )
    # The published network takes BGR, this one RGB.
    arrays["conv1/kernel"] = arrays["conv1/kernel"][:, :, ::-1]
    for name, layer in convolutions.items():
        layer.set_weights([arrays[f"{name}/kernel"], arrays[f"{name}/bias"]])
