"""A frozen network of perceptual features: VGG19's layout, weights from a source."""

from pathlib import Path

import keras
import numpy as np
from keras import layers as keras_layers
from keras import ops

from animegan_tf.models.features.chain import build_feature_chain
from animegan_tf.models.features.compact import build_bundled_features
from animegan_tf.utils.array_file import read_arrays, read_shapes
from animegan_tf.utils.messages import suggestion

_CONVOLUTIONS_PER_BLOCK = (2, 2, 4, 4, 4)
# VGG19 has 512; a hostile file may not claim layers that fill the memory.
_MAX_CHANNELS = 1024
LAYER_NAMES = tuple(
    f"block{block}_conv{index}"
    for block, count in enumerate(_CONVOLUTIONS_PER_BLOCK, start=1)
    for index in range(1, count + 1)
)


@keras.saving.register_keras_serializable(package="animegan_tf")
class CaffePreprocessing(keras.layers.Layer):
    """Turn images in [-1, 1] into what the published VGG networks were trained on.

    It is a layer rather than a part of the first convolution, because that one pads
    with zeros: they must stand for the mean colour, not for grey.

    Input shape: `(batch, height, width, 3)`, RGB in [-1, 1].

    Output shape: the same, BGR in [0, 255] minus the mean colour of ImageNet.
    """

    def call(self, inputs):
        """Return the images as the network wants them."""
        mean = ops.convert_to_tensor([103.939, 116.779, 123.68], self.compute_dtype)
        return ops.flip(inputs, axis=-1) * 127.5 + (127.5 - mean)

    def compute_output_shape(self, input_shape):
        """Return the shape of the images."""
        return input_shape


def build_feature_extractor(
    source="vgg19",
    layers=("block1_conv1", "block2_conv1", "block3_conv1", "block4_conv1"),
    *,
    pre_activation=False,
    image_shape=(None, None, 3),
    dtype=None,
    name="feature_extractor",
) -> keras.Model:
    """Build a frozen network that turns pictures into feature maps.

    Args:
        source: `"vgg19"` downloads ImageNet's VGG19 through Keras (80 MB, once).
            `"bundled"` is a network an eighth as dear that comes with the package and
            gives maps like those of VGG19's blocks 1 to 3. A path of an `.npz` file
            takes the weights from there: `block1_conv1/kernel`,
            `(3, 3, inputs, outputs)`, and `block1_conv1/bias` and so on, with the
            names of Keras' VGG19, as many layers as the file has and as wide.
        layers: Names of the layers to give, any of `LAYER_NAMES`. The network ends at
            the deepest.
        pre_activation: Whether to give the maps before the ReLU rather than after it.
        image_shape: `(height, width, 3)`; `None` accepts any size.
        dtype: Dtype policy of the convolutions; Keras' global policy by default.
        name: Name of the model.

    Returns:
        A `keras.Model` from float RGB images in [-1, 1], `(batch, height, width, 3)`,
        to a dict from layer name to float32 map,
        `(batch, height / 2**(block - 1), width / 2**(block - 1), channels)`.

    Raises:
        ValueError: If a layer is unknown or not in the source, the file cannot be read
            as such weights, or the download fails.

    Reference: Simonyan, Zisserman, 2015, https://arxiv.org/abs/1409.1556.
    """
    layers = tuple(layers)
    if not layers or not set(layers) <= set(LAYER_NAMES):
        raise ValueError(
            f"`layers` must be some of {', '.join(LAYER_NAMES)}. "
            f"Received: layers={layers}"
        )
    options = {
        "pre_activation": pre_activation,
        "image_shape": image_shape,
        "dtype": dtype,
        "name": name,
    }
    if source == "bundled":
        model = build_bundled_features(layers, **options)
    else:
        depth = max(LAYER_NAMES.index(layer) for layer in layers)
        weights = _read_weights(source, LAYER_NAMES[: depth + 1])
        model = _build_vgg(weights, layers, **options)
    model.trainable = False
    return model


def _build_vgg(weights, layers, *, dtype, **options):
    def convolve(x, layer):
        # Keras' VGG19 fuses the ReLU; apart, the map before it can be had as well.
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


def _read_weights(source, names):
    """Return `{name: (kernel, bias)}` of the layers, checked to fit each other."""
    if source in SOURCES:
        return SOURCES[source](names)
    return _read_file(source, names)


def _download_vgg19(names):
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


def _read_file(source, names):
    path, known = Path(source), ("bundled", *SOURCES)
    if not path.is_file():
        raise ValueError(
            f"`source` must be one of {', '.join(known)} or the path of an .npz "
            f"file. {suggestion(source, known)}Received: source={str(source)!r}"
        )
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
            f"Received: source={str(source)!r}"
        )
    _check_shapes(shapes, names, source)
    arrays = read_arrays(path, keys)
    for key, values in arrays.items():
        if not np.isfinite(values).all():
            raise ValueError(f"{key} in the `source` {str(source)!r} is not finite.")
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
                f"outputs. Received: source={str(source)!r}, kernel.shape={kernel}, "
                f"bias.shape={bias}"
            )
        inputs = kernel[3]


SOURCES = {"vgg19": _download_vgg19}
