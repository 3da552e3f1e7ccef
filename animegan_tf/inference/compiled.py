"""A generator as a compiled function of uint8 or uint16 images."""

import keras
import tensorflow as tf


class CompiledGenerator:
    """Compile a generator, with the conversion of its images, once for all sizes.

    The conversions are those of `to_float` and `to_uint8` in `imaging.arrays`. Inside
    the compiled function they run on all cores and copy no whole images.

    Args:
        generator: Model from float32 images in [-1, 1], `(batch, height, width, 3)`,
            to such images.
        dtype: `tf.uint8` or `tf.uint16`, the dtype of the images on both sides.
        size: `(height, width)` of the images; `None` stands for any.
    """

    def __init__(
        self,
        generator: keras.Model,
        dtype: tf.DType,
        size: tuple[int | None, int | None] = (None, None),
    ):
        self._generator = generator
        self._dtype = dtype
        signature = [tf.TensorSpec([None, *size, 3], dtype)]
        self._run = tf.function(
            self._stylize, input_signature=signature, autograph=False
        )

    def __call__(self, images):
        """Stylize an array, `(batch, height, width, 3)`, in [0, 255] or [0, 65535]."""
        images = tf.constant(images)
        try:
            return self._run(images).numpy()
        except TypeError:
            if self._run.input_signature is None:
                raise
        # Some layers, such as Keras' bilinear upsampling, compare sizes in Python and
        # so need static ones: these generators are traced once for each size.
        self._run = tf.function(self._stylize, autograph=False)
        return self._run(images).numpy()

    @property
    def num_traces(self) -> int:
        """Number of times the generator has been traced."""
        return self._run.experimental_get_tracing_count()

    def _stylize(self, images):
        middle = self._dtype.max / 2
        images = tf.cast(images, tf.float32) / middle - 1.0
        stylized = tf.cast(self._generator(images, training=False), tf.float32)
        # NaN becomes mid-gray rather than an arbitrary level. Selecting takes longer
        # than the rest of the conversion; a sum tells whether it is needed.
        stylized = tf.cond(
            tf.math.is_nan(tf.reduce_sum(stylized)),
            lambda: tf.where(tf.math.is_nan(stylized), 0.0, stylized),
            lambda: stylized,
        )
        levels = (stylized + 1.0) * middle + 0.5
        levels = tf.minimum(tf.maximum(levels, 0.0), float(self._dtype.max))
        # The cast truncates, so the 0.5 above rounds to the nearest level.
        return tf.cast(levels, self._dtype)
