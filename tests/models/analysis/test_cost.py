import keras
import pytest
from keras import layers

from animegan_tf.models.analysis.cost import count_multiply_adds
from animegan_tf.models.features.compact import build_compact_features

WIDTHS = {
    "block1_conv1": (5, 0, 2),
    "block2_conv1": (6, 3, 4),
    "block2_conv2": (7, 2, 3),
}


def test_multiply_adds_by_hand():
    network = build_compact_features(widths=WIDTHS, image_shape=(8, 6, 3))
    first = 8 * 6 * (9 * 3 * 2 + 2 * 5)
    second = 4 * 3 * (5 * 3 + 9 * 3 * 4 + 4 * 6)
    third = 4 * 3 * (6 * 2 + 9 * 2 * 3 + 3 * 7)
    assert count_multiply_adds(network) == first + second + third


def test_strides_reduce_the_count_and_other_layers_do_not_count():
    image = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, strides=2, padding="same")(image)
    x = layers.BatchNormalization()(layers.ReLU()(x))
    network = keras.Model(image, layers.Flatten()(x))
    assert count_multiply_adds(network) == 4 * 4 * (9 * 3 * 4)


def test_unknown_sizes_are_rejected():
    with pytest.raises(ValueError, match="known image size.*None, None, 3"):
        count_multiply_adds(build_compact_features(widths=WIDTHS))
