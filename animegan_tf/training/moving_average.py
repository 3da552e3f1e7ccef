"""Exponential moving average of a network's weights."""

import keras
import tensorflow as tf

from animegan_tf.models.gan import all_layers
from animegan_tf.training.distribution import replicated

# Ten batches hold thousands of positions of every channel.
_BATCH_NORMALIZATION_MOMENTUM = 0.9


class MovingAverage:
    """Keep `average = decay * average + (1 - decay) * network`, weight by weight.

    Early on the decay is lower, (1 + n) / (10 + n) at update n, so that the random
    initial weights are soon forgotten. Moving statistics of batch normalization are not
    averaged: they belong to the weights that they were measured with. The average
    measures its own, on the batches that the network is trained on.

    Args:
        network: Network in training.
        average: Network of the same architecture that holds the average; its dtype may
            differ. Its weights are set to those of `network`, and the momentum of its
            batch normalizations to at most 0.9.
        decay: Fraction of the old average that an update keeps, in [0, 1).

    Attributes:
        network: The averaged network.
        num_updates: Updates made so far, an int64 variable.

    Raises:
        ValueError: If the two networks have different weights.

    Reference: Yazıcı et al., 2019, https://arxiv.org/abs/1806.04498.
    """

    def __init__(self, network: keras.Model, average: keras.Model, decay: float):
        shapes = [tuple(weight.shape) for weight in network.weights]
        if shapes != [tuple(weight.shape) for weight in average.weights]:
            raise ValueError("`average` must have the architecture of `network`.")
        self.network = average
        self.decay = decay
        self.num_updates = tf.Variable(0, dtype=tf.int64, trainable=False)
        measured = {id(weight) for weight in average.non_trainable_weights}
        self._pairs = []
        for target, source in zip(average.weights, network.weights, strict=True):
            target.assign(keras.ops.cast(source, target.dtype))
            if id(target) not in measured:
                self._pairs.append((target, source))
        for layer in all_layers(average):
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.momentum = min(layer.momentum, _BATCH_NORMALIZATION_MOMENTUM)

    def update(self, inputs) -> None:
        """Move the average one step towards the network in training.

        Args:
            inputs: What the network takes, to measure batch statistics on. Nothing is
                computed with it if the network has none.
        """
        self._average_weights()
        if self.network.non_trainable_weights:
            self._measure(inputs)

    @replicated
    def _average_weights(self):
        count = tf.cast(self.num_updates.assign_add(1), tf.float32)
        decay = tf.minimum(self.decay, (1.0 + count) / (10.0 + count))
        for target, source in self._pairs:
            new = keras.ops.cast(source, target.dtype)
            target.assign(new + tf.cast(decay, target.dtype) * (target.value - new))

    @replicated
    def _measure(self, inputs):
        self.network(inputs, training=True)
