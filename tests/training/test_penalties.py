import keras
import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.training.penalties import clip_weights, interpolate, sum_of_squares

SEED = tf.constant([3, 4], tf.int64)


def _linear(kernel=0.5, bias=0.25):
    """A critic that is linear in the 12 values of a 2x2 picture."""
    network = keras.Sequential(
        [
            keras.Input((2, 2, 3)),
            keras.layers.Flatten(),
            keras.layers.Dense(1),
        ]
    )
    network.layers[-1].set_weights([np.full((12, 1), kernel), np.full(1, bias)])
    return network


def _flat(value, count=4):
    return tf.fill((count, 2, 2, 3), float(value))


def test_interpolates_lie_between_each_pair_by_a_share_of_their_own():
    mixed = interpolate(_flat(1.0, 200), _flat(0.0, 200), SEED).numpy()
    shares = mixed.reshape(200, -1)
    np.testing.assert_array_equal(shares, np.repeat(shares[:, :1], 12, axis=1))
    assert shares.min() >= 0.0 and shares.max() <= 1.0
    # Uniform: mean 1/2, variance 1/12.
    assert shares.mean() == pytest.approx(0.5, abs=0.06)
    assert shares[:, 0].var() == pytest.approx(1 / 12, abs=0.02)


def test_squares_are_those_of_kernels_and_not_of_biases():
    network = _linear(bias=100.0)
    assert float(sum_of_squares(network)) == pytest.approx(12 * 0.25)


def test_clipping_bounds_every_weight_and_0_leaves_them_alone():
    network = _linear(0.5, -0.25)
    clip_weights(network, 0.0)
    assert network.get_weights()[0].max() == 0.5
    clip_weights(network, 0.3)
    np.testing.assert_allclose(network.get_weights()[0], 0.3)
    np.testing.assert_allclose(network.get_weights()[1], -0.25)
