"""The update that discriminators of all image-to-image recipes share."""

import tensorflow as tf

from animegan_tf.config import Stabilizers
from animegan_tf.training.stabilizers import build_discriminator_loss, clip_weights
from animegan_tf.training.steps import apply_gradients


def build_adversary_step(
    discriminator,
    optimizer,
    adversarial_loss: str,
    stabilizers: Stabilizers,
    *,
    seed: int,
    clip_norm: float,
    suffix: str = "",
):
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
    optimizer.build(discriminator.trainable_variables)
    discriminator_loss = build_discriminator_loss(
        discriminator, adversarial_loss, stabilizers, seed=seed
    )

    @tf.function
    def adversary_step(reals, fakes, step):
        with tf.GradientTape() as tape:
            loss, logs = discriminator_loss(reals, fakes, step)
        variables = discriminator.trainable_variables
        norm = apply_gradients(optimizer, tape, loss, variables, clip_norm)
        clip_weights(discriminator, stabilizers.weight_clip)
        logs = {**logs, "discriminator_norm": norm}
        return {f"{name}{suffix}": value for name, value in logs.items()}

    return adversary_step
