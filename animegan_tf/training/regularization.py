"""Regularization of discriminators: noise, augmentation, R1, gradient penalty, L2.

Everything random is a pure function of a seed, so a resumed training repeats it.
"""

import contextlib

import tensorflow as tf

from animegan_tf.config import Regularization
from animegan_tf.losses.gradient_penalties import gradient_penalty, r1_penalty
from animegan_tf.training.diff_augment import diff_augment
from animegan_tf.training.distribution import draw


def augment_input(images, settings: Regularization, step, seed):
    """Augment a discriminator's input and add the instance noise.

    Args:
        images: Float images in [-1, 1], `(batch, height, width, channels)`.
        settings: `diff_augment`, `instance_noise` and `instance_noise_steps` apply.
        step: Number of training steps made.
        seed: Integer pair.

    Returns:
        float32 images of the same shape; with noise they may leave [-1, 1].
    """
    images = tf.cast(images, tf.float32)
    if settings.diff_augment:
        augment_seed = tf.random.fold_in(seed, 0)
        images = diff_augment(images, settings.diff_augment, augment_seed)
    if settings.instance_noise:
        deviation = instance_noise_deviation(
            settings.instance_noise, settings.instance_noise_steps, step
        )
        noise_seed = tf.random.fold_in(seed, 1)

        def sample(count):
            shape = tf.concat([[count], tf.shape(images)[1:]], axis=0)
            return tf.random.stateless_normal(shape, noise_seed)

        images += deviation * draw(sample, tf.shape(images)[0])
    return images


def instance_noise_deviation(start: float, num_steps: int, step):
    """Return the standard deviation of the instance noise, falling linearly to 0.

    Reference: Sønderby et al., 2017, https://arxiv.org/abs/1610.04490, section 3.3.
    """
    passed = tf.cast(step, tf.float32) / num_steps
    return start * tf.maximum(1.0 - passed, 0.0)


def regularization_losses(
    discriminator, reals, fakes, num_updates, seed, settings: Regularization
) -> tuple[list, dict]:
    """Compute the gradient penalty, R1 and L2 losses of a discriminator.

    Args:
        discriminator: Network, called in training mode; its state is not changed.
        reals: float32 real images, as the discriminator sees them.
        fakes: Generated images, likewise.
        num_updates: Number of updates of the discriminator made so far.
        seed: Integer pair, for the images between real and generated ones.
        settings: `gradient_penalty`, `r1`, `r1_every` and `l2` apply.

    Returns:
        `(weighted, logs)`: float32 scalars to add to the discriminator's loss, and the
        unweighted ones by name for the log. R1 is not logged: most steps leave it out.
    """
    weighted, logs = [], {}
    if settings.gradient_penalty:
        gradients = input_gradients(discriminator, interpolate(reals, fakes, seed))
        logs["gradient_penalty"] = gradient_penalty(gradients)
        weighted.append(settings.gradient_penalty * logs["gradient_penalty"])
    if settings.r1:
        weighted.append(
            lazy_r1(
                discriminator,
                reals,
                num_updates,
                gamma=settings.r1,
                every=settings.r1_every,
            )
        )
    if settings.l2:
        logs["l2"] = sum_of_squares(discriminator)
        weighted.append(settings.l2 * logs["l2"])
    return weighted, logs


def interpolate(reals, fakes, seed):
    """Sample one image uniformly between each real and its generated one, float32.

    Reference: Gulrajani et al., 2017, https://arxiv.org/abs/1704.00028.
    """
    reals, fakes = tf.cast(reals, tf.float32), tf.cast(fakes, tf.float32)
    weight = draw(
        lambda count: tf.random.stateless_uniform([count, 1, 1, 1], seed),
        tf.shape(reals)[0],
    )
    return reals + weight * (fakes - reals)


def input_gradients(discriminator, images):
    """Differentiate each image's summed logits with respect to its pixels.

    Args:
        discriminator: Network, called in training mode; its state is not changed.
        images: float32, `(batch, height, width, channels)`.

    Returns:
        float32 gradients, like `images`, that an outer tape can differentiate.
    """
    with tf.GradientTape() as tape:
        tape.watch(images)
        with unchanged_state(discriminator):
            outputs = discriminator(images, training=True)
        logits = tf.nest.flatten(outputs)
        total = sum(tf.reduce_sum(tf.cast(x, tf.float32)) for x in logits)
    return tf.cast(tape.gradient(total, images), tf.float32)


def lazy_r1(discriminator, reals, num_updates, *, gamma: float, every: int):
    """Compute the weighted R1 penalty at every `every`-th update, else 0.

    It is `every` times as large then, so its mean stays that of a penalty at every
    update: gamma / 2 times the mean squared gradient norm.

    Args:
        discriminator: Network, called in training mode; its state is not changed.
        reals: float32 real images, as the discriminator sees them.
        num_updates: Number of updates of the discriminator made so far.
        gamma: Weight of the penalty.
        every: Updates between two penalties.

    Returns:
        A float32 scalar.

    Reference: Karras et al., 2020, https://arxiv.org/abs/1912.04958, section 3.1.
    """

    def penalty():
        gradients = input_gradients(discriminator, reals)
        return 0.5 * gamma * every * r1_penalty(gradients)

    due = tf.equal(tf.cast(num_updates, tf.int64) % every, 0)
    return tf.cond(due, penalty, lambda: tf.constant(0.0))


def sum_of_squares(network):
    """Sum the squares of a network's kernels; biases and scales are left out."""
    kernels = [v for v in network.trainable_variables if len(v.shape) > 1]
    return tf.add_n(
        [tf.reduce_sum(tf.square(tf.cast(kernel, tf.float32))) for kernel in kernels]
    )


def clip_weights(network, limit: float) -> None:
    """Clip every trainable weight to [-limit, limit]; a limit of 0 clips nothing.

    Reference: Arjovsky et al., 2017, https://arxiv.org/abs/1701.07875.
    """
    if not limit:
        return
    for variable in network.trainable_variables:
        variable.assign(tf.clip_by_value(variable.value, -limit, limit))


@contextlib.contextmanager
def unchanged_state(network):
    """Restore, on exit, the state that calls in training mode change.

    These are the non-trainable weights, such as moving statistics and the vectors of
    spectral normalization. Random generators advance.
    """
    weights = network.non_trainable_weights
    before = [tf.identity(weight.value) for weight in weights]
    yield
    for weight, value in zip(weights, before, strict=True):
        weight.assign(value)
