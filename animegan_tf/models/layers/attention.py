"""Attention over whole images: external attention, and class activation maps."""

import keras
from keras import ops

from animegan_tf.models.arguments import check_counts


@keras.saving.register_keras_serializable(package="animegan_tf")
class ExternalAttention(keras.layers.Layer):
    """Mix the features of each pixel from a learned table of slots.

    The products of a pixel's features with the slots are normalized twice: by a softmax
    over all pixels of the image, then to the sum 1 over the slots. The same table gives
    the features that these shares mix.

    Args:
        slots: Number of slots, at least 1.
        epsilon: Added to the sum over the slots.
        kernel_initializer: Initializer of the table.
        **kwargs: Name, dtype and the like, see `keras.layers.Layer`.

    Input shape: `(batch, height, width, channels)`.

    Output shape: `(batch, height, width, channels)`.

    Raises:
        ValueError: If `slots` is less than 1.

    Reference: Guo et al., 2021, https://arxiv.org/abs/2105.02358; Chen, Liu,
    AnimeGANv3, https://github.com/TachibanaYoshino/AnimeGANv3 (one shared table).
    """

    def __init__(
        self, slots=128, epsilon=1e-9, kernel_initializer="glorot_uniform", **kwargs
    ):
        super().__init__(**kwargs)
        check_counts(slots=slots)
        self.slots = slots
        self.epsilon = epsilon
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, input_shape):
        """Create the table, `(channels, slots)`."""
        self.kernel = self.add_weight(
            shape=(input_shape[-1], self.slots),
            initializer=self.kernel_initializer,
            name="kernel",
        )

    def call(self, inputs):
        """Return the mixed features."""
        batch, height, width, channels = ops.shape(inputs)
        x = ops.reshape(inputs, (batch, height * width, channels))
        # A share of a large image is below the smallest numbers of float16.
        shares = ops.cast(ops.matmul(x, self.kernel), "float32")
        shares = ops.softmax(shares, axis=1)
        shares /= self.epsilon + ops.sum(shares, axis=2, keepdims=True)
        shares = ops.cast(shares, self.compute_dtype)
        x = ops.matmul(shares, ops.transpose(self.kernel))
        return ops.reshape(x, (batch, height, width, channels))

    def compute_output_shape(self, input_shape):
        """Return the shape of the features."""
        return input_shape

    def get_config(self):
        """Return the arguments that rebuild the layer."""
        initializer = keras.initializers.serialize(self.kernel_initializer)
        return {
            **super().get_config(),
            "slots": self.slots,
            "epsilon": self.epsilon,
            "kernel_initializer": initializer,
        }


@keras.saving.register_keras_serializable(package="animegan_tf")
class ClassActivationMap(keras.layers.Layer):
    """Classify an image by its features' mean and maximum, and weight the features.

    One weight per channel gives a logit of the global average and one of the global
    maximum; the features times these weights show where the logits come from.

    Args:
        spectral_norm: Whether to divide the weights by their norm.
        kernel_initializer: Initializer of the weights.
        **kwargs: Name, dtype and the like, see `keras.layers.Layer`.

    Input shape: `(batch, height, width, channels)`.

    Output shapes: The weighted features, once for each logit,
        `(batch, height, width, 2 * channels)`; and the float32 logits of the average
        and of the maximum, `(batch, 2)`.

    Reference: Zhou et al., 2016, https://arxiv.org/abs/1512.04150; Kim et al., 2019,
    https://arxiv.org/abs/1907.10830 (as an attention of generator and discriminator).
    """

    def __init__(
        self, spectral_norm=False, kernel_initializer="glorot_uniform", **kwargs
    ):
        super().__init__(**kwargs)
        self.spectral_norm = spectral_norm
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, input_shape):
        """Create the weights, `(channels, 1)`."""
        self.kernel = self.add_weight(
            shape=(input_shape[-1], 1),
            initializer=self.kernel_initializer,
            autocast=False,
            name="kernel",
        )

    def call(self, inputs):
        """Return the weighted features and the logits."""
        kernel = ops.cast(self.kernel, "float32")
        if self.spectral_norm:
            # The only singular value of a column is its length.
            length = ops.sqrt(ops.sum(ops.square(kernel)))
            kernel = kernel / ops.maximum(length, keras.config.epsilon())
        x = ops.cast(inputs, "float32")
        pooled = ops.mean(x, axis=(1, 2)), ops.max(x, axis=(1, 2))
        logits = ops.concatenate([ops.matmul(p, kernel) for p in pooled], axis=-1)
        weighted = inputs * ops.cast(ops.reshape(kernel, (-1,)), inputs.dtype)
        return ops.concatenate([weighted, weighted], axis=-1), logits

    def compute_output_spec(self, inputs):
        """Return the symbolic outputs; the logits are always float32."""
        *sizes, channels = inputs.shape
        return (
            keras.KerasTensor((*sizes, 2 * channels), dtype=self.compute_dtype),
            keras.KerasTensor((sizes[0], 2), dtype="float32"),
        )

    def get_config(self):
        """Return the arguments that rebuild the layer."""
        initializer = keras.initializers.serialize(self.kernel_initializer)
        return {
            **super().get_config(),
            "spectral_norm": self.spectral_norm,
            "kernel_initializer": initializer,
        }
