"""A small network that gives maps like those of VGG19's first three blocks."""

import types
from pathlib import Path

import keras
from keras import layers as keras_layers

from animegan_tf.models.features.chain import build_feature_chain
from animegan_tf.models.weights_io import load_weights_npz

BUNDLED_FILE = Path(__file__).parents[1] / "weights" / "features" / "compact.npz"

# Of every layer: channels of the map, then those between its three convolutions: after
# the 1x1 that reduces the map before it, and after the 3x3. 0 leaves the first out.
# Each number is the least at which the layer itself loses little, and a multiple of 4,
# for processors; together they take an eighth of VGG19's multiply-adds.
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
# The mean colour of ImageNet as RGB in [-1, 1], and what brings pictures to a
# deviation of about 1.
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
    """Build the network with random weights, to be trained by `training.distillation`.

    Like VGG19 it is a chain of layers with ReLU, of zero padding, with max pooling
    before blocks 2 and 3, and its maps have as many channels. But each layer is a 1x1
    convolution to few channels, a 3x3 among few, and a 1x1 to all, without anything
    between the three: the maps' channels depend on each other enough for that.

    Args:
        widths: Channels of each layer, as `WIDTHS`.
        pre_activation: Whether to give the maps before the ReLU rather than after it.
        image_shape: `(height, width, 3)`; `None` accepts any size.
        dtype: Dtype policy of the convolutions; Keras' global policy by default.
        name: Name of the model.

    Returns:
        A `keras.Model` from float RGB images in [-1, 1], `(batch, height, width, 3)`,
        to a dict from layer name to float32 map,
        `(batch, height / 2**(block - 1), width / 2**(block - 1), channels)`.

    Reference: Kim et al., 2016, https://arxiv.org/abs/1511.06530 (convolutions in
        three); Simonyan, Zisserman, 2015, https://arxiv.org/abs/1409.1556 (VGG19).
    """

    def convolve(x, layer):
        channels, before, after = widths[layer]
        # A bias before the last would make the padding other than zero.
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

    # Padding with zeros must stand for the mean colour.
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
    """Build the network with the weights that come with the package.

    Args:
        layers: Names of the layers to give, keys of `WIDTHS`. The network ends at the
            deepest.
        pre_activation: As `build_compact_features`.
        image_shape: As `build_compact_features`.
        dtype: As `build_compact_features`.
        name: Name of the model.

    Returns:
        What `build_compact_features` builds, with these layers' maps only.

    Raises:
        ValueError: If it has no such layer.
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
    """Multiply the maps of a network by channel, by changing its weights alone.

    Args:
        network: What `build_compact_features` built.
        scales: Positive factors by layer, `(channels,)`.
    """
    before = None
    for layer, factors in scales.items():
        if before is not None:
            # What comes in has been multiplied by the layer before.
            reduce = network.get_layer(f"{layer}_reduce").kernel
            reduce.assign(reduce / before[:, None])
        last = network.get_layer(layer)
        last.kernel.assign(last.kernel * factors)
        last.bias.assign(last.bias * factors)
        before = factors
