"""What keeps adversaries steady: `config.Stabilizers`, for any adversarial step.

`build_discriminator_loss` and `build_generator_loss` apply all of the settings that
belong into a loss; the functions below them do one thing each. All that is random is a
pure function of the seed and the step, so a resumed training draws the same.
"""

import contextlib

import tensorflow as tf

from animegan_tf.config import Stabilizers
from animegan_tf.losses.adversarial import gradient_penalty, r1_penalty
from animegan_tf.training.diff_augment import diff_augment
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


def interpolate(reals, fakes, seed):
    """Draw one image evenly between each real and its fake, float32.

    Reference: Gulrajani et al., 2017, https://arxiv.org/abs/1704.00028.
    """
    reals, fakes = tf.cast(reals, tf.float32), tf.cast(fakes, tf.float32)
    share = tf.random.stateless_uniform([tf.shape(reals)[0], 1, 1, 1], seed)
    return reals + share * (fakes - reals)


def input_gradients(discriminator, images):
    """Differentiate each image's summed logits by its pixels.

    Args:
        discriminator: Network, called in training mode; its state stays as it was.
        images: float32, `(batch, height, width, channels)`.

    Returns:
        float32 gradients, like `images`, through which an outer tape may differentiate.
    """
    with tf.GradientTape() as tape:
        tape.watch(images)
        with unchanged_state(discriminator):
            logits = discriminator(images, training=True)
        total = tf.reduce_sum(tf.cast(logits, tf.float32))
    return tf.cast(tape.gradient(total, images), tf.float32)


def lazy_r1(discriminator, reals, count, stabilizers: Stabilizers):
    """Measure the weighted R1 penalty at every `r1_every`-th update, else 0.

    It is `r1_every` times as heavy then, so its mean stays that of a penalty at every
    update: gamma / 2 times the mean squared gradient norm.

    Args:
        discriminator: Network, called in training mode; its state stays as it was.
        reals: float32 images as the discriminator sees them.
        count: Number of updates of the discriminator so far.
        stabilizers: Settings `r1`, the gamma, and `r1_every`.

    Returns:
        A float32 scalar.

    Reference: Karras et al., 2020, https://arxiv.org/abs/1912.04958, section 3.1.
    """
    every = stabilizers.r1_every

    def penalty():
        gradients = input_gradients(discriminator, reals)
        return 0.5 * stabilizers.r1 * every * r1_penalty(gradients)

    due = tf.equal(tf.cast(count, tf.int64) % every, 0)
    return tf.cond(due, penalty, lambda: tf.constant(0.0))


def sum_of_squares(network):
    """Sum the squares of a network's kernels; biases and scales stay free."""
    kernels = [v for v in network.trainable_variables if len(v.shape) > 1]
    return tf.add_n(
        [tf.reduce_sum(tf.square(tf.cast(kernel, tf.float32))) for kernel in kernels]
    )


def clip_weights(network, limit: float) -> None:
    """Clip every trainable weight to [-limit, limit]; 0 leaves them alone.

    Reference: Arjovsky et al., 2017, https://arxiv.org/abs/1701.07875.
    """
    if not limit:
        return
    for variable in network.trainable_variables:
        variable.assign(tf.clip_by_value(variable.value, -limit, limit))


@contextlib.contextmanager
def unchanged_state(network):
    """Put back, at the end, what calls in training mode change of a network.

    These are its non-trainable weights, such as moving statistics and the vectors of
    spectral normalization. Random generators go on.
    """
    weights = network.non_trainable_weights
    before = [tf.identity(weight.value) for weight in weights]
    yield
    for weight, value in zip(weights, before, strict=True):
        weight.assign(value)


def stateless_seed(seed: int, *numbers):
    """Derive an integer pair from a seed and numbers, each of them an int or tensor."""
    pair = tf.constant([seed, 0], tf.int64)
    for number in numbers:
        pair = tf.random.fold_in(pair, tf.cast(number, tf.int64))
    return pair
