"""A network as a compiled function from levels to levels."""

import keras
import tensorflow as tf


def build_uint8_function(generator: keras.Model, dtype=tf.uint8):
    """Compile a network, with the conversion of pictures, for every size in one trace.

    The conversions are those of `images.to_float` and `images.to_uint8`; inside the
    compiled function they run on all cores and need no copies of whole pictures.

    Args:
        generator: Network from float32 images in [-1, 1], `(batch, height, width, 3)`,
            to such images.
        dtype: `tf.uint8`, or `tf.uint16` for images in [0, 65535].

    Returns:
        A `tf.function` from images of that type, `(batch, height, width, 3)`, to such
        images.
    """
    half = dtype.max / 2.0

    def stylize(images):
        images = tf.cast(images, tf.float32) / half - 1.0
        stylized = tf.cast(generator(images, training=False), tf.float32)
        levels = (stylized + 1.0) * half
        # A value that is no number becomes mid-grey, not an arbitrary level.
        levels = tf.where(tf.math.is_nan(levels), half, levels)
        levels = tf.clip_by_value(tf.floor(levels + 0.5), 0.0, 2.0 * half)
        return tf.cast(levels, dtype)

    signature = [tf.TensorSpec([None, None, None, 3], dtype)]
    return tf.function(stylize, input_signature=signature, autograph=False)
