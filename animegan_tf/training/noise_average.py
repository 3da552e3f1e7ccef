"""The moving average of a generator that draws from noise."""

import keras
import tensorflow as tf

from animegan_tf.training.ema import ExponentialMovingAverage
from animegan_tf.training.noise_steps import draw_latents

_AVERAGE_TURN = -2
# Ten batches hold thousands of positions of every channel.
_MOMENTUM = 0.9


class NoiseAverage(ExponentialMovingAverage):
    """Average a generator's weights, and measure the batch statistics of the average.

    Moving statistics fit the weights that they were measured with. Averaged along with
    the weights they lag behind twice, and the colours of the pictures go astray.
    Latents can be drawn at will, so each update shows a batch to the average itself.

    Args:
        network: Generator in training, from latents to images.
        average: Generator of the same architecture that holds the average; its batch
            normalizations are given a momentum of at most 0.9.
        decay: Share of the old average, in [0, 1).
        batch_size: Latents drawn at each update.
        seed: Seed of the training.

    Raises:
        ValueError: If the two networks have other weights.
    """

    def __init__(
        self,
        network: keras.Model,
        average: keras.Model,
        decay: float,
        *,
        batch_size: int,
        seed: int,
    ):
        super().__init__(network, average, decay)
        self._batch_size = batch_size
        self._seed = seed
        own = {id(variable) for variable in average.non_trainable_weights}
        self._pairs = [pair for pair in self._pairs if id(pair[0]) not in own]
        for layer in average.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.momentum = min(layer.momentum, _MOMENTUM)

    def update(self):
        """Move the average one step towards the network and measure it."""
        super().update()
        if self.average.non_trainable_weights:
            self._measure()

    @tf.function
    def _measure(self):
        latents = draw_latents(
            self.average,
            self._batch_size,
            self._seed,
            self.num_updates,
            _AVERAGE_TURN,
        )
        self.average(latents, training=True)
