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
    rate_factors: Sequence[float] = (),
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
        rate_factors: Factor of each variable's learning rate; empty is 1 for all.

    Returns:
        The float32 global norm before clipping.
    """
    gradients = tape.gradient(loss, variables)
    gradients, norm = tf.clip_by_global_norm(
        [tf.cast(gradient, tf.float32) for gradient in gradients], clip_norm
    )

    faster = [
        (variable, factor)
        for variable, factor in zip(variables, rate_factors, strict=bool(rate_factors))
        if factor != 1.0
    ]

    def apply():
        # An optimizer has one learning rate, and Adam ignores the gradient's scale:
        # its step is lengthened afterwards.
        before = [tf.identity(variable.value) for variable, _ in faster]
        optimizer.apply(gradients, variables)
        for (variable, factor), start in zip(faster, before, strict=True):
            variable.assign(start + factor * (variable.value - start))
        return True

    tf.cond(tf.math.is_finite(norm), apply, lambda: False)
    return norm
