import keras
import numpy as np
import pytest
import tensorflow as tf


@pytest.fixture
def eagerly():
    """Run what is compiled eagerly: a few steps take less time than tracing them."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture
def linear_critic():
    """A function that builds a critic that is linear in the 12 values of its images."""

    def build(kernel=0.5, bias=0.25, activation=None):
        network = keras.Sequential(
            [
                keras.Input((2, 2, 3)),
                keras.layers.Flatten(),
                keras.layers.Dense(1, activation=activation, dtype="float32"),
            ]
        )
        network.layers[-1].set_weights([np.full((12, 1), kernel), np.full(1, bias)])
        return network

    return build


@pytest.fixture
def flat():
    """A function that makes a batch of 2x2 images of one level."""
    return lambda value, count=4: tf.fill((count, 2, 2, 3), float(value))


@pytest.fixture
def same_weights():
    """A function of two lists of arrays: whether all are equal."""

    def same(before, after):
        return all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))

    return same
