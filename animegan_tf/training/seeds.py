"""Seeds of stateless random operations, which a resumed training repeats."""

import tensorflow as tf


def stateless_seed(seed: int, *numbers):
    """Derive an integer pair from a seed and numbers, each of them an int or tensor."""
    pair = tf.constant([seed, 0], tf.int64)
    for number in numbers:
        pair = tf.random.fold_in(pair, tf.cast(number, tf.int64))
    return pair
