"""Train a GAN in three calls: `build_loss`, `build_optimizer` and `train_step`."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import keras

from animegan_tf.losses.adversarial import check_losses
from animegan_tf.models.arguments import check_rate
from animegan_tf.models.output_kind import (
    find_from_logits,
    resolve_from_logits,
)
from animegan_tf.training.arrays.adversarial_step import (
    build_adversarial_step,
    check_models,
)
from animegan_tf.training.gradients import uses_float16
from animegan_tf.training.optimizers import build_adam, check_learning_rates
from animegan_tf.utils.checks import received


@dataclasses.dataclass(frozen=True)
class GanLoss:
    """The adversarial loss of a generator and a discriminator.

    Attributes:
        name: Key of `ADVERSARIAL_LOSSES`.
        generator: The generator.
        discriminator: The discriminator.
        from_logits: Whether the discriminator gives logits; `None` if that is found
            out at the first step.
    """

    name: str
    generator: keras.Model
    discriminator: keras.Model
    from_logits: bool | None


@dataclasses.dataclass
class GanOptimizer:
    """The two optimizers of a GAN: each network needs one of its own.

    Attributes:
        loss: What they minimize.
        generator: Optimizer of the generator.
        discriminator: Optimizer of the discriminator.
    """

    loss: GanLoss
    generator: keras.optimizers.Optimizer
    discriminator: keras.optimizers.Optimizer
    _step: Callable | None = dataclasses.field(default=None, repr=False)

    def step(self, batch: Mapping[str, Any]) -> dict[str, Any]:
        """Make one training step; see `train_step`."""
        if self._step is None:
            _build_networks(self.loss, batch)
            from_logits = resolve_from_logits(
                self.loss.discriminator,
                self.loss.from_logits,
                tuple(batch["anime"].shape[1:]),
            )
            self._step = build_adversarial_step(
                self.loss.generator,
                self.loss.discriminator,
                self.generator,
                self.discriminator,
                loss=self.loss.name,
                from_logits=from_logits,
            )
        return self._step(batch)


def build_loss(
    generator: keras.Model,
    discriminator: keras.Model,
    *,
    name: str = "bce",
    from_logits: bool | None = None,
) -> GanLoss:
    """Choose the loss of a generator and a discriminator.

    Args:
        generator: Network from photos or noise to float images in [-1, 1]; it may be a
            subclass of `keras.Model` that is not built yet.
        discriminator: Network from such images to logits or probabilities; likewise.
        name: Key of `ADVERSARIAL_LOSSES`.
        from_logits: Whether the discriminator gives logits; `None` finds out from its
            layers, of a network that is not built at the first training step.

    Returns:
        The loss, for `build_optimizer`.

    Raises:
        ValueError: If the loss is unknown or needs logits.
    """
    check_models(generator=generator, discriminator=discriminator)
    if from_logits is None:
        from_logits = find_from_logits(discriminator)
    check_losses(name, from_logits=from_logits is not False)
    return GanLoss(name, generator, discriminator, from_logits)


def build_optimizer(
    loss: GanLoss,
    *,
    learning_rate=2e-4,
    discriminator_learning_rate=None,
    beta_1: float = 0.5,
) -> GanOptimizer:
    """Build an Adam optimizer for each network.

    As in Keras' `compile`, the optimizer of a network that computes in float16
    (`mixed_float16`) is wrapped in a `keras.optimizers.LossScaleOptimizer`, without
    which small gradients would become 0; the generator's also where its gradient goes
    through such a discriminator.

    Args:
        loss: From `build_loss`.
        learning_rate: Learning rate of the generator, positive, or a
            `keras.optimizers.schedules.LearningRateSchedule`.
        discriminator_learning_rate: Likewise that of the discriminator, which takes two
            updates in a step; `None` takes the same.
        beta_1: Decay of Adam's first moments.

    Returns:
        The two optimizers, for `train_step`.

    Raises:
        ValueError: If `loss` is something else, a rate is not positive, or `beta_1` is
            not in [0, 1).
    """
    if discriminator_learning_rate is None:
        discriminator_learning_rate = learning_rate
    if not isinstance(loss, GanLoss):
        raise ValueError(
            f"`loss` must be what build_loss returned. Received: loss={loss!r}"
        )
    check_learning_rates(
        learning_rate=learning_rate,
        discriminator_learning_rate=discriminator_learning_rate,
    )
    check_rate(beta_1=beta_1)

    def build(rate, *networks):
        adam = build_adam(rate, beta_1=beta_1)
        if uses_float16(*networks):
            adam = keras.optimizers.LossScaleOptimizer(adam)
        return adam

    return GanOptimizer(
        loss,
        generator=build(learning_rate, loss.generator, loss.discriminator),
        discriminator=build(discriminator_learning_rate, loss.discriminator),
    )


def train_step(
    generator: keras.Model,
    discriminator: keras.Model,
    optimizer: GanOptimizer,
    batch,
) -> dict[str, Any]:
    """Make one training step of both networks; the first call compiles it.

    Args:
        generator: The generator.
        discriminator: The discriminator.
        optimizer: From `build_optimizer`, for these two.
        batch: Dict of float32 arrays or tensors: `"input"`, photos in [-1, 1] or
            noise, what the generator takes; `"anime"`, real images in [-1, 1],
            `(batch, height, width, 3)`. Or a tuple of the two, in that order.

    Returns:
        float32 scalars, as `build_adversarial_step` returns them.

    Raises:
        ValueError: If the optimizer is that of other networks, or the batch lacks a
            field.
    """
    if not isinstance(optimizer, GanOptimizer):
        raise ValueError(
            "`optimizer` must be what build_optimizer returned. "
            f"{received('optimizer', optimizer)}"
        )
    loss = optimizer.loss
    if loss.generator is not generator or loss.discriminator is not discriminator:
        raise ValueError(
            "`optimizer` must be built from the loss of these networks. "
            f"Received: one of {loss.generator.name!r} and {loss.discriminator.name!r}"
        )
    if isinstance(batch, tuple | list) and len(batch) == 2:
        batch = dict(zip(("input", "anime"), batch, strict=True))
    if not isinstance(batch, Mapping) or not {"input", "anime"} <= set(batch):
        given = sorted(batch) if isinstance(batch, Mapping) else type(batch).__name__
        raise ValueError(
            "`batch` must have the fields input and anime, or be a tuple of the two. "
            f"Received: {given}"
        )
    fields = {name: _to_tensor(name, batch[name]) for name in batch}
    return optimizer.step(fields)


def _to_tensor(name: str, values):
    try:
        return keras.ops.cast(keras.ops.convert_to_tensor(values), "float32")
    # Backends report what is no array with errors of their own.
    except Exception as error:
        raise ValueError(
            f"`batch` must have arrays of numbers. {received(name, values)}"
        ) from error


def _build_networks(loss: GanLoss, batch) -> None:
    """Call subclassed networks once, which creates their weights."""
    if not (loss.generator.built and loss.discriminator.built):
        loss.discriminator(loss.generator(batch["input"]))
