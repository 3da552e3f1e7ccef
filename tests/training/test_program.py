import keras
import numpy as np
import tensorflow as tf

from animegan_tf.training.ema import ExponentialMovingAverage
from animegan_tf.training.optimizers import build_adam
from animegan_tf.training.program import Program, build_sampler


def _network():
    layers = [keras.Input((2,)), keras.layers.Dense(3), keras.layers.Dropout(0.5)]
    return keras.Sequential(layers)


def _program(**options):
    network, optimizer = _network(), build_adam(1e-3)
    optimizer.build(network.trainable_variables)
    return Program(
        networks={"generator": network},
        optimizers={"generator": optimizer},
        update=lambda batch, step: {},
        sample=lambda inputs: inputs,
        ema=ExponentialMovingAverage(network, _network(), 0.9),
        **options,
    )


def test_state_holds_every_variable_by_a_name_of_its_own():
    counter = tf.Variable(7)
    program = _program(variables={"counter": counter})
    state = program.state()
    network = program.networks["generator"]
    groups = {
        "network/generator": network.variables,
        "network/ema": program.ema.average.variables,
        "optimizer/generator": program.optimizers["generator"].variables,
    }
    expected = {
        f"{group}/{index:04d}": variable
        for group, variables in groups.items()
        for index, variable in enumerate(variables)
    }
    expected["ema/num_updates"] = program.ema.num_updates
    expected["variable/counter"] = counter
    assert set(state) == set(expected)
    assert all(state[name] is expected[name] for name in expected)
    # Adam: iterations, rate, and two moments of kernel and bias.
    assert len(groups["optimizer/generator"]) == 6


def test_names_stay_the_same_for_a_training_built_anew():
    first, second = _program().state(), _program().state()
    assert list(first) == list(second)
    for name in first:
        assert tuple(first[name].shape) == tuple(second[name].shape)


def test_sampler_calls_the_network_as_in_use():
    network = _network()
    sample = build_sampler(network)
    inputs = np.ones((64, 2), "float32")
    # Dropout would leave out about half.
    np.testing.assert_allclose(sample(inputs), network(inputs, training=False))


def test_one_sampler_follows_the_weights():
    network = _network()
    sample = build_sampler(network)
    inputs = np.ones((1, 2), "float32")
    sample(inputs)
    network.set_weights([np.ones((2, 3)), np.full(3, 0.5)])
    np.testing.assert_allclose(sample(inputs), np.full((1, 3), 2.5))
