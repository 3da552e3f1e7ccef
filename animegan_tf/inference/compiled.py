"""A network as a compiled function from levels to levels."""

import keras
import tensorflow as tf


class LevelFunction:
    """Run a network, with the conversion of pictures, compiled once for all sizes.

    The conversions are those of `images.to_float` and `images.to_uint8`; inside the
    compiled function they run on all cores and need no copies of whole pictures.

    Args:
        generator: Network from float32 images in [-1, 1], `(batch, height, width, 3)`,
            to such images.
        dtype: `tf.uint8` or `tf.uint16`, the type of the levels on both sides.
    """

    def __init__(self, generator: keras.Model, dtype: tf.DType):
        self._generator = generator
        self._dtype = dtype
        signature = [tf.TensorSpec([None, None, None, 3], dtype)]
        self._run = tf.function(
            self._stylize, input_signature=signature, autograph=False
        )

    def __call__(self, images):
        """Map an array of levels, `(batch, height, width, 3)`, to another."""
        images = tf.constant(images)
        try:
            return self._run(images).numpy()
        except TypeError:
            if self._run.input_signature is None:
                raise
        # Keras' bilinear upsampling, for one, asks in Python whether a size is above 0,
        # which needs to be known: such networks are compiled for each size.
        self._run = tf.function(self._stylize, autograph=False)
        return self._run(images).numpy()

    @property
    def num_traces(self) -> int:
        """How many times the network has been compiled."""
        return self._run.experimental_get_tracing_count()

    def _stylize(self, images):
        middle = self._dtype.max / 2
        images = tf.cast(images, tf.float32) / middle - 1.0
        stylized = tf.cast(self._generator(images, training=False), tf.float32)
        # What is no number becomes mid-grey, not an arbitrary level. Selecting takes
        # longer than all the rest here, and a sum tells whether it is needed.
        stylized = tf.cond(
            tf.math.is_nan(tf.reduce_sum(stylized)),
            lambda: tf.where(tf.math.is_nan(stylized), 0.0, stylized),
            lambda: stylized,
        )
        levels = (stylized + 1.0) * middle + 0.5
        levels = tf.minimum(tf.maximum(levels, 0.0), float(self._dtype.max))
        # The fraction is cut off, so that the half rounds to the nearest.
        return tf.cast(levels, self._dtype)
