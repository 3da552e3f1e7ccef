"""Layers that Keras lacks: reflection padding, space/depth moves, spectral norm."""

import keras
from keras import ops

_PACKAGE = "animegan_tf"


@keras.saving.register_keras_serializable(package=_PACKAGE)
class ReflectionPadding2D(keras.layers.Layer):
    """Pad images by mirroring them at the border, without repeating the border.

    Every padded side must be shorter than the image it mirrors.

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
        # Joining slices takes four fifths of the time of a mirroring pad on a CPU.
        for axis, pads in enumerate(self.padding, start=1):
            inputs = _mirror(inputs, axis, *pads)
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


def _mirror(x, axis, before, after):
    size = ops.shape(x)[axis]
    parts = [x]
    if before:
        parts.insert(0, ops.flip(_slice(x, axis, 1, before + 1), axis))
    if after:
        parts.append(ops.flip(_slice(x, axis, size - 1 - after, size - 1), axis))
    return ops.concatenate(parts, axis=axis) if len(parts) > 1 else x


def _slice(x, axis, start, stop):
    return x[(slice(None),) * axis + (slice(start, stop),)]


@keras.saving.register_keras_serializable(package=_PACKAGE)
class SpaceToDepth(keras.layers.Layer):
    """Move every `block x block` square of pixels into the channels.

    The channels of a square follow each other row by row, as in
    `tf.nn.space_to_depth`.

    Args:
        block: Side of the squares in pixels, at least 1.
        **kwargs: Name, dtype and the like, see `keras.layers.Layer`.

    Input shape: `(batch, height, width, channels)`, height and width multiples of
        `block`.

    Output shape: `(batch, height / block, width / block, channels * block**2)`.

    Raises:
        ValueError: If `block` is less than 1, or a known size is no multiple of it.
    """

    def __init__(self, block, **kwargs):
        super().__init__(**kwargs)
        self.block = _check_block(block)

    def call(self, inputs):
        """Return the images with squares of pixels as channels."""
        self.compute_output_shape(inputs.shape)  # A clear error for eager inputs too.
        batch, height, width, channels = ops.shape(inputs)
        height, width = height // self.block, width // self.block
        # Rows of a square are contiguous with their channels: rank 4 is enough, and
        # mobile runtimes have no fast transpose above it.
        x = ops.reshape(inputs, (-1, self.block, width, self.block * channels))
        x = ops.transpose(x, (0, 2, 1, 3))
        return ops.reshape(x, (batch, height, width, channels * self.block**2))

    def compute_output_shape(self, input_shape):
        """Return the shape of the result; unknown sizes stay unknown."""
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


@keras.saving.register_keras_serializable(package=_PACKAGE)
class DepthToSpace(keras.layers.Layer):
    """Spread channels out as `block x block` squares of pixels.

    The inverse of `SpaceToDepth`; the channels are ordered as in
    `tf.nn.depth_to_space`.

    Args:
        block: Side of the squares in pixels, at least 1.
        **kwargs: Name, dtype and the like, see `keras.layers.Layer`.

    Input shape: `(batch, height, width, channels)`, channels a multiple of
        `block**2`.

    Output shape: `(batch, height * block, width * block, channels / block**2)`.

    Raises:
        ValueError: If `block` is less than 1, or the channels are no multiple of its
            square.
    """

    def __init__(self, block, **kwargs):
        super().__init__(**kwargs)
        self.block = _check_block(block)

    def call(self, inputs):
        """Return the images with channels spread out as pixels."""
        self.compute_output_shape(inputs.shape)
        batch, height, width, channels = ops.shape(inputs)
        channels //= self.block**2
        x = ops.reshape(inputs, (-1, width, self.block, self.block * channels))
        x = ops.transpose(x, (0, 2, 1, 3))
        return ops.reshape(
            x, (batch, height * self.block, width * self.block, channels)
        )

    def compute_output_shape(self, input_shape):
        """Return the shape of the result; unknown sizes stay unknown."""
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


@keras.saving.register_keras_serializable(package=_PACKAGE)
class StyleModulation(keras.layers.Layer):
    """Scale and shift each channel as the shares of several styles say.

    Every style has a scale (at first 1) and a shift (at first 0) for each channel; a
    blend has their mean by share.

    Args:
        **kwargs: Name, dtype and the like, see `keras.layers.Layer`.

    Input shapes: `(batch, height, width, channels)` and `(batch, num_styles)`.

    Output shape: `(batch, height, width, channels)`.
    """

    def build(self, inputs_shape, style_shape):
        """Make the tables, `(num_styles, channels)`."""
        shape = (style_shape[-1], inputs_shape[-1])
        self.scale = self.add_weight(shape=shape, initializer="ones", name="scale")
        self.shift = self.add_weight(shape=shape, initializer="zeros", name="shift")

    def call(self, inputs, style):
        """Return the scaled and shifted maps."""
        style = ops.cast(style, self.compute_dtype)
        scale, shift = (
            ops.matmul(style, ops.cast(table, self.compute_dtype))[:, None, None, :]
            for table in (self.scale, self.shift)
        )
        return inputs * scale + shift

    def compute_output_shape(self, inputs_shape, style_shape):
        """Return the shape of the maps."""
        return inputs_shape


@keras.saving.register_keras_serializable(package=_PACKAGE)
class SpectralNormConv2D(keras.layers.Layer):
    """Convolve with a kernel divided by its largest singular value, W / sigma(W).

    The trained variable stays the raw kernel W; the division is part of the
    computation, so the gradient flows through sigma = v' W u, with u and v constant.
    Only a call with `training=True` writes a weight: one power iteration moves u.

    Args:
        filters: Number of output channels.
        kernel_size: Side of the square kernel, in pixels.
        strides: Step of the convolution, in pixels.
        padding: `"same"` (zeros) or `"valid"`.
        use_bias: Whether to add a bias, which is not normalized.
        kernel_initializer: Initializer of the raw kernel.
        seed: Seed of the first u.
        **kwargs: Name, dtype and the like, see `keras.layers.Layer`.

    Input shape: `(batch, height, width, channels)`.

    Output shape: `(batch, ceil(height / strides), ceil(width / strides), filters)`
        with padding `"same"`.

    Raises:
        ValueError: If `padding` is another word, or a number is less than 1.

    Reference: Miyato et al., 2018, https://arxiv.org/abs/1802.05957, section 2.1 and
    algorithm 1.
    """

    def __init__(
        self,
        filters,
        kernel_size,
        *,
        strides=1,
        padding="same",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        seed=0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        sizes = {"filters": filters, "kernel_size": kernel_size, "strides": strides}
        for argument, value in sizes.items():
            if not isinstance(value, int) or value < 1:
                raise ValueError(
                    f"`{argument}` must be an integer of at least 1. "
                    f"Received: {argument}={value!r}"
                )
        if padding not in ("same", "valid"):
            raise ValueError(
                f"`padding` must be 'same' or 'valid'. Received: padding={padding!r}"
            )
        self.filters = filters
        self.kernel_size = kernel_size
        self.strides = strides
        self.padding = padding
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.seed = seed

    def build(self, input_shape):
        """Create the raw kernel, the bias and the power iteration's vector u."""
        # Autocasting would round the kernel before its norm is taken.
        self.kernel = self.add_weight(
            shape=(self.kernel_size, self.kernel_size, input_shape[-1], self.filters),
            initializer=self.kernel_initializer,
            autocast=False,
            name="kernel",
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                shape=(self.filters,), initializer="zeros", name="bias"
            )
        # u depends on the kernel alone, so every replica computes the same one.
        self.u = self.add_weight(
            shape=(self.filters, 1),
            initializer=keras.initializers.RandomNormal(seed=self.seed),
            dtype="float32",
            autocast=False,
            trainable=False,
            aggregation="only_first_replica",
            name="u",
        )

    def call(self, inputs, training=False):
        """Return the convolved images; move u first when training."""
        kernel = ops.cast(self.kernel, "float32")
        matrix = ops.reshape(kernel, (-1, self.filters))
        constant = ops.stop_gradient(matrix)
        u = ops.convert_to_tensor(self.u)
        if training and self.trainable:
            v = _unit(ops.matmul(constant, u))
            u = _unit(ops.matmul(ops.transpose(constant), v))
            self.u.assign(u)
        u = ops.stop_gradient(_unit(u))
        v = _unit(ops.matmul(constant, u))
        sigma = ops.sum(v * ops.matmul(matrix, u))
        kernel = kernel / ops.maximum(sigma, keras.config.epsilon())
        outputs = ops.conv(
            inputs,
            ops.cast(kernel, self.compute_dtype),
            strides=self.strides,
            padding=self.padding,
            data_format="channels_last",
        )
        return outputs if self.bias is None else outputs + self.bias

    def compute_output_shape(self, input_shape):
        """Return the shape of the result; unknown sizes stay unknown."""
        batch, *sizes, _ = input_shape
        lost = 0 if self.padding == "same" else self.kernel_size - 1
        height, width = (
            n if n is None else -((lost - n) // self.strides) for n in sizes
        )
        return (batch, height, width, self.filters)

    def get_config(self):
        """Return the arguments that rebuild the layer."""
        initializer = keras.initializers.serialize(self.kernel_initializer)
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "padding": self.padding,
            "use_bias": self.use_bias,
            "kernel_initializer": initializer,
            "seed": self.seed,
        }


def _unit(vector):
    """Return the vector at length 1; a zero vector stays zero."""
    length = ops.sqrt(ops.sum(ops.square(vector)))
    return vector / ops.maximum(length, keras.config.epsilon())


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


def _check_block(block):
    if not isinstance(block, int) or block < 1:
        raise ValueError(
            f"`block` must be an integer of at least 1. Received: block={block!r}"
        )
    return block
