"""Normalizations whose scale and shift are computed: AdaIN, and LIN of U-GAT-IT."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="animegan_tf")
class AdaptiveInstanceNormalization(keras.layers.Layer):
    """Give features the mean and standard deviation of others, per channel and image.

    `(x - mean(x)) / sqrt(var(x) + epsilon) * sqrt(var(s) + epsilon) + mean(s)`, with
    the statistics over height and width, in float32. With `s` a 1x1 convolution of `x`
    it is AnimeGANv3's linearly adaptive denormalization (LADE).

    Args:
        epsilon: Added to the variances.
        **kwargs: Name, dtype and the like, see `keras.layers.Layer`.

    Input shapes: The features `x` and `s`, `(batch, height, width, channels)` each;
        their sizes may differ.

    Output shape: That of `x`.

    Reference: Huang, Belongie, 2017, https://arxiv.org/abs/1703.06868; Chen, Liu,
    AnimeGANv3, https://github.com/TachibanaYoshino/AnimeGANv3 (LADE).
    """

    def __init__(self, epsilon=1e-5, **kwargs):
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def call(self, inputs, style):
        """Return the features with the statistics of the others."""
        x, mean, variance = _moments(inputs, (1, 2))
        _, style_mean, style_variance = _moments(style, (1, 2))
        scale = ops.sqrt((style_variance + self.epsilon) / (variance + self.epsilon))
        return ops.cast(x * scale + (style_mean - mean * scale), self.compute_dtype)

    def compute_output_shape(self, inputs_shape, style_shape):
        """Return the shape of the features."""
        return inputs_shape

    def get_config(self):
        """Return the arguments that rebuild the layer."""
        return {**super().get_config(), "epsilon": self.epsilon}


@keras.saving.register_keras_serializable(package="animegan_tf")
class LayerInstanceNormalization(keras.layers.Layer):
    """Blend instance and layer normalization by a learned share per channel, rho.

    `rho * instance_norm(x) + (1 - rho) * layer_norm(x)`, scaled and shifted: by
    variables per channel (LIN), or by inputs (AdaLIN). Statistics are float32.

    Args:
        adaptive: Whether scale and shift are inputs of a call.
        rho: Initial share of instance normalization; training keeps it in [0, 1].
        epsilon: Added to the variances.
        **kwargs: Name, dtype and the like, see `keras.layers.Layer`.

    Input shapes: `(batch, height, width, channels)`; if adaptive, also scale and shift,
        `(batch, channels)` each.

    Output shape: `(batch, height, width, channels)`.

    Raises:
        ValueError: If `rho` is not in [0, 1].

    Reference: Kim et al., 2019, https://arxiv.org/abs/1907.10830, equation 1.
    """

    def __init__(self, adaptive=False, rho=0.0, epsilon=1e-5, **kwargs):
        super().__init__(**kwargs)
        if not 0.0 <= rho <= 1.0:
            raise ValueError(f"`rho` must be in [0, 1]. Received: rho={rho}")
        self.adaptive = adaptive
        self.initial_rho = rho
        self.epsilon = epsilon

    def build(self, inputs_shape, scale_shape=None, shift_shape=None):
        """Create rho and, unless adaptive, the scale gamma and the shift beta."""
        shape = inputs_shape[-1:]
        self.rho = self.add_weight(
            shape=shape,
            initializer=keras.initializers.Constant(self.initial_rho),
            constraint=lambda value: ops.clip(value, 0.0, 1.0),
            name="rho",
        )
        self.gamma = self.beta = None
        if not self.adaptive:
            self.gamma = self.add_weight(shape=shape, initializer="ones", name="gamma")
            self.beta = self.add_weight(shape=shape, initializer="zeros", name="beta")

    def call(self, inputs, scale=None, shift=None):
        """Return the normalized, scaled and shifted features."""
        if self.adaptive:
            scale, shift = scale[:, None, None, :], shift[:, None, None, :]
        else:
            scale, shift = self.gamma, self.beta
        scale, shift, rho = (ops.cast(v, "float32") for v in (scale, shift, self.rho))
        x, mean, variance = _moments(inputs, (1, 2))
        instance = (x - mean) * ops.rsqrt(variance + self.epsilon)
        _, mean, variance = _moments(inputs, (1, 2, 3))
        layer = (x - mean) * ops.rsqrt(variance + self.epsilon)
        x = rho * instance + (1.0 - rho) * layer
        return ops.cast(x * scale + shift, self.compute_dtype)

    def compute_output_shape(self, inputs_shape, scale_shape=None, shift_shape=None):
        """Return the shape of the features."""
        return inputs_shape

    def get_config(self):
        """Return the arguments that rebuild the layer."""
        return {
            **super().get_config(),
            "adaptive": self.adaptive,
            "rho": self.initial_rho,
            "epsilon": self.epsilon,
        }


def _moments(inputs, axes):
    """Return the inputs as float32, and their mean and variance over some axes."""
    # Squares overflow float16, and bfloat16 has 8 bits for a mean of a million pixels.
    x = ops.cast(inputs, "float32")
    return x, *ops.moments(x, axes=axes, keepdims=True)
