"""One training step of a generator and a discriminator, for batches of one's own."""

import contextlib
from collections.abc import Callable, Mapping

import keras
import tensorflow as tf

from animegan_tf.losses.adversarial import choose_losses
from animegan_tf.models.gan import all_layers
from animegan_tf.models.output_kind import resolve_from_logits
from animegan_tf.training.regularization import unchanged_state
from animegan_tf.utils.checks import received


def build_adversarial_step(
    generator: keras.Model,
    discriminator: keras.Model,
    generator_optimizer: keras.optimizers.Optimizer,
    discriminator_optimizer: keras.optimizers.Optimizer,
    *,
    loss: str = "bce",
    from_logits: bool | None = None,
) -> Callable:
    """Build one training step of both networks as a single compiled function.

    It takes three optimizer steps: the discriminator's on real images, its step on
    generated images, and the generator's through the discriminator. In the last one
    the discriminator is frozen, so its batch normalization uses the moving statistics,
    while its dropout stays on. Losses that layers add, such as kernel regularizers',
    count, and an optimizer that scales losses (mixed float16) does so. A step with
    gradients that are not finite changes nothing.

    Args:
        generator: Built network from photos or noise to float images in [-1, 1].
        discriminator: Built network from such images to logits or probabilities.
        generator_optimizer: Its Keras optimizer.
        discriminator_optimizer: Its Keras optimizer.
        loss: Key of `ADVERSARIAL_LOSSES`.
        from_logits: Whether the discriminator returns logits; `None` finds out from its
            layers.

    Returns:
        A function of a batch, a dict of float32 tensors: `"input"`, photos in [-1, 1]
        or noise, what the generator takes; `"anime"`, real images in [-1, 1],
        `(batch, height, width, 3)`; or the two as a tuple. It returns the float32
        losses `"discriminator"`,
        the mean of `"discriminator_on_real"` and `"discriminator_on_fake"`, and
        `"generator"`; and `"discriminator_accuracy"`, the fraction of its outputs that
        are right, in [0, 1].

    Raises:
        ValueError: If a network is not built or has nothing to train, the loss is
            unknown or needs logits, or `from_logits` is `None` and the layers do not
            tell.
    """
    check_trainable(generator=generator, discriminator=discriminator)
    for name, optimizer in (
        ("generator_optimizer", generator_optimizer),
        ("discriminator_optimizer", discriminator_optimizer),
    ):
        if not isinstance(optimizer, keras.optimizers.Optimizer):
            raise ValueError(
                f"`{name}` must be a Keras optimizer. {received(name, optimizer)}"
            )
    from_logits = resolve_from_logits(discriminator, from_logits)
    losses = choose_losses(loss, from_logits=from_logits)

    def with_layers_losses(measure, network):
        return lambda outputs: measure(outputs) + sum(network.losses)

    return build_three_steps(
        generator,
        discriminator,
        generator_optimizer,
        discriminator_optimizer,
        real_loss=with_layers_losses(losses.real, discriminator),
        fake_loss=with_layers_losses(losses.fake, discriminator),
        generator_loss=with_layers_losses(losses.generator, generator),
        threshold=decision_threshold(loss, from_logits),
    )


def decision_threshold(loss: str, from_logits: bool) -> float:
    """Return the output above which a discriminator calls an image real."""
    # Labels are 0 and 1 for LSGAN and for probabilities.
    return 0.5 if loss == "lsgan" or not from_logits else 0.0


