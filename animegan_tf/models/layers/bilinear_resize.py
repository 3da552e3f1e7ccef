"""Bilinear resizing, with the sampling positions of TensorFlow 1, 2 or PyTorch."""

import keras
from keras import ops

from animegan_tf.models.arguments import check_choice

RESIZE_MODES = ("half_pixel", "legacy", "align_corners")


@keras.saving.register_keras_serializable(package="animegan_tf")
class BilinearResize(keras.layers.Layer):
    """Resize feature maps to the size of others, without antialiasing.

    Position `i` of the `out` positions of an axis is sampled at `x` between the `in`
    positions; beyond the first and the last, these are repeated:

    - `"half_pixel"`: `x = (i + 1/2) * in / out - 1/2`, as in `tf.image.resize` of
      TensorFlow 2 and in PyTorch with `align_corners=False`.
    - `"legacy"`: `x = i * in / out`, as in `tf.image.resize_images` of TensorFlow 1.
    - `"align_corners"`: `x = i * (in - 1) / (out - 1)`, as in PyTorch with
      `align_corners=True`; the positions depend on the size of the whole image.

    Args:
        mode: One of `RESIZE_MODES`.
        **kwargs: Name, dtype and the like, see `keras.layers.Layer`.

    Input shapes: `(batch, height, width, channels)`, and that of maps of the new size,
        `(batch, new_height, new_width, any)`, whose values do not matter.

    Output shape: `(batch, new_height, new_width, channels)`.

    Raises:
        ValueError: If `mode` is unknown.
    """

    def __init__(self, mode="half_pixel", **kwargs):
        super().__init__(**kwargs)
        check_choice(RESIZE_MODES, mode=mode)
        self.mode = mode

    def call(self, inputs, like):
        """Return the resized maps."""
        size = ops.shape(like)[1:3]
        # TensorFlow's operation takes an eighth of the time, and exports as one node.
        on_tensorflow = keras.backend.backend() == "tensorflow"
        resize = _resize_with_tensorflow if on_tensorflow else resize_with_gather
        return ops.cast(resize(inputs, size, self.mode), self.compute_dtype)

    def compute_output_shape(self, inputs_shape, like_shape):
        """Return the output shape; unknown sizes stay unknown."""
        return (inputs_shape[0], *like_shape[1:3], inputs_shape[-1])

    def get_config(self):
        """Return the arguments that rebuild the layer."""
        return {**super().get_config(), "mode": self.mode}


def resize_with_gather(inputs, size, mode):
    """Resize maps by operations that every backend has.

    Args:
        inputs: `(batch, height, width, channels)`.
        size: New height and width, in pixels.
        mode: One of `RESIZE_MODES`.

    Returns:
        float32 maps of the new size.
    """
    x = ops.cast(inputs, "float32")
    for axis, new in zip((1, 2), size, strict=True):
        old = ops.shape(x)[axis]
        index = ops.arange(new, dtype="float32")
        scale = ops.cast(old, "float32") / ops.cast(new, "float32")
        if mode == "half_pixel":
            position = (index + 0.5) * scale - 0.5
        elif mode == "legacy":
            position = index * scale
        else:
            last = ops.cast(ops.maximum(new - 1, 1), "float32")
            position = index * (ops.cast(old - 1, "float32") / last)
        low = ops.floor(position)
        share = ops.reshape(position - low, (1, -1) + (1,) * (3 - axis))
        low = ops.cast(low, "int32")
        near, far = (
            ops.take(x, ops.clip(low + step, 0, old - 1), axis=axis) for step in (0, 1)
        )
        x = near + (far - near) * share
    return x


def _resize_with_tensorflow(inputs, size, mode):
    """Resize maps by TensorFlow's own operation; the result is float32."""
    import tensorflow as tf

    return tf.raw_ops.ResizeBilinear(
        images=inputs,
        size=tf.stack(size),
        align_corners=mode == "align_corners",
        half_pixel_centers=mode == "half_pixel",
    )
