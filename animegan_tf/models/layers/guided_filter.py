"""Guided filter as a layer: smooth images along the edges of a guide."""

import keras
from keras import ops

from animegan_tf.models.arguments import check_counts


@keras.saving.register_keras_serializable(package="animegan_tf")
class GuidedFilter(keras.layers.Layer):
    """Smooth images by a filter that keeps the edges of a guide, in float32.

    In every window the result is a linear function of the guide, channel by channel.
    Windows are cut at the border.

    Args:
        radius: Radius of the square windows, in pixels, at least 1.
        epsilon: Regularization of the slopes; edges of the guide with a lower variance
            are smoothed.
        **kwargs: Name, dtype and the like, see `keras.layers.Layer`.

    Input shapes: The images and the guide, `(batch, height, width, channels)` each.

    Output shape: `(batch, height, width, channels)`.

    Raises:
        ValueError: If `radius` is less than 1 or `epsilon` is not positive.

    Reference: He et al., 2010, https://kaiminghe.github.io/eccv10/, equations 5 to 8.
    """

    def __init__(self, radius=1, epsilon=5e-3, **kwargs):
        super().__init__(**kwargs)
        check_counts(radius=radius)
        if epsilon <= 0.0:
            raise ValueError(
                f"`epsilon` must be greater than 0. Received: epsilon={epsilon}"
            )
        self.radius = radius
        self.epsilon = epsilon

    def call(self, inputs, guide):
        """Return the filtered images."""
        # The variances are small differences of large numbers.
        image, guide = (ops.cast(value, "float32") for value in (inputs, guide))
        mean, guide_mean = self._mean(image), self._mean(guide)
        covariance = self._mean(guide * image) - guide_mean * mean
        variance = self._mean(guide * guide) - guide_mean * guide_mean
        slope = covariance / (variance + self.epsilon)
        offset = mean - slope * guide_mean
        outputs = self._mean(slope) * guide + self._mean(offset)
        return ops.cast(outputs, self.compute_dtype)

    def _mean(self, x):
        """Average over windows; the padding of "same" pooling does not count."""
        return ops.average_pool(
            x, 2 * self.radius + 1, 1, padding="same", data_format="channels_last"
        )

    def compute_output_shape(self, inputs_shape, guide_shape):
        """Return the shape of the images."""
        return inputs_shape

    def get_config(self):
        """Return the arguments that rebuild the layer."""
        return {
            **super().get_config(),
            "radius": self.radius,
            "epsilon": self.epsilon,
        }
