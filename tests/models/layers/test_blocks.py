import keras
import numpy as np
import pytest

from animegan_tf.models.layers.blocks import normalization_layers, upsampling_layers

X = np.random.default_rng(0).normal(5.0, 2.0, (8, 6, 6, 3)).astype("float32")


def test_moving_statistics_converge_within_fifty_steps():
    (norm,) = normalization_layers("batch", "norm")
    for _ in range(50):
        trained = norm(X, training=True)
    # The weight of the initial mean is 0.9^50 = 0.005; with Keras' default, 0.6.
    np.testing.assert_allclose(norm(X, training=False), trained, atol=0.03)


def test_instance_normalization_standardizes_each_channel_of_each_image():
    (norm,) = normalization_layers("instance", "norm")
    result = keras.ops.convert_to_numpy(norm(X))
    np.testing.assert_allclose(result.mean(axis=(1, 2)), 0.0, atol=1e-5)
    np.testing.assert_allclose(result.std(axis=(1, 2)), 1.0, atol=1e-4)


def test_no_normalization_gives_no_layer():
    assert normalization_layers("none", "norm") == []


@pytest.mark.parametrize("kind", ["transpose", "resize"])
def test_upsampling_doubles_both_sides(kind):
    x = X
    for layer in upsampling_layers(kind, 4, 3, "up"):
        x = layer(x)
    assert x.shape == (8, 12, 12, 4)
