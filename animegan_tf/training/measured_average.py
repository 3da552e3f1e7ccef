"""The moving average of a generator whose normalizations have statistics."""

import keras
import tensorflow as tf

from animegan_tf.training.ema import ExponentialMovingAverage


class MeasuredAverage(ExponentialMovingAverage):
    """Average a generator's weights, and measure the batch statistics of the average.

    Moving statistics fit the weights that they were measured with. Averaged along with
    the weights they lag behind twice, and the colours of the pictures go astray. So
    `measure` shows the average itself what the network in training sees.

    Args:
        network: Generator in training.
        average: Generator of the same architecture that holds the average.
        decay: Share of the old average, in [0, 1).

    Raises:
        ValueError: If the two networks have other weights.
    """

    def __init__(self, network: keras.Model, average: keras.Model, decay: float):
        super().__init__(network, average, decay)
        own = {id(variable) for variable in average.non_trainable_weights}
        self._pairs = [pair for pair in self._pairs if id(pair[0]) not in own]

    def measure(self, inputs) -> None:
        """Let the average's statistics move towards those of a batch.

        Args:
            inputs: What the generator takes. Nothing is computed where it has no
                statistics.
        """
        if self.average.non_trainable_weights:
            self._measure(inputs)

    @tf.function
    def _measure(self, inputs):
        self.average(inputs, training=True)
