"""What keeps adversaries steady: `config.Stabilizers`, for any adversarial step.

`build_discriminator_loss` and `build_generator_loss` apply all of the settings that
belong into a loss; the functions below them do one thing each. All that is random is a
pure function of the seed and the step, so a resumed training draws the same.
"""

from collections.abc import Callable

import keras
import tensorflow as tf

from animegan_tf.config import Stabilizers
from animegan_tf.training.adversarial_losses import choose_losses
from animegan_tf.training.diff_augment import diff_augment
from animegan_tf.training.network_state import unchanged_state
from animegan_tf.training.penalties import measure_penalties
from animegan_tf.training.seeds import stateless_seed

_SALT = 101
_REAL, _FAKE, _GENERATOR, _MIX = range(4)


def build_discriminator_loss(
    discriminator: keras.Model,
    adversarial_loss: str,
    stabilizers: Stabilizers,
    *,
    seed: int,
    from_logits: bool = True,
) -> Callable:
    """Build the stabilized loss of a discriminator, to be called in a gradient tape.

    Reals and fakes go through the discriminator in calls of their own, so batch
    normalization never mixes them.

    Args:
        discriminator: `keras.Model` from float images in [-1, 1] to logits.
        adversarial_loss: Key of `ADVERSARIAL_LOSSES`.
        stabilizers: Settings.
        seed: Seed of everything random.
        from_logits: Whether the discriminator's outputs are logits; probabilities,
            from a sigmoid, are for the cross-entropy losses only.

    Returns:
        A function of `(reals, fakes, step, turn=0)`, with images in [-1, 1], the
        number of updates made, and which of the `critic_steps` this is. It returns the
        float32 loss and a dict of float32 scalars for the log, with those of
        `measure_penalties` among them.

    Raises:
        ValueError: If the loss is unknown or has no use for a setting.
    """
    losses = _choose_losses(adversarial_loss, stabilizers, from_logits)

    def discriminator_loss(reals, fakes, step, turn=0):
        def seed_of(purpose):
            return stateless_seed(seed, _SALT, purpose, step, turn)

        reals = see(reals, stabilizers, step, seed_of(_REAL))
        fakes = see(fakes, stabilizers, step, seed_of(_FAKE))
        real_outputs = discriminator(reals, training=True)
        fake_outputs = discriminator(fakes, training=True)
        loss, logs = _weigh_verdicts(losses, stabilizers, real_outputs, fake_outputs)
        made = tf.cast(step, tf.int64) * stabilizers.critic_steps
        penalties, penalty_logs = measure_penalties(
            discriminator,
            reals,
            fakes,
            made + tf.cast(turn, tf.int64),
            seed_of(_MIX),
            stabilizers,
        )
        for penalty in penalties:
            loss += penalty
        return loss, {"discriminator": loss, **logs, **penalty_logs}

    return discriminator_loss


def build_generator_loss(
    discriminator: keras.Model,
    adversarial_loss: str,
    stabilizers: Stabilizers,
    *,
    seed: int,
    from_logits: bool = True,
) -> Callable:
    """Build the adversarial loss of a generator, to be called in a gradient tape.

    The discriminator judges as in its own training, dropout and batch statistics
    included, but its state stays as it was.

    Args:
        discriminator: `keras.Model` from float images in [-1, 1] to logits.
        adversarial_loss: Key of `ADVERSARIAL_LOSSES`.
        stabilizers: Settings; those for what the discriminator sees hold here too.
        seed: Seed of everything random.
        from_logits: Whether the discriminator's outputs are logits.

    Returns:
        A function of `(fakes, step)` that returns a float32 scalar.

    Raises:
        ValueError: If the loss is unknown or has no use for a setting.
    """
    losses = _choose_losses(adversarial_loss, stabilizers, from_logits)

    def generator_loss(fakes, step):
        drawn = stateless_seed(seed, _SALT, _GENERATOR, step, 0)
        fakes = see(fakes, stabilizers, step, drawn)
        with unchanged_state(discriminator):
            outputs = discriminator(fakes, training=True)
        return losses.generator(outputs)

    return generator_loss


def see(images, stabilizers: Stabilizers, step, seed):
    """Change images into what a discriminator sees of them.

    Args:
        images: Float images in [-1, 1], `(batch, height, width, channels)`.
        stabilizers: Settings; `instance_noise` and `diff_augment` matter here.
        step: Number of updates made.
        seed: Integer pair.

    Returns:
        float32 images of the same shape; with noise they may leave [-1, 1].
    """
    images = tf.cast(images, tf.float32)
    if stabilizers.diff_augment:
        drawn = tf.random.fold_in(seed, 0)
        images = diff_augment(images, stabilizers.diff_augment, drawn)
    if stabilizers.instance_noise:
        deviation = noise_deviation(
            stabilizers.instance_noise, stabilizers.instance_noise_steps, step
        )
        drawn = tf.random.fold_in(seed, 1)
        images += deviation * tf.random.stateless_normal(tf.shape(images), drawn)
    return images


def noise_deviation(start: float, num_steps: int, step):
    """Return the deviation of the instance noise, falling to 0 along a line.

    Reference: Sønderby et al., 2017, https://arxiv.org/abs/1610.04490, section 3.3.
    """
    passed = tf.cast(step, tf.float32) / num_steps
    return start * tf.maximum(1.0 - passed, 0.0)


def _choose_losses(adversarial_loss, stabilizers, from_logits):
    return choose_losses(
        adversarial_loss, real_label=stabilizers.real_label, from_logits=from_logits
    )


def _weigh_verdicts(losses, stabilizers, real_outputs, fake_outputs):
    """Return the loss of the verdicts by themselves, and their means for the log."""
    loss = losses.discriminator(
        real_outputs,
        fake_outputs,
        real_weight=stabilizers.real_weight,
        fake_weight=stabilizers.fake_weight,
    )
    return loss, {
        "real_logits": tf.reduce_mean(tf.cast(real_outputs, tf.float32)),
        "fake_logits": tf.reduce_mean(tf.cast(fake_outputs, tf.float32)),
    }
