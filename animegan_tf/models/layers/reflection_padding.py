"""Reflection padding."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="animegan_tf")
class ReflectionPadding2D(keras.layers.Layer):
    """Pad images by reflection, without repeating the border pixels.

    The padding must be smaller than the image.

    Args:
        padding: `p` for `p` pixels on every side, or
            `((top, bottom), (left, right))` in pixels.
        **kwargs: Name, dtype and the like, see `keras.layers.Layer`.

    Input shape: `(batch, height, width, channels)`, any float dtype and range.

    Output shape: `(batch, top + height + bottom, left + width + right, channels)`.

    Raises:
        ValueError: If `padding` has another form or a negative number.
    """

    def __init__(self, padding=1, **kwargs):
        super().__init__(**kwargs)
        self.padding = _standardize_padding(padding)

    def call(self, inputs):
        """Return the padded images."""
        # On a CPU, concatenating slices takes 4/5 of the time of a reflecting pad.
        for axis, pads in enumerate(self.padding, start=1):
            inputs = _reflect(inputs, axis, *pads)
        return inputs

    def compute_output_shape(self, input_shape):
        """Return the padded shape; unknown sizes stay unknown."""
        batch, height, width, channels = input_shape
        height, width = (
            None if size is None else size + sum(pads)
            for size, pads in zip((height, width), self.padding, strict=True)
        )
        return (batch, height, width, channels)

    def get_config(self):
        """Return the arguments that rebuild the layer."""
        return {**super().get_config(), "padding": self.padding}


def _reflect(x, axis, before, after):
    size = ops.shape(x)[axis]
    parts = [x]
    if before:
        parts.insert(0, ops.flip(_slice(x, axis, 1, before + 1), axis))
    if after:
        parts.append(ops.flip(_slice(x, axis, size - 1 - after, size - 1), axis))
    return ops.concatenate(parts, axis=axis) if len(parts) > 1 else x


def _slice(x, axis, start, stop):
    return x[(slice(None),) * axis + (slice(start, stop),)]


def _standardize_padding(padding):
    if isinstance(padding, int):
        padding = ((padding, padding), (padding, padding))
    try:
        (top, bottom), (left, right) = padding
        valid = all(isinstance(n, int) and n >= 0 for n in (top, bottom, left, right))
    except (TypeError, ValueError):
        valid = False
    if not valid:
        raise ValueError(
            "`padding` must be an integer of at least 0 or such integers as "
            f"((top, bottom), (left, right)). Received: padding={padding!r}"
        )
    return ((top, bottom), (left, right))
