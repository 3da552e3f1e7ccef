import keras
import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.models.layers import (
    DepthToSpace,
    ReflectionPadding2D,
    SpaceToDepth,
    SpectralNormConv2D,
)


def _images(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


@pytest.mark.parametrize(
    ("layer", "unknown", "known"),
    [
        (ReflectionPadding2D(((0, 1), (2, 3))), (None, None, 8), (9, 13, 8)),
        (SpaceToDepth(4), (None, None, 128), (2, 2, 128)),
        (DepthToSpace(2), (None, None, 2), (16, 16, 2)),
        (SpectralNormConv2D(5, 3, strides=2), (None, None, 5), (4, 4, 5)),
        (SpectralNormConv2D(5, 3, padding="valid"), (None, None, 5), (6, 6, 5)),
        (
            SpectralNormConv2D(5, 4, strides=3, padding="valid"),
            (None, None, 5),
            (2, 2, 5),
        ),
    ],
)
def test_symbolic_shapes_are_the_real_ones(layer, unknown, known):
    image = keras.Input((None, None, 8))
    output = layer(image)
    assert output.shape[1:] == unknown
    assert layer.compute_output_shape((3, 8, 8, 8)) == (3, *known)
    # One function for all sizes, as the exported models have.
    function = tf.function(
        layer, input_signature=[tf.TensorSpec((None, None, None, 8))]
    )
    assert function(_images(3, 8, 8, 8)).shape == (3, *known)


def test_saved_layers_give_the_same_picture(tmp_path):
    image = keras.Input((None, None, 3))
    x = SpectralNormConv2D(8, 3, strides=2, use_bias=False, seed=3)(image)
    x = ReflectionPadding2D(((0, 1), (1, 0)))(DepthToSpace(2)(x))
    x = SpaceToDepth(3)(x)
    model = keras.Model(image, x)
    picture = _images(2, 8, 8, 3)
    model(picture, training=True)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    for one, other in zip(model.weights, loaded.weights, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())
    np.testing.assert_array_equal(model(picture), loaded(picture))
    for one, other in zip(model.layers, loaded.layers, strict=True):
        assert one.get_config() == other.get_config()
