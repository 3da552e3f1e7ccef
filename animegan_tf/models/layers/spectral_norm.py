"""Convolution with spectral normalization."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="animegan_tf")
class SpectralNormConv2D(keras.layers.Layer):
    """Convolve with a kernel divided by its largest singular value, W / sigma(W).

    The trained variable is the raw kernel W; the division is part of the computation,
    so the gradient flows through sigma = v' W u, with u and v constant. Only a call
    with `training=True` changes a weight: it updates u by one power iteration.

    Args:
        filters: Number of output channels.
        kernel_size: Side of the square kernel, in pixels.
        strides: Stride of the convolution, in pixels.
        padding: `"same"` (zeros) or `"valid"`.
        use_bias: Whether to add a bias, which is not normalized.
        kernel_initializer: Initializer of the raw kernel.
        seed: Seed of the initial u.
        **kwargs: Name, dtype and the like, see `keras.layers.Layer`.

    Input shape: `(batch, height, width, channels)`.

    Output shape: `(batch, ceil(height / strides), ceil(width / strides), filters)`
        with padding `"same"`.

    Raises:
        ValueError: If `padding` is unknown or a number is less than 1.

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
        # Autocasting would round the kernel before its norm is computed.
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
        """Return the convolved images; update u first in training."""
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
        """Return the output shape; unknown sizes stay unknown."""
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
    """Normalize a vector to length 1; a zero vector stays zero."""
    length = ops.sqrt(ops.sum(ops.square(vector)))
    return vector / ops.maximum(length, keras.config.epsilon())
