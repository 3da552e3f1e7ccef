"""Frozen feature networks for perceptual losses: VGG19, or the bundled network."""

from pathlib import Path

import keras

from animegan_tf.models.arguments import FEATURE_SOURCES
from animegan_tf.models.features.compact import build_bundled_features
from animegan_tf.models.features.vgg19 import (
    LAYER_NAMES,
    build_vgg19,
    download_weights,
    read_weights,
)
from animegan_tf.utils.checks import check_path
from animegan_tf.utils.messages import suggestion


def build_feature_extractor(
    source="vgg19",
    layers=("block1_conv1", "block2_conv1", "block3_conv1", "block4_conv1"),
    *,
    pre_activation=False,
    image_shape=(None, None, 3),
    dtype=None,
    name="feature_extractor",
) -> keras.Model:
    """Build a frozen network from images to feature maps.

    Args:
        source: `"vgg19"` downloads ImageNet's VGG19 through Keras (80 MB, once).
            `"bundled"` is a network that comes with the package: it approximates the
            feature maps of VGG19's blocks 1 to 3 at an eighth of the cost. A path of
            an `.npz` file takes the weights from there: `block1_conv1/kernel`,
            `(3, 3, inputs, outputs)`, `block1_conv1/bias` and so on, with the names of
            Keras' VGG19, as many layers as the file has and as wide.
        layers: Names of the layers to return, any of `vgg19.LAYER_NAMES`. The network
            ends at the deepest.
        pre_activation: Whether to return the feature maps before the ReLU.
        image_shape: `(height, width, 3)`; `None` accepts any size.
        dtype: Dtype policy of the convolutions; Keras' global policy by default.
        name: Name of the model.

    Returns:
        A `keras.Model` from float RGB images in [-1, 1], `(batch, height, width, 3)`,
        to a dict from layer name to float32 feature map,
        `(batch, height / 2**(block - 1), width / 2**(block - 1), channels)`.

    Raises:
        ValueError: If a layer is unknown or not in the source, the file cannot be read
            as such weights, or the download fails.

    Reference: Simonyan, Zisserman, 2015, https://arxiv.org/abs/1409.1556.
    """
    check_path(source=source)
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
        weights = _get_weights(source, LAYER_NAMES[: depth + 1])
        model = build_vgg19(weights, layers, **options)
    model.trainable = False
    return model


def _get_weights(source, names):
    if source == "vgg19":
        return download_weights(names)
    path = Path(source)
    if not path.is_file():
        raise ValueError(
            f"`source` must be one of {', '.join(FEATURE_SOURCES)} or the path of an "
            f".npz file. {suggestion(source, FEATURE_SOURCES)}"
            f"Received: source={str(source)!r}"
        )
    return read_weights(path, names)
