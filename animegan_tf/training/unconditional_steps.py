"""Updates of GANs that draw pictures from noise: DCGAN, WGAN, WGAN-GP and kin."""

from collections.abc import Callable, Mapping
from typing import Any

import keras
import tensorflow as tf

from animegan_tf.config import Stabilizers
from animegan_tf.training.discriminator_step import build_adversary_update
from animegan_tf.training.gradients import apply_gradients
from animegan_tf.training.network_state import unchanged_state
from animegan_tf.training.regularization import build_generator_loss
from animegan_tf.training.seeds import stateless_seed

_LATENT_SALT = 102
# The generator's own draw, beside those for the discriminator's updates 0, 1, ...
_GENERATOR_TURN = -1


def build_noise_gan_update(
    generator: keras.Model,
    discriminator: keras.Model,
    optimizers: Mapping,
    adversarial_loss: str,
    stabilizers: Stabilizers,
    *,
    batch_size: int,
    seed: int,
    clip_norm: float,
    from_logits: bool = True,
) -> Callable:
    """Build the update: `critic_steps` of the discriminator, one of the generator.

    Args:
        generator: `keras.Model` from latents, `(batch, latent_dim)`, to float images
            in [-1, 1].
        discriminator: `keras.Model` from such images to logits.
        optimizers: The two optimizers, by the names `"generator"` and
            `"discriminator"`.
        adversarial_loss: Key of `ADVERSARIAL_LOSSES`.
        stabilizers: Settings.
        batch_size: Images in one update of one network.
        seed: Seed of the latents and of all that the stabilizers draw.
        clip_norm: Largest global norm of a gradient.
        from_logits: Whether the discriminator's outputs are logits rather than
            probabilities.

    Returns:
        A function of `(batch, step)`: `batch["image"]` holds `batch_size *
        critic_steps` real images, `step`, a Python int, the number of updates made.
        It returns float32 scalars by name, of the last update of each network.

    Raises:
        ValueError: If the loss is unknown or has no use for a setting.
    """
    adversary_update = build_adversary_update(
        discriminator,
        optimizers["discriminator"],
        adversarial_loss,
        stabilizers,
        seed=seed,
        clip_norm=clip_norm,
        from_logits=from_logits,
    )
    adversarial = build_generator_loss(
        discriminator, adversarial_loss, stabilizers, seed=seed, from_logits=from_logits
    )
    generator_step = build_generator_step(
        generator,
        adversarial,
        optimizers["generator"],
        batch_size=batch_size,
        seed=seed,
        clip_norm=clip_norm,
    )
    return _alternate(
        build_discriminator_step(generator, adversary_update, seed=seed),
        generator_step,
        critic_steps=stabilizers.critic_steps,
        batch_size=batch_size,
    )


def build_discriminator_step(
    generator: keras.Model, adversary_update: Callable, *, seed: int
) -> Callable:
    """Build the discriminator's update against as many fakes as there are reals.

    The generator draws in training mode, with its batch's statistics, but its state
    stays as it was.

    Args:
        generator: As in `build_noise_gan_update`.
        adversary_update: What `build_adversary_update` returned.
        seed: Seed of the latents.

    Returns:
        A function of `(reals, step, turn)`, the last two int64 scalar tensors, that
        returns float32 scalars by name. Among them, `diversity` is how much the
        batch's fakes differ from each other, in parts of what the reals do: it falls
        towards 0 when the generator collapses onto one picture.
    """

    @tf.function
    def discriminator_step(reals, step, turn):
        latents = draw_latents(generator, tf.shape(reals)[0], seed, step, turn)
        with unchanged_state(generator):
            fakes = generator(latents, training=True)
        logs = adversary_update(reals, fakes, step, turn)
        diversity = _deviation(fakes) / tf.maximum(_deviation(reals), 1e-6)
        return {**logs, "diversity": diversity}

    return discriminator_step


def build_generator_step(
    generator: keras.Model,
    adversarial: Callable,
    optimizer: keras.optimizers.Optimizer,
    *,
    batch_size: int,
    seed: int,
    clip_norm: float,
) -> Callable:
    """Build the generator's update.

    Args:
        generator: As in `build_noise_gan_update`.
        adversarial: Function of `(images, step)` to the adversary's scalar, from
            `build_generator_loss`.
        optimizer: The generator's optimizer.
        batch_size: Images drawn for an update.
        seed: Seed of the latents.
        clip_norm: Largest global norm of the gradient.

    Returns:
        A function of `step`, an int64 scalar tensor, that returns float32 scalars by
        name.
    """
    optimizer.build(generator.trainable_variables)

    @tf.function
    def generator_step(step):
        latents = draw_latents(generator, batch_size, seed, step, _GENERATOR_TURN)
        with tf.GradientTape() as tape:
            loss = adversarial(generator(latents, training=True), step)
        variables = generator.trainable_variables
        norm = apply_gradients(optimizer, tape, loss, variables, clip_norm)
        return {"adversarial": loss, "generator_norm": norm}

    return generator_step


def draw_latents(generator, count, seed: int, step, turn) -> tf.Tensor:
    """Draw standard normal latents, a pure function of the seed, step and turn.

    Args:
        generator: Network whose input they are for.
        count: How many.
        seed: Seed of the training.
        step: Number of updates made.
        turn: Number that keeps the draws of one step apart.

    Returns:
        float32 tensor `(count, latent_dim)`.
    """
    shape = [count, *generator.input_shape[1:]]
    drawn = stateless_seed(seed, _LATENT_SALT, step, turn)
    return tf.random.stateless_normal(shape, drawn)


def _alternate(
    discriminator_step, generator_step, *, critic_steps: int, batch_size: int
):
    """Build the update whose batch is shared out among the critic's steps."""
    expected = batch_size * critic_steps

    def update(batch: Mapping[str, Any], step: int) -> dict[str, Any]:
        images = batch["image"]
        if images.shape[0] != expected:
            raise ValueError(
                "`batch` must hold batch_size * critic_steps images, "
                f"{expected}. Received: {images.shape[0]}"
            )
        # A Python number would be compiled in, and the next one compiled anew.
        step = tf.constant(step, tf.int64)
        scalars = {}
        for turn, reals in enumerate(tf.split(images, critic_steps)):
            scalars = discriminator_step(reals, step, tf.constant(turn, tf.int64))
        return {**scalars, **generator_step(step)}

    return update


def _deviation(images):
    """Measure how the images of a batch differ, pixel by pixel, on average."""
    return tf.reduce_mean(tf.math.reduce_std(tf.cast(images, tf.float32), axis=0))
