"""Clip gradients and apply them, unless they are not finite."""

from collections.abc import Sequence

import keras
import tensorflow as tf


def apply_gradients(
    optimizer: keras.optimizers.Optimizer,
    tape: tf.GradientTape,
    loss,
    variables: Sequence[keras.Variable],
    clip_norm: float,
) -> tf.Tensor:
    """Take one optimizer step with clipped gradients.

    Gradients with a global norm above `clip_norm` are scaled down. If one is not
    finite, the whole update is skipped, so one bad batch cannot destroy the weights.

    Args:
        optimizer: Built Keras optimizer of these variables.
        tape: The tape that recorded `loss`.
        loss: Scalar.
        variables: The trainable variables of one network.
        clip_norm: Largest global norm.

    Returns:
        The float32 global norm before clipping.
    """
    gradients = tape.gradient(loss, variables)
    gradients, norm = tf.clip_by_global_norm(
        [tf.cast(gradient, tf.float32) for gradient in gradients], clip_norm
    )

    def apply():
        optimizer.apply(gradients, variables)
        return True

    tf.cond(tf.math.is_finite(norm), apply, lambda: False)
    return norm
