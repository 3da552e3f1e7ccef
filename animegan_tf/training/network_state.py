"""Calls in training mode that leave a network as it was."""

import contextlib

import tensorflow as tf


@contextlib.contextmanager
def unchanged_state(network):
    """Put back, at the end, what calls in training mode change of a network.

    These are its non-trainable weights, such as moving statistics and the vectors of
    spectral normalization. Random generators go on.
    """
    weights = network.non_trainable_weights
    before = [tf.identity(weight.value) for weight in weights]
    yield
    for weight, value in zip(weights, before, strict=True):
        weight.assign(value)
