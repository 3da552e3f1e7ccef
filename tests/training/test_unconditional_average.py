import keras
import numpy as np
import pytest

from animegan_tf.training.ema import ExponentialMovingAverage
from animegan_tf.training.unconditional_average import NoiseAverage


def _generator(normalize=True):
    layers = [keras.Input((4,)), keras.layers.Dense(8)]
    if normalize:
        layers.append(keras.layers.BatchNormalization())
    return keras.Sequential([*layers, keras.layers.ReLU(), keras.layers.Dense(3)])


@pytest.fixture
def networks():
    keras.utils.set_random_seed(0)
    network, average = _generator(), _generator()
    weights = network.get_weights()
    # Far from the mean of 0 and variance of 1 that the statistics start from.
    weights[0] *= 5.0
    weights[1] += 3.0
    network.set_weights(weights)
    return network, average


def _error(average):
    """Measure how far pictures in use are from those of training, on average."""
    latents = np.random.default_rng(0).normal(size=(500, 4)).astype("float32")
    used, trained = (np.asarray(average(latents, training=t)) for t in (False, True))
    return np.abs(used - trained).mean() / trained.std()


def test_statistics_are_those_of_the_averages_own_weights(networks):
    ema = NoiseAverage(*networks, 0.9, batch_size=64, seed=1)
    for _ in range(60):
        ema.update()
    assert _error(ema.average) < 0.1


def test_trained_weights_are_averaged_as_ever(networks):
    network, average = networks
    plain = ExponentialMovingAverage(network, _generator(), 0.5)
    ema = NoiseAverage(network, average, 0.5, batch_size=4, seed=1)
    for scale in (2.0, 0.5, 1.5):
        network.layers[0].kernel.assign(network.layers[0].kernel * scale)
        plain.update()
        ema.update()
    for value, other in zip(
        ema.average.trainable_weights, plain.average.trainable_weights, strict=True
    ):
        np.testing.assert_array_equal(value.numpy(), other.numpy())
    assert int(ema.num_updates) == 3


def test_update_is_a_function_of_the_seed_and_the_number_of_updates(networks):
    network, average = networks
    start = average.get_weights()

    def statistics(seed, num_updates):
        average.set_weights(start)
        ema = NoiseAverage(network, average, 0.9, batch_size=4, seed=seed)
        ema.num_updates.assign(num_updates)
        ema.update()
        return average.layers[1].moving_mean.numpy()

    np.testing.assert_array_equal(statistics(1, 5), statistics(1, 5))
    assert not np.array_equal(statistics(1, 5), statistics(2, 5))
    assert not np.array_equal(statistics(1, 5), statistics(1, 6))


def test_network_without_statistics_needs_no_drawing():
    ema = NoiseAverage(_generator(False), _generator(False), 0.9, batch_size=4, seed=1)
    ema.update()
    assert int(ema.num_updates) == 1
