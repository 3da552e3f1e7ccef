import keras
import numpy as np
import pytest

from animegan_tf.training.ema import ExponentialMovingAverage


def _network(value, units=1):
    network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(units)])
    network.set_weights([np.full((1, units), value), np.zeros(units)])
    return network


def test_average_starts_at_the_network():
    average = _network(0.0)
    ExponentialMovingAverage(_network(3.0), average, 0.9)
    assert average.get_weights()[0].item() == 3.0


def test_update_moves_by_the_early_decay_first():
    network, average = _network(0.0), _network(0.0)
    ema = ExponentialMovingAverage(network, average, 0.9)
    network.set_weights([np.ones((1, 1)), np.zeros(1)])
    ema.update()
    # The first update's decay is (1 + 1) / (10 + 1).
    assert average.get_weights()[0].item() == pytest.approx(1 - 2 / 11)


def test_update_reaches_the_given_decay():
    network, average = _network(0.0), _network(0.0)
    ema = ExponentialMovingAverage(network, average, 0.5)
    ema.num_updates.assign(1000)
    network.set_weights([np.ones((1, 1)), np.zeros(1)])
    ema.update()
    assert average.get_weights()[0].item() == pytest.approx(0.5)


def test_other_architecture_is_refused():
    with pytest.raises(ValueError, match="`average`"):
        ExponentialMovingAverage(_network(0.0), _network(0.0, units=2), 0.9)
