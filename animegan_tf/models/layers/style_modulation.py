"""Conditional scale and shift of the channels for several styles."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="animegan_tf")
class StyleModulation(keras.layers.Layer):
    """Scale and shift each channel depending on the style.

    Every style has a scale (initially 1) and a shift (initially 0) per channel; a blend
    of styles uses their weighted means.

    Args:
        **kwargs: Name, dtype and the like, see `keras.layers.Layer`.

    Input shapes: `(batch, height, width, channels)` and `(batch, num_styles)`.

    Output shape: `(batch, height, width, channels)`.
    """

    def build(self, inputs_shape, style_shape):
        """Create the tables of scales and shifts, `(num_styles, channels)`."""
        shape = (style_shape[-1], inputs_shape[-1])
        self.scale = self.add_weight(shape=shape, initializer="ones", name="scale")
        self.shift = self.add_weight(shape=shape, initializer="zeros", name="shift")

    def call(self, inputs, style):
        """Return the scaled and shifted feature maps."""
        style = ops.cast(style, self.compute_dtype)
        scale, shift = (
            ops.matmul(style, ops.cast(table, self.compute_dtype))[:, None, None, :]
            for table in (self.scale, self.shift)
        )
        return inputs * scale + shift

    def compute_output_shape(self, inputs_shape, style_shape):
        """Return the shape of the feature maps."""
        return inputs_shape
