"""Optimizer steps: parts of a batch, loss scaling, clipping, and skipped updates."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf

from animegan_tf.models.gan import all_layers
from animegan_tf.training.distribution import (
    batch_mean,
    part_of_batch,
    replicated,
)

_FIRST_SCALE = 2.0**15
_GROWTH_STEPS = 2000


class GradientStep:
    """Make optimizer steps on the mean gradient of a batch that may come in parts.

    The parts are processed one after the other, so that memory holds the activations of
    one. In several replicas the gradients are averaged over these too. Gradients with a
    global norm above `clip_norm` are scaled down. If one is not finite, the update is
    skipped, so one bad batch cannot destroy the weights.

    Args:
        name: Beginning of the names in the log.
        compute: Function of the inputs of a part to `(loss, logs, outputs)`: a scalar,
            scalars by name, and any structure of tensors.
        optimizer: Keras optimizer; it is built.
        variables: The trainable variables of one network or several.
        clip_norm: Largest global norm.
        rate_factors: Factor of each variable's learning rate; empty is 1 for all.
        scale_loss: Whether the loss is scaled, for networks that compute in float16.
        after: Called after each update.
    """

    def __init__(
        self,
        name: str,
        compute: Callable[..., tuple[Any, dict[str, Any], Any]],
        optimizer: keras.optimizers.Optimizer,
        variables: Sequence[keras.Variable],
        *,
        clip_norm: float,
        rate_factors: Sequence[float] = (),
        scale_loss: bool = False,
        after: Callable[[], None] | None = None,
    ):
        optimizer.build(variables)
        self._name = name
        self._compute = compute
        self._optimizer = optimizer
        self._variables = list(variables)
        self._clip_norm = clip_norm
        self._rate_factors = list(rate_factors)
        self._scale = LossScale() if scale_loss else None
        self._after = after

    def variables(self) -> dict[str, tf.Variable]:
        """Return the state that an exact checkpoint needs beside the optimizer's."""
        return {} if self._scale is None else self._scale.variables()

    def __call__(self, parts: Sequence[tuple]) -> tuple[dict[str, Any], list]:
        """Make one step.

        Args:
            parts: Inputs of `compute` for each part of the batch.

        Returns:
            `(logs, outputs)`: means over the parts of their scalars, with `..._norm`,
            the global norm before clipping, and in float16 `..._loss_scale`; and the
            outputs of each part.
        """
        total, all_outputs, logs = None, [], {}
        for index, inputs in enumerate(parts):
            place = (tf.constant(index), len(parts))
            if index + 1 < len(parts):
                total, outputs = self._add(total, *place, *inputs)
            else:
                logs, outputs = self._finish(total, *place, *inputs)
            all_outputs.append(outputs)
        return logs, all_outputs

    @replicated
    def _add(self, total, index, count, *inputs):
        return self._accumulate(total, index, count, inputs)

    @replicated
    def _finish(self, total, index, count, *inputs):
        (gradients, logs), outputs = self._accumulate(total, index, count, inputs)
        if count > 1:
            gradients, logs = tf.nest.map_structure(
                lambda x: x / count, (gradients, logs)
            )
        gradients = batch_mean(gradients)
        logs = dict(logs)
        if self._scale is not None:
            logs[f"{self._name}_loss_scale"] = self._scale.read()
            gradients = self.unscale(gradients)
        norm = _apply(
            self._optimizer,
            gradients,
            self._variables,
            self._clip_norm,
            self._rate_factors,
        )
        if self._scale is not None:
            self._scale.update(tf.math.is_finite(norm))
        if self._after is not None:
            self._after()
        return logs | {f"{self._name}_norm": norm}, outputs

    def differentiate(self, tape: tf.GradientTape, loss) -> list[tf.Tensor]:
        """Return the float32 gradients of a loss, scaled in float16.

        Those of variables that it does not depend on are 0.

        Args:
            tape: The tape that recorded it.
            loss: float32 scalar.
        """
        scale = None if self._scale is None else self._scale.read()
        gradients = tape.gradient(loss, self._variables, output_gradients=scale)
        return [
            tf.zeros(variable.shape)
            if gradient is None
            else tf.cast(gradient, "float32")
            for gradient, variable in zip(gradients, self._variables, strict=True)
        ]

    def unscale(self, gradients: Sequence[tf.Tensor]) -> list[tf.Tensor]:
        """Undo the loss scale in gradients."""
        if self._scale is None:
            return list(gradients)
        return [gradient / self._scale.read() for gradient in gradients]

    def _accumulate(self, total, index, count, inputs):
        """Add a part's gradients and logs to those of the parts before it."""
        with part_of_batch(index, count), tf.GradientTape() as tape:
            watch(tape, self._variables)
            loss, logs, outputs = self._compute(*inputs)
            loss = tf.cast(loss, tf.float32)
            logs = {name: tf.cast(value, tf.float32) for name, value in logs.items()}
        own = self.differentiate(tape, loss), logs
        if total is not None:
            own = tf.nest.map_structure(tf.add, total, own)
        return own, outputs


