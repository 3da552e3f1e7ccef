import keras
import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.config import Regularization
from animegan_tf.recipes.common import dtype_policy
from animegan_tf.training.regularization import (
    augment_input,
    clip_weights,
    input_gradients,
    instance_noise_deviation,
    interpolate,
    lazy_r1,
    regularization_losses,
    sum_of_squares,
    unchanged_state,
)
from animegan_tf.training.seeds import stateless_seed

SEED = tf.constant([3, 4], tf.int64)


def test_interpolated_images_lie_between_each_pair_by_a_fraction_of_their_own(flat):
    mixed = interpolate(flat(1.0, 200), flat(0.0, 200), SEED).numpy()
    fractions = mixed.reshape(200, -1)
    np.testing.assert_array_equal(fractions, np.repeat(fractions[:, :1], 12, axis=1))
    assert fractions.min() >= 0.0 and fractions.max() <= 1.0
    # Uniform: mean 1/2, variance 1/12.
    assert fractions.mean() == pytest.approx(0.5, abs=0.06)
    assert fractions[:, 0].var() == pytest.approx(1 / 12, abs=0.02)


def test_gradient_penalty_has_the_derivative_that_calculus_gives(linear_critic, flat):
    network = linear_critic()
    settings = Regularization(gradient_penalty=10.0)
    with tf.GradientTape() as tape:
        weighted, logs = regularization_losses(
            network, flat(0.5), flat(-0.5), tf.constant(0), SEED, settings
        )
    gradient = tape.gradient(
        logs["gradient_penalty"], network.trainable_variables[0].value
    )
    norm = np.sqrt(12) * 0.5
    assert float(weighted[0]) == pytest.approx(10 * (norm - 1) ** 2, rel=1e-5)
    # d/dw (|w| - 1)^2 = 2 (|w| - 1) w / |w|
    np.testing.assert_allclose(gradient, 2 * (norm - 1) * 0.5 / norm, rtol=1e-5)


def test_gradient_penalty_is_float32_and_right_in_mixed_precision(flat):
    with dtype_policy("mixed_bfloat16"):
        network = keras.Sequential(
            [
                keras.Input((2, 2, 3)),
                keras.layers.Conv2D(3, 1, use_bias=False),
                keras.layers.Flatten(),
                keras.layers.Dense(1, dtype="float32"),
            ]
        )
    # An identity in bfloat16 below a linear critic; 0.5 is exact in it.
    network.layers[0].set_weights([np.eye(3).reshape(1, 1, 3, 3)])
    network.layers[-1].set_weights([np.full((12, 1), 0.5), np.zeros(1)])
    gradients = input_gradients(network, interpolate(flat(0.3), flat(-0.7), SEED))
    assert gradients.dtype == tf.float32
    np.testing.assert_array_equal(gradients, 0.5)


def test_r1_is_differentiable_inside_a_graph(linear_critic, flat):
    network = linear_critic()

    @tf.function
    def gradient(step):
        with tf.GradientTape() as tape:
            loss = lazy_r1(network, flat(0.5), step, gamma=2.0, every=2)
        return tape.gradient(loss, network.trainable_variables[0].value)

    # d/dw of gamma / 2 * 2 * |w|^2 = 2 * gamma * w
    np.testing.assert_allclose(gradient(tf.constant(0)), 2.0, rtol=1e-5)
    np.testing.assert_allclose(gradient(tf.constant(1)), 0.0, atol=1e-6)


def test_squares_are_those_of_kernels_and_not_of_biases(linear_critic):
    network = linear_critic(bias=100.0)
    assert float(sum_of_squares(network)) == pytest.approx(12 * 0.25)


def test_clipping_bounds_every_weight_and_0_leaves_them_alone(linear_critic):
    network = linear_critic(0.5, -0.25)
    clip_weights(network, 0.0)
    assert network.get_weights()[0].max() == 0.5
    clip_weights(network, 0.3)
    np.testing.assert_allclose(network.get_weights()[0], 0.3)
    np.testing.assert_allclose(network.get_weights()[1], -0.25)


def test_instance_noise_falls_along_a_line():
    deviations = [
        float(instance_noise_deviation(0.4, 100, step)) for step in (0, 25, 100, 999)
    ]
    assert deviations == pytest.approx([0.4, 0.3, 0.0, 0.0])
    settings = Regularization(instance_noise=0.4, instance_noise_steps=100)
    images = tf.zeros((16, 16, 16, 3))
    for step, deviation in ((0, 0.4), (25, 0.3)):
        noise = augment_input(images, settings, step, SEED).numpy()
        assert noise.std() == pytest.approx(deviation, rel=0.02)
        assert noise.mean() == pytest.approx(0.0, abs=0.02)
    assert np.all(augment_input(images, settings, 100, SEED) == 0.0)


def test_state_is_restored_and_random_generators_go_on(same_weights):
    network = keras.Sequential(
        [
            keras.Input((12,)),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.5, seed=1),
            keras.layers.Dense(1),
        ]
    )
    images = np.random.default_rng(0).normal(size=(4, 12)).astype("float32")
    before = network.get_weights()
    with unchanged_state(network):
        first = network(images, training=True)
    assert same_weights(before, network.get_weights())
    assert not np.array_equal(first, network(images, training=True))


def test_seeds_of_different_numbers_differ():
    numbers = [(s, t) for s in range(5) for t in range(-1, 5)]
    pairs = {tuple(stateless_seed(7, *n).numpy()) for n in numbers}
    assert len(pairs) == len(numbers)
