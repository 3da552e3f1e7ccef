"""The bundled feature network: a compact approximation of VGG19's blocks 1 to 3."""

import types
from pathlib import Path

import keras
from keras import layers as keras_layers

from animegan_tf.models.features.vgg19 import build_feature_chain
from animegan_tf.models.weights_io import load_weights_npz

BUNDLED_FILE = Path(__file__).parents[2] / "weights" / "features" / "compact.npz"

# Channels of each layer's feature map, of its first 1x1 convolution (0: none) and of
# its 3x3 convolution. Each is the smallest multiple of 4 at which the layer loses
# little; in total the network needs an eighth of VGG19's multiply-adds.
WIDTHS = types.MappingProxyType(
    {
        "block1_conv1": (64, 0, 12),
        "block1_conv2": (64, 12, 16),
        "block2_conv1": (128, 20, 32),
        "block2_conv2": (128, 32, 32),
        "block3_conv1": (256, 36, 48),
        "block3_conv2": (256, 64, 64),
        "block3_conv3": (256, 64, 64),
        "block3_conv4": (256, 64, 64),
    }
)
# The mean color of ImageNet as RGB in [-1, 1], and the factor that gives images a
# standard deviation of about 1.
_MEAN_COLOR = (-0.0300, -0.0841, -0.1848)
_INPUT_SCALE = 2.0


def build_compact_features(
    *,
    widths=WIDTHS,
    pre_activation: bool = False,
    image_shape=(None, None, 3),
    dtype=None,
    name: str = "compact_features",
) -> keras.Model:
    """Build the compact network with random weights, for `training.distillation`.

    Its layout and its feature maps have the shape of VGG19's. But each 3x3 convolution
    is factored into a 1x1 to few channels, a 3x3 on these, and a 1x1 to all channels,
    without an activation between them: the channels of the feature maps are correlated
    enough for such a low rank.

    Args:
        widths: Channels of each layer, as `WIDTHS`.
        pre_activation: Whether to return the feature maps before the ReLU.
        image_shape: `(height, width, 3)`; `None` accepts any size.
        dtype: Dtype policy of the convolutions; Keras' global policy by default.
        name: Name of the model.

    Returns:
        A `keras.Model` from float RGB images in [-1, 1], `(batch, height, width, 3)`,
        to a dict from layer name to float32 feature map,
        `(batch, height / 2**(block - 1), width / 2**(block - 1), channels)`.

    Reference: Kim et al., 2016, https://arxiv.org/abs/1511.06530 (factored
    convolutions); Simonyan, Zisserman, 2015, https://arxiv.org/abs/1409.1556 (VGG19).
    """

    def convolve(x, layer):
        channels, before, after = widths[layer]
        # A bias before the last convolution would not be zero in the padding.
        options = {
            "padding": "same",
            "use_bias": False,
            "kernel_initializer": "lecun_normal",
            "dtype": dtype,
        }
        if before:
            x = keras_layers.Conv2D(before, 1, name=f"{layer}_reduce", **options)(x)
        x = keras_layers.Conv2D(after, 3, name=f"{layer}_space", **options)(x)
        return keras_layers.Conv2D(
            channels, 1, kernel_initializer="he_normal", dtype=dtype, name=layer
        )(x)

    # Zero padding must stand for the mean color.
    offset = [-_INPUT_SCALE * mean for mean in _MEAN_COLOR]
    return build_feature_chain(
        widths,
        convolve,
        outputs=widths,
        preprocessing=keras_layers.Rescaling(
            [_INPUT_SCALE] * 3, offset, dtype="float32", name="preprocessing"
        ),
        pre_activation=pre_activation,
        image_shape=image_shape,
        dtype=dtype,
        name=name,
    )


def build_bundled_features(
    layers, *, pre_activation=False, image_shape=(None, None, 3), dtype=None, name=None
) -> keras.Model:
    """Build the compact network with the weights that come with the package.

    Args:
        layers: Names of the layers to return, keys of `WIDTHS`. The network ends at
            the deepest.
        pre_activation: As `build_compact_features`.
        image_shape: As `build_compact_features`.
        dtype: As `build_compact_features`.
        name: Name of the model.

    Returns:
        A `keras.Model`, see `build_compact_features`, with these outputs alone.

    Raises:
        ValueError: If a layer is not among `WIDTHS`.
    """
    missing = [layer for layer in layers if layer not in WIDTHS]
    if missing:
        raise ValueError(
            f"`layers` of the bundled network must be some of {', '.join(WIDTHS)}; "
            f"VGG19 itself goes deeper. Received: layers={tuple(layers)}"
        )
    whole = build_compact_features(
        pre_activation=pre_activation, image_shape=image_shape, dtype=dtype
    )
    load_weights_npz(whole, BUNDLED_FILE)
    return keras.Model(
        whole.input, {layer: whole.output[layer] for layer in layers}, name=name
    )


def scale_maps(network: keras.Model, scales) -> None:
    """Scale the channels of a network's feature maps by changing its weights.

    Args:
        network: Model of `build_compact_features`; changed in place.
        scales: Positive factors of each layer, `(channels,)`.
    """
    before = None
    for layer, factors in scales.items():
        if before is not None:
            # Undo the scale of the previous layer's outputs.
            reduce = network.get_layer(f"{layer}_reduce").kernel
            reduce.assign(reduce / before[:, None])
        last = network.get_layer(layer)
        last.kernel.assign(last.kernel * factors)
        last.bias.assign(last.bias * factors)
        before = factors
