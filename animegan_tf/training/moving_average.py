"""The moving average of a generator's weights: steadier than the last update."""

import keras
import tensorflow as tf


class ExponentialMovingAverage:
    """Keep `average = decay * average + (1 - decay) * network`, weight by weight.

    Early on the decay is lower, (1 + n) / (10 + n) at update n, so that the average
    does not drag the random start along.

    Args:
        network: Network in training.
        average: Network of the same architecture that holds the average; it may have
            another precision. Its weights are set to the network's.
        decay: Share of the old average, in [0, 1).

    Raises:
        ValueError: If the two networks have other weights.

    Reference: Yazıcı et al., 2019, https://arxiv.org/abs/1806.04498.
    """

    def __init__(self, network: keras.Model, average: keras.Model, decay: float):
        shapes = [tuple(v.shape) for v in network.weights]
        if shapes != [tuple(v.shape) for v in average.weights]:
            raise ValueError("`average` must have the architecture of `network`.")
        self.average = average
        self.decay = decay
        self.num_updates = tf.Variable(0, dtype=tf.int64, trainable=False)
        self._pairs = list(zip(average.weights, network.weights, strict=True))
        for target, source in self._pairs:
            target.assign(keras.ops.cast(source, target.dtype))

    @tf.function
    def update(self):
        """Move the average one step towards the network."""
        count = tf.cast(self.num_updates.assign_add(1), tf.float32)
        decay = tf.minimum(self.decay, (1.0 + count) / (10.0 + count))
        for target, source in self._pairs:
            if not target.dtype.startswith("float"):
                target.assign(source)
                continue
            new = keras.ops.cast(source, target.dtype)
            target.assign(new + tf.cast(decay, target.dtype) * (target.value - new))
