"""The update that discriminators of all image-to-image recipes share."""

from collections.abc import Callable

import keras
import tensorflow as tf

from animegan_tf.config import Stabilizers
from animegan_tf.losses.adversarial import ADVERSARIAL_LOSSES
from animegan_tf.training.gradients import apply_gradients
from animegan_tf.training.penalties import clip_weights
from animegan_tf.training.regularization import build_discriminator_loss


def build_adversary_step(
    discriminator: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    adversarial_loss: str,
    stabilizers: Stabilizers,
    *,
    seed: int,
    clip_norm: float,
    suffix: str = "",
) -> Callable:
    """Build a discriminator's update on given reals and fakes.

    Args:
        discriminator: Network to train.
        optimizer: Its optimizer.
        adversarial_loss: Key of `ADVERSARIAL_LOSSES`.
        stabilizers: Settings.
        seed: Seed of all that the stabilizers draw.
        clip_norm: Largest global norm of the gradient.
        suffix: What the scalars' names end in, where there are two discriminators.

    Returns:
        A function of `(reals, fakes, step)`, float images in [-1, 1] and an int64
        scalar tensor, to a dict of float32 scalars.

    Raises:
        ValueError: If the loss is unknown or has no use for a setting.
    """
    if stabilizers.critic_steps != 1:
        raise ValueError(
            "`critic_steps` must be 1 in an image-to-image recipe. "
            f"Received: critic_steps={stabilizers.critic_steps}"
        )
    update = build_adversary_update(
        discriminator,
        optimizer,
        adversarial_loss,
        stabilizers,
        seed=seed,
        clip_norm=clip_norm,
    )

    @tf.function
    def adversary_step(reals, fakes, step):
        logs = update(reals, fakes, step)
        return {f"{name}{suffix}": value for name, value in logs.items()}

    return adversary_step


def build_adversary_update(
    discriminator: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    adversarial_loss: str,
    stabilizers: Stabilizers,
    *,
    seed: int,
    clip_norm: float,
    from_logits: bool = True,
) -> Callable:
    """Build a discriminator's update that is not compiled by itself.

    The arguments are those of `build_adversary_step`, and `from_logits` whether the
    discriminator gives logits rather than probabilities.

    Returns:
        A function of `(reals, fakes, step, turn=0)`, the last one telling several
        updates of one step apart, to a dict of float32 scalars.

    Raises:
        ValueError: If the loss is unknown or has no use for a setting.
    """
    optimizer.build(discriminator.trainable_variables)
    discriminator_loss = build_discriminator_loss(
        discriminator, adversarial_loss, stabilizers, seed=seed, from_logits=from_logits
    )

    def update(reals, fakes, step, turn=0):
        with tf.GradientTape() as tape:
            loss, logs = discriminator_loss(reals, fakes, step, turn)
        variables = discriminator.trainable_variables
        norm = apply_gradients(optimizer, tape, loss, variables, clip_norm)
        clip_weights(discriminator, stabilizers.weight_clip)
        return {**logs, "discriminator_norm": norm}

    return update


def build_judgement(discriminator: keras.Model, adversarial_loss: str) -> Callable:
    """Build what a discriminator makes of held-out results, without its stabilizers.

    Args:
        discriminator: Network that gives logits; it is not changed.
        adversarial_loss: Key of `ADVERSARIAL_LOSSES`.

    Returns:
        A function of float images in [-1, 1] to the generator's loss, a float32 scalar.
    """
    loss = ADVERSARIAL_LOSSES[adversarial_loss].generator
    return lambda images: loss(discriminator(images, training=False))
