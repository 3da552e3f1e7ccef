"""A network as a compiled function from levels to levels."""

import keras
import tensorflow as tf


def build_level_function(generator: keras.Model, dtype):
    """Compile a network, with the conversion of pictures, for every size in one trace.

    The conversions are those of `images.to_float` and `images.to_uint8`; inside the
    compiled function they run on all cores and need no copies of whole pictures.

    Args:
        generator: Network from float32 images in [-1, 1], `(batch, height, width, 3)`,
            to such images.
        dtype: `tf.uint8` or `tf.uint16`, the type of the levels on both sides.

    Returns:
        A `tf.function` from images of all levels of `dtype`, `(batch, height, width,
        3)`, to such images.
    """
    middle = dtype.max / 2

    def stylize(images):
        images = tf.cast(images, tf.float32) / middle - 1.0
        stylized = tf.cast(generator(images, training=False), tf.float32)
        levels = (stylized + 1.0) * middle
        # A value that is no number becomes mid-grey, not an arbitrary level.
        levels = tf.where(tf.math.is_nan(levels), middle, levels)
        levels = tf.clip_by_value(tf.floor(levels + 0.5), 0.0, float(dtype.max))
        return tf.cast(levels, dtype)

    signature = [tf.TensorSpec([None, None, None, 3], dtype)]
    return tf.function(stylize, input_signature=signature, autograph=False)
