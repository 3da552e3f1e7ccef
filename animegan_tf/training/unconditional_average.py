"""The moving average of a generator that draws from noise."""

import keras

from animegan_tf.models.gan import all_layers
from animegan_tf.training.measured_average import MeasuredAverage
from animegan_tf.training.unconditional_steps import draw_latents

_AVERAGE_TURN = -2
# Ten batches hold thousands of positions of every channel.
_MOMENTUM = 0.9


class NoiseAverage(MeasuredAverage):
    """Average a generator's weights; latents to measure it with are drawn at will.

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
        for layer in all_layers(average):
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.momentum = min(layer.momentum, _MOMENTUM)

    def update(self):
        """Move the average one step towards the network and measure it."""
        super().update()
        latents = draw_latents(
            self.average,
            self._batch_size,
            self._seed,
            self.num_updates,
            _AVERAGE_TURN,
        )
        self.measure(latents)
