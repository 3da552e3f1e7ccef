"""What is asked of a discriminator beside its verdicts."""

import tensorflow as tf

from animegan_tf.config import Stabilizers
from animegan_tf.losses.gradient_penalties import gradient_penalty, r1_penalty
from animegan_tf.training.network_state import unchanged_state


def measure_penalties(
    discriminator, reals, fakes, count, seed, stabilizers: Stabilizers
) -> tuple[list, dict]:
    """Measure the penalties that the settings ask for.

    Args:
        discriminator: Network, called in training mode; its state stays as it was.
        reals: float32 images as the discriminator sees them.
        fakes: The same of generated images.
        count: Number of updates of the discriminator so far.
        seed: Integer pair, of the images between reals and fakes.
        stabilizers: Settings `gradient_penalty`, `r1`, `r1_every` and `l2`.

    Returns:
        `(weighted, logs)`: the float32 scalars to add to the discriminator's loss, and
        the same without their weights, by name, for the log. R1 is not among these:
        most updates leave it out.
    """
    weighted, logs = [], {}
    if stabilizers.gradient_penalty:
        mixed = interpolate(reals, fakes, seed)
        logs["gradient_penalty"] = gradient_penalty(
            input_gradients(discriminator, mixed)
        )
        weighted.append(stabilizers.gradient_penalty * logs["gradient_penalty"])
    if stabilizers.r1:
        weighted.append(lazy_r1(discriminator, reals, count, stabilizers))
    if stabilizers.l2:
        logs["l2"] = sum_of_squares(discriminator)
        weighted.append(stabilizers.l2 * logs["l2"])
    return weighted, logs


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
