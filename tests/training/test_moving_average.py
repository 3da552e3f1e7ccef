import keras
import numpy as np
import pytest

from animegan_tf.training.moving_average import MovingAverage


def _dense(value, units=1):
    network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(units)])
    network.set_weights([np.full((1, units), value), np.zeros(units)])
    return network


def _normalized(momentum=0.99):
    return keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(8),
            # Nested, as in networks that are made of others.
            keras.Sequential([keras.layers.BatchNormalization(momentum=momentum)]),
            keras.layers.ReLU(),
            keras.layers.Dense(3),
        ]
    )


def _inputs(seed, count=64):
    return np.random.default_rng(seed).normal(size=(count, 4)).astype("float32")


def test_average_starts_at_the_network():
    average = _dense(0.0)
    MovingAverage(_dense(3.0), average, 0.9)
    assert average.get_weights()[0].item() == 3.0


@pytest.mark.parametrize(
    ("decay", "num_updates", "expected"),
    [
        # The first update's decay is (1 + 1) / (10 + 1), the thousandth's the given.
        (0.9, 0, 1 - 2 / 11),
        (0.5, 1000, 0.5),
        (0.0, 0, 1.0),
    ],
)
def test_early_updates_have_a_lower_decay(decay, num_updates, expected, eagerly):
    network = _dense(0.0)
    average = MovingAverage(network, _dense(0.0), decay)
    average.num_updates.assign(num_updates)
    network.set_weights([np.ones((1, 1)), np.zeros(1)])
    average.update(None)
    assert average.network.get_weights()[0].item() == pytest.approx(expected)
    assert int(average.num_updates) == num_updates + 1


def test_other_architecture_is_refused():
    with pytest.raises(ValueError, match="`average` must have the architecture"):
        MovingAverage(_dense(0.0), _dense(0.0, units=2), 0.9)


def test_average_has_the_batch_statistics_of_its_own_weights():
    keras.utils.set_random_seed(0)
    network, average = _normalized(), _normalized()
    weights = network.get_weights()
    # Far from the mean of 0 and variance of 1 that the statistics start from.
    weights[0] *= 5.0
    weights[1] += 3.0
    network.set_weights(weights)
    moving = MovingAverage(network, average, 0.9)
    # A training step far away, which the average follows slowly.
    for weight in network.trainable_weights:
        weight.assign(weight * 1.3)
    for seed in range(60):
        moving.update(_inputs(seed))
    used, trained = (
        np.asarray(average(_inputs(99, 500), training=t)) for t in (False, True)
    )
    assert np.abs(used - trained).mean() < 0.1 * trained.std()


def test_batch_statistics_are_measured_and_not_averaged(eagerly):
    network, average = _normalized(), _normalized()
    moving = MovingAverage(network, average, 0.5)
    for weight in network.non_trainable_weights:
        weight.assign(weight + 100.0)
    trained = [weight.numpy() for weight in average.trainable_weights]
    moving.update(_inputs(0))
    for weight in average.non_trainable_weights:
        assert np.abs(weight.numpy()).max() < 20.0
    # Measuring changes no trained weight, and nothing of the network in training.
    for weight, before in zip(average.trainable_weights, trained, strict=True):
        np.testing.assert_array_equal(weight.numpy(), before)
    assert min(w.numpy().min() for w in network.non_trainable_weights) >= 100.0


@pytest.mark.parametrize(("momentum", "expected"), [(0.99, 0.9), (0.5, 0.5)])
def test_ten_batches_are_enough_for_the_average_s_statistics(momentum, expected):
    network, average = _normalized(momentum), _normalized(momentum)
    MovingAverage(network, average, 0.9)
    norms = [n.layers[1].layers[0].momentum for n in (network, average)]
    assert norms == [momentum, expected]


def test_network_without_statistics_is_not_called(eagerly):
    # Nothing that it could be called with.
    MovingAverage(_dense(0.0), _dense(0.0), 0.5).update(None)