class LossScale:
    """A factor of the loss that keeps small float16 gradients from becoming 0.

    After an update with a gradient that is not finite it is halved, and after 2,000
    finite ones doubled.

    Reference: Micikevicius et al., 2018, https://arxiv.org/abs/1710.03740, section 3.2.
    """

    def __init__(self):
        self._value = tf.Variable(_FIRST_SCALE, trainable=False)
        self._num_finite = tf.Variable(0, dtype=tf.int64, trainable=False)

    def variables(self) -> dict[str, tf.Variable]:
        """Return the state that an exact checkpoint needs."""
        return {"value": self._value, "num_finite": self._num_finite}

    def read(self) -> tf.Tensor:
        """Return the present factor, a float32 scalar."""
        return tf.convert_to_tensor(self._value)

    def update(self, is_finite) -> None:
        """Take in whether the gradients of an update were finite."""
        count = tf.where(is_finite, tf.convert_to_tensor(self._num_finite) + 1, 0)
        grows = count >= _GROWTH_STEPS
        factor = tf.where(is_finite, tf.where(grows, 2.0, 1.0), 0.5)
        self._value.assign(tf.maximum(factor * self.read(), 1.0))
        self._num_finite.assign(tf.where(grows, 0, count))


def uses_float16(*networks: keras.Model) -> bool:
    """Return whether a layer computes in float16, so that losses must be scaled."""
    return any(
        layer.compute_dtype == "float16"
        for network in networks
        for layer in all_layers(network)
    )


def watch(tape: tf.GradientTape, variables: Sequence[keras.Variable]) -> None:
    """Let a tape record what is computed of a replica's copies of variables.

    Others are recorded without that.
    """
    values = (variable.value for variable in variables)
    tape.watch([value for value in values if not value.trainable])


def apply_gradients(
    optimizer: keras.optimizers.Optimizer,
    tape: tf.GradientTape,
    loss,
    variables: Sequence[keras.Variable],
    clip_norm: float,
    rate_factors: Sequence[float] = (),
) -> tf.Tensor:
    """Take one optimizer step with clipped gradients, as `GradientStep` does.

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
    gradients = [tf.cast(g, tf.float32) for g in tape.gradient(loss, variables)]
    return _apply(optimizer, gradients, variables, clip_norm, rate_factors)


def _apply(optimizer, gradients, variables, clip_norm, rate_factors) -> tf.Tensor:
    gradients, norm = tf.clip_by_global_norm(gradients, clip_norm)
    faster = [
        (variable, factor)
        for variable, factor in zip(variables, rate_factors, strict=bool(rate_factors))
        if factor != 1.0
    ]

    def apply():
        # An optimizer has one learning rate, and Adam ignores the gradient's scale:
        # its step is lengthened afterwards.
        before = [tf.identity(variable.value) for variable, _ in faster]
        if tf.distribute.has_strategy():
            _update_copies(optimizer, gradients, variables)
        else:
            optimizer.apply(gradients, variables)
        for (variable, factor), start in zip(faster, before, strict=True):
            variable.assign(start + factor * (variable.value - start))
        return True

    tf.cond(tf.math.is_finite(norm), apply, lambda: False)
    return norm


def _update_copies(optimizer, gradients, variables) -> None:
    """Apply gradients to a replica's own copies of the variables.

    `optimizer.apply` would add up the gradients of all replicas, which are averaged
    already, and cannot do so in a condition.
    """
    rate = optimizer.learning_rate
    for gradient, variable in zip(gradients, variables, strict=True):
        optimizer.update_step(gradient, variable, rate)
        if variable.constraint is not None:
            variable.assign(variable.constraint(variable.value))
    optimizer.iterations.assign_add(1)
