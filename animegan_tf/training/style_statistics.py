"""Running mean of generated images' feature correlations, for the style loss."""

import keras
import tensorflow as tf

from animegan_tf.losses.perceptual import correlation_gram
from animegan_tf.training.distribution import batch_mean

# Most positions along one side of a feature map that the statistics are computed from.
_MAX_POSITIONS = 96


class RunningCorrelation:
    """Average the channel correlations of generated images over past batches.

    One batch is a noisy sample of a whole set's statistics. The value of the estimate
    is the running mean, its gradient that of the batch alone.

    Args:
        target: Correlations of the style set by layer, `(channels, channels)`.
        momentum: Fraction of the past in the running mean, in [0, 1).
    """

    def __init__(self, target, momentum: float):
        self.target = {
            name: tf.constant(keras.ops.convert_to_numpy(value), tf.float32)
            for name, value in target.items()
        }
        self.momentum = momentum
        self.count = tf.Variable(0.0, trainable=False)
        self.running = {
            name: tf.Variable(tf.zeros_like(value), trainable=False)
            for name, value in self.target.items()
        }

    def variables(self) -> dict[str, tf.Variable]:
        """Return the state that an exact checkpoint needs."""
        running = {f"style/{name}": v for name, v in self.running.items()}
        return {"style/count": self.count, **running}

    def update(self, features):
        """Take in a batch's feature maps by layer; return the estimate by layer."""
        # The first batches are averaged evenly: there is no past yet.
        count = self.count.assign_add(1.0)
        momentum = tf.minimum(self.momentum, 1.0 - 1.0 / count)
        estimate = {}
        for name, running in self.running.items():
            batch = correlation_gram(_subsample(features[name]))
            batch = batch_mean(tf.reduce_mean(batch, axis=0))
            mixed = momentum * running + (1.0 - momentum) * tf.stop_gradient(batch)
            running.assign(mixed)
            estimate[name] = batch + tf.stop_gradient(mixed - batch)
        return estimate


def _subsample(features):
    """Take every n-th position of a large map: the statistics stay the same."""
    stride = tf.maximum(tf.shape(features)[1] // _MAX_POSITIONS, 1)
    return features[:, ::stride, ::stride]
