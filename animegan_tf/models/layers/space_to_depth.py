"""Space-to-depth and depth-to-space layers."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="animegan_tf")
class SpaceToDepth(keras.layers.Layer):
    """Rearrange every block of `block x block` pixels into channels.

    The pixels of a block are ordered row by row, as in `tf.nn.space_to_depth`.

    Args:
        block: Side of the blocks in pixels, at least 1.
        **kwargs: Name, dtype and the like, see `keras.layers.Layer`.

    Input shape: `(batch, height, width, channels)`, height and width multiples of
        `block`.

    Output shape: `(batch, height / block, width / block, channels * block**2)`.

    Raises:
        ValueError: If `block` is less than 1, or a known size is not a multiple of it.
    """

    def __init__(self, block, **kwargs):
        super().__init__(**kwargs)
        self.block = _check_block(block)

    def call(self, inputs):
        """Return the images with blocks of pixels as channels."""
        self.compute_output_shape(inputs.shape)  # A clear error for eager inputs too.
        batch, height, width, channels = ops.shape(inputs)
        height, width = height // self.block, width // self.block
        # A row of a block is contiguous with its channels, so rank 4 is enough; mobile
        # runtimes have no fast transpose of a higher rank.
        x = ops.reshape(inputs, (-1, self.block, width, self.block * channels))
        x = ops.transpose(x, (0, 2, 1, 3))
        return ops.reshape(x, (batch, height, width, channels * self.block**2))

    def compute_output_shape(self, input_shape):
        """Return the output shape; unknown sizes stay unknown."""
        batch, height, width, channels = input_shape
        for size in (height, width):
            if size is not None and size % self.block:
                raise ValueError(
                    f"`inputs` must have a height and width divisible by {self.block}. "
                    f"Received: inputs.shape={tuple(input_shape)}"
                )
        height, width = (n if n is None else n // self.block for n in (height, width))
        return (batch, height, width, channels * self.block**2)

    def get_config(self):
        """Return the arguments that rebuild the layer."""
        return {**super().get_config(), "block": self.block}


@keras.saving.register_keras_serializable(package="animegan_tf")
class DepthToSpace(keras.layers.Layer):
    """Rearrange channels into blocks of `block x block` pixels.

    It is the inverse of `SpaceToDepth`; the channels are ordered as in
    `tf.nn.depth_to_space`.

    Args:
        block: Side of the blocks in pixels, at least 1.
        **kwargs: Name, dtype and the like, see `keras.layers.Layer`.

    Input shape: `(batch, height, width, channels)`, channels a multiple of
        `block**2`.

    Output shape: `(batch, height * block, width * block, channels / block**2)`.

    Raises:
        ValueError: If `block` is less than 1, or the number of channels is not a
            multiple of its square.
    """

    def __init__(self, block, **kwargs):
        super().__init__(**kwargs)
        self.block = _check_block(block)

    def call(self, inputs):
        """Return the images with channels as blocks of pixels."""
        self.compute_output_shape(inputs.shape)
        batch, height, width, channels = ops.shape(inputs)
        channels //= self.block**2
        x = ops.reshape(inputs, (-1, width, self.block, self.block * channels))
        x = ops.transpose(x, (0, 2, 1, 3))
        return ops.reshape(
            x, (batch, height * self.block, width * self.block, channels)
        )

    def compute_output_shape(self, input_shape):
        """Return the output shape; unknown sizes stay unknown."""
        batch, height, width, channels = input_shape
        if channels % self.block**2:
            raise ValueError(
                f"`inputs` must have channels divisible by {self.block**2}. "
                f"Received: inputs.shape={tuple(input_shape)}"
            )
        height, width = (n if n is None else n * self.block for n in (height, width))
        return (batch, height, width, channels // self.block**2)

    def get_config(self):
        """Return the arguments that rebuild the layer."""
        return {**super().get_config(), "block": self.block}


def _check_block(block):
    if not isinstance(block, int) or block < 1:
        raise ValueError(
            f"`block` must be an integer of at least 1. Received: block={block!r}"
        )
    return block
