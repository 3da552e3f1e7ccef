from fractions import Fraction

import keras
import pytest
from keras import layers

from animegan_tf.models.analysis.receptive_field_rules import Span, rule_of
from animegan_tf.models.layers import (
    DepthToSpace,
    ReflectionPadding2D,
    SpaceToDepth,
    SpectralNormConv2D,
)


def span(step, first, last):
    return Span(Fraction(step), Fraction(first), Fraction(last))


# Position i of a map that has a position every 2 pixels sees 2 i - 1 to 2 i + 3.
BEFORE = span(2, -1, 3)


@pytest.mark.parametrize(
    ("layer", "after"),
    [
        (layers.LeakyReLU(), BEFORE),
        (layers.Dense(4), BEFORE),
        (layers.BatchNormalization(), BEFORE),
        (layers.LayerNormalization(), BEFORE),
        # Taps i, i + 1, i + 2; the last of them sees 2 (i + 2) + 3.
        (layers.Conv2D(4, 3), span(2, -1, 7)),
        (layers.Conv2D(4, 3, padding="same"), span(2, -3, 5)),
        (SpectralNormConv2D(4, 3), span(2, -3, 5)),
        (layers.DepthwiseConv2D(3, padding="same"), span(2, -3, 5)),
        (layers.SeparableConv2D(4, 3, padding="same"), span(2, -3, 5)),
        (layers.Conv2D(4, 3, dilation_rate=2), span(2, -1, 11)),
        # Kernel 3, stride 2, even size: one zero, after the last.
        (layers.Conv2D(4, 3, strides=2, padding="same"), span(4, -1, 7)),
        (layers.Conv2D(4, 4, strides=2, padding="same"), span(4, -3, 7)),
        (layers.MaxPooling2D(2), span(4, -1, 5)),
        (layers.AveragePooling2D(3, strides=1, padding="same"), span(2, -3, 5)),
        (SpaceToDepth(4), span(8, -1, 9)),
        # Position 3 of the doubled map is position 1 of the old, which sees from 1 on.
        (DepthToSpace(2), span(1, -2, 3)),
        (layers.UpSampling2D(2), span(1, -2, 3)),
        # Position i mixes those around i / 2 - 1/4: at most one either way.
        (
            layers.UpSampling2D(2, interpolation="bilinear"),
            span(1, Fraction(-7, 2), Fraction(9, 2)),
        ),
        # Position i takes taps 0 to 3 of positions (i + 1 - tap) / 2.
        (layers.Conv2DTranspose(4, 4, strides=2, padding="same"), span(1, -3, 4)),
        (layers.Conv2DTranspose(4, 2, strides=2), span(1, -2, 3)),
        (ReflectionPadding2D(3), span(2, -7, -3)),
        (layers.ZeroPadding2D(1), span(2, -3, 1)),
        (layers.Cropping2D(1), span(2, 1, 5)),
    ],
)
def test_layer_sees_what_follows_from_its_arguments(layer, after):
    assert [rule_of(layer)(layer, axis, BEFORE) for axis in (0, 1)] == [after] * 2


def test_rows_and_columns_have_their_own():
    layer = layers.Conv2D(4, (1, 3), padding="same")
    rule = rule_of(layer)
    assert rule(layer, 0, BEFORE) == BEFORE
    assert rule(layer, 1, BEFORE) == span(2, -3, 5)


@pytest.mark.parametrize("layer", [layers.Add(), layers.Concatenate()])
def test_joined_maps_see_what_either_sees(layer):
    assert rule_of(layer)(layer, 0, BEFORE, span(2, -4, 1)) == span(2, -4, 3)


class _Convolution(layers.Conv2D):
    pass


@pytest.mark.parametrize(
    "layer",
    [
        layers.GroupNormalization(1),
        layers.GlobalAveragePooling2D(keepdims=True),
        layers.LayerNormalization(axis=(1, 2, 3)),
        layers.BatchNormalization(axis=1),
        layers.Concatenate(axis=1),
        layers.MultiHeadAttention(1, 4),
        layers.Flatten(),
        layers.Lambda(lambda x: x),
        layers.Conv2D(3, 3, data_format="channels_first"),
        layers.UpSampling2D(2, interpolation="bicubic"),
        keras.ops.add,
        _Convolution(3, 3),
    ],
)
def test_what_is_not_known_to_be_local_counts_as_global(layer):
    if not hasattr(layer, "name"):
        a = keras.Input((4,))
        layer = layer(a, a)._keras_history.operation
    with pytest.raises(ValueError, match="may see the whole picture"):
        rule_of(layer)(layer, 0, BEFORE)
