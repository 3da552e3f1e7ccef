import keras
import pytest
from keras import layers

from animegan_tf.models.analysis.cost import count_multiply_adds
from animegan_tf.models.features.compact import build_compact_features
from animegan_tf.models.generators import build_generator
from animegan_tf.models.layers import ExternalAttention, SpectralNormConv2D

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


def test_all_kinds_of_products_by_hand():
    image = keras.Input((8, 8, 3))
    x = layers.DepthwiseConv2D(3, strides=2, padding="same")(image)
    x = SpectralNormConv2D(4, 1)(x)
    x = ExternalAttention(slots=5)(x)
    x = layers.Conv2DTranspose(2, 4, strides=2, padding="same")(x)
    x = layers.Dense(7)(layers.GlobalAveragePooling2D()(x))
    expected = 16 * (9 * 3 + 3 * 4 + 2 * 4 * 5 + 16 * 4 * 2) + 2 * 7
    assert count_multiply_adds(keras.Model(image, x)) == expected


@pytest.mark.parametrize(
    ("name", "gmac"), [("animegan_v3", 7.4), ("white_box", 8.2), ("animegan_v2", 26.3)]
)
def test_published_generators_have_the_known_cost(name, gmac):
    generator = build_generator(name, image_shape=(256, 256, 3))
    assert round(count_multiply_adds(generator) / 1e9, 1) == gmac


def test_layers_of_nested_models_count():
    generator = build_generator("autoencoder", width=2, image_shape=(16, 16, 3))
    parts = [generator.get_layer(name) for name in ("encoder", "decoder")]
    expected = sum(count_multiply_adds(part) for part in parts)
    assert count_multiply_adds(generator) == expected > 16 * 16 * 27 * 2
