"""What keeps adversaries steady: `config.Stabilizers`, for any adversarial step.

`build_discriminator_loss` and `build_generator_loss` apply all of the settings that
belong into a loss; the functions below them do one thing each. All that is random is a
pure function of the seed and the step, so a resumed training draws the same.
"""

import tensorflow as tf

from animegan_tf.config import Stabilizers
from animegan_tf.losses.adversarial import gradient_penalty
from animegan_tf.training.diff_augment import diff_augment
from animegan_tf.training.network_state import unchanged_state
from animegan_tf.training.penalties import (
    input_gradients,
    interpolate,
    lazy_r1,
    sum_of_squares,
)
from animegan_tf.training.seeds import stateless_seed
from animegan_tf.training.verdict_losses import (
    check_adversary,
    fake_loss,
    generator_verdict_loss,
    real_loss,
)

_SALT = 101
_REAL, _FAKE, _GENERATOR, _MIX = range(4)


def build_discriminator_loss(
    discriminator,
    adversarial_loss: str,
    stabilizers: Stabilizers,
    *,
    seed: int,
    from_logits: bool = True,
):
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
        float32 loss and a dict of float32 scalars for the log. R1 is not among them:
        most updates leave it out.

    Raises:
        ValueError: If the loss is unknown or has no use for a setting.
    """
    check_adversary(adversarial_loss, stabilizers, from_logits)

    def discriminator_loss(reals, fakes, step, turn=0):
        def seed_of(purpose):
            return stateless_seed(seed, _SALT, purpose, step, turn)

        reals = see(reals, stabilizers, step, seed_of(_REAL))
        fakes = see(fakes, stabilizers, step, seed_of(_FAKE))
        real_outputs = discriminator(reals, training=True)
        fake_outputs = discriminator(fakes, training=True)
        loss = stabilizers.real_weight * real_loss(
            adversarial_loss, real_outputs, stabilizers.real_label, from_logits
        ) + stabilizers.fake_weight * fake_loss(
            adversarial_loss, fake_outputs, from_logits
        )
        logs = {
            "real_logits": tf.reduce_mean(tf.cast(real_outputs, tf.float32)),
            "fake_logits": tf.reduce_mean(tf.cast(fake_outputs, tf.float32)),
        }
        if stabilizers.gradient_penalty:
            mixed = interpolate(reals, fakes, seed_of(_MIX))
            penalty = gradient_penalty(input_gradients(discriminator, mixed))
            loss += stabilizers.gradient_penalty * penalty
            logs["gradient_penalty"] = penalty
        if stabilizers.r1:
            count = tf.cast(step, tf.int64) * stabilizers.critic_steps
            loss += lazy_r1(
                discriminator, reals, count + tf.cast(turn, tf.int64), stabilizers
            )
        if stabilizers.l2:
            logs["l2"] = sum_of_squares(discriminator)
            loss += stabilizers.l2 * logs["l2"]
        return loss, {"discriminator": loss, **logs}

    return discriminator_loss


def build_generator_loss(
    discriminator,
    adversarial_loss: str,
    stabilizers: Stabilizers,
    *,
    seed: int,
    from_logits: bool = True,
):
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
    check_adversary(adversarial_loss, stabilizers, from_logits)

    def generator_loss(fakes, step):
        drawn = stateless_seed(seed, _SALT, _GENERATOR, step, 0)
        fakes = see(fakes, stabilizers, step, drawn)
        with unchanged_state(discriminator):
            outputs = discriminator(fakes, training=True)
        return generator_verdict_loss(adversarial_loss, outputs, from_logits)

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