def build_three_steps(
    generator: keras.Model,
    discriminator: keras.Model,
    generator_optimizer: keras.optimizers.Optimizer,
    discriminator_optimizer: keras.optimizers.Optimizer,
    *,
    real_loss: Callable,
    fake_loss: Callable,
    generator_loss: Callable,
    threshold: float,
) -> Callable:
    """Build the step of `build_adversarial_step` with any losses.

    Args:
        generator: As there.
        discriminator: As there.
        generator_optimizer: As there.
        discriminator_optimizer: As there.
        real_loss: Function of the discriminator's outputs for real images to its loss.
        fake_loss: The same for generated images.
        generator_loss: Function of those outputs to the generator's loss.
        threshold: Output above which the discriminator calls an image real.

    Returns:
        The function of a batch.
    """
    generator_optimizer.build(generator.trainable_variables)
    discriminator_optimizer.build(discriminator.trainable_variables)

    @tf.function
    def adversarial_step(batch):
        if isinstance(batch, Mapping):
            batch = batch["input"], batch["anime"]
        inputs, reals = batch
        # As the generator is judged, with the statistics of the batch.
        with unchanged_state(generator):
            fakes = generator(inputs, training=True)

        correct = []

        def on_real():
            outputs = discriminator(reals, training=True)
            correct.append(_mean_of(outputs > threshold))
            return real_loss(outputs)

        def on_fake():
            outputs = discriminator(fakes, training=True)
            correct.append(_mean_of(outputs <= threshold))
            return fake_loss(outputs)

        def through_discriminator():
            stylized = generator(inputs, training=True)
            with frozen(discriminator):
                return generator_loss(discriminator(stylized, training=True))

        real = _minimize(on_real, discriminator, discriminator_optimizer)
        fake = _minimize(on_fake, discriminator, discriminator_optimizer)
        return {
            "discriminator": 0.5 * (real + fake),
            "discriminator_on_real": real,
            "discriminator_on_fake": fake,
            "generator": _minimize(
                through_discriminator, generator, generator_optimizer
            ),
            "discriminator_accuracy": 0.5 * (correct[0] + correct[1]),
        }

    return adversarial_step


@contextlib.contextmanager
def frozen(network: keras.Model):
    """Set a network's `trainable` to false inside, and restore it layer by layer."""
    before = [(layer, layer.trainable) for layer in [network, *all_layers(network)]]
    network.trainable = False
    try:
        yield
    finally:
        # Outer ones first: setting a network's flag sets that of every layer in it.
        for layer, trainable in before:
            layer.trainable = trainable


def check_models(**networks) -> None:
    """Check that every network is a Keras model.

    Raises:
        ValueError: If one is not.
    """
    for name, network in networks.items():
        if not isinstance(network, keras.Model):
            raise ValueError(
                f"`{name}` must be a keras.Model. {received(name, network)}"
            )


def check_trainable(**networks) -> None:
    """Check that every network is built and has variables to train.

    Raises:
        ValueError: If one is not or has none; its name is the argument's.
    """
    check_models(**networks)
    for name, network in networks.items():
        if not network.built:
            raise ValueError(
                f"`{name}` must be built: call it once on a batch. Received: {network}"
            )
        if not network.trainable_variables:
            raise ValueError(
                f"`{name}` must have something to train: set {name}.trainable = True. "
                f"Received: trainable={network.trainable}, "
                f"{len(network.variables)} variables"
            )


def _minimize(measure: Callable, network: keras.Model, optimizer):
    """Take an optimizer step down a loss; return the loss before it.

    If a gradient is not finite, neither the weights nor the moving statistics change.
    """
    state = network.non_trainable_weights
    before = [tf.identity(weight.value) for weight in state]
    with tf.GradientTape() as tape:
        loss = measure()
        scaled = optimizer.scale_loss(loss)
    variables = network.trainable_variables
    gradients = tape.gradient(scaled, variables)
    norm = tf.linalg.global_norm([g for g in gradients if g is not None])
    is_finite = tf.math.is_finite(tf.cast(norm, tf.float32))

    def apply():
        optimizer.apply(gradients, variables)
        return True

    def restore():
        for weight, value in zip(state, before, strict=True):
            weight.assign(value)
        return True

    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        # It skips the update itself, and lowers its scale.
        apply()
        tf.cond(is_finite, lambda: True, restore)
    else:
        tf.cond(is_finite, apply, restore)
    return loss


def _mean_of(conditions):
    return tf.reduce_mean(tf.cast(conditions, tf.float32))
