"""The plain adversarial update: reals, fakes, then the generator, each by itself."""

import contextlib
import functools
from collections.abc import Callable

import keras
import tensorflow as tf

from animegan_tf.models.gan import all_layers, gives_probabilities
from animegan_tf.training.adversarial_losses import choose_losses
from animegan_tf.training.network_state import unchanged_state


def build_adversarial_step(
    generator: keras.Model,
    discriminator: keras.Model,
    generator_optimizer: keras.optimizers.Optimizer,
    discriminator_optimizer: keras.optimizers.Optimizer,
    *,
    loss: str = "bce",
    from_logits: bool | None = None,
) -> Callable:
    """Build one update of both networks as a single compiled function.

    Made of the same three optimizer steps as `keras_step.build_keras_step`, with the
    same losses: the discriminator on reals, the discriminator on fakes, the generator
    through the discriminator. In the last one the discriminator counts as frozen, so
    its batch normalization uses the moving statistics, while its dropout goes on.

    Args:
        generator: Built network from photos or noise to float images in [-1, 1].
        discriminator: Built network from such images to logits or probabilities.
        generator_optimizer: Its Keras optimizer.
        discriminator_optimizer: Its Keras optimizer.
        loss: Key of `ADVERSARIAL_LOSSES`.
        from_logits: Whether the discriminator gives logits; `None` finds out from its
            last layer.

    Returns:
        A function of a batch, a dict with float32 tensors: `"input"`, photos in
        [-1, 1] or noise, what the generator takes; `"anime"`, real pictures in
        [-1, 1], `(batch, height, width, 3)`. It returns the float32 losses
        `"discriminator"`, the mean of `"discriminator_on_real"` and
        `"discriminator_on_fake"`, and `"generator"`.

    Raises:
        ValueError: If a network is not built or has nothing to train, or the loss is
            unknown or needs logits.
    """
    check_trainable(generator=generator, discriminator=discriminator)
    if from_logits is None:
        from_logits = not gives_probabilities(discriminator)
    losses = choose_losses(loss, from_logits=from_logits)
    generator_optimizer.build(generator.trainable_variables)
    discriminator_optimizer.build(discriminator.trainable_variables)

    judge = functools.partial(_minimize, discriminator_optimizer, discriminator)

    def deceive(inputs):
        stylized = generator(inputs, training=True)
        with frozen(discriminator):
            return losses.generator(discriminator(stylized, training=True))

    @tf.function
    def adversarial_step(batch):
        inputs, reals = batch["input"], batch["anime"]
        fakes = draw_fakes(generator, inputs)
        on_real = judge(lambda: losses.real(discriminator(reals, training=True)))
        on_fake = judge(lambda: losses.fake(discriminator(fakes, training=True)))
        return {
            "discriminator": 0.5 * (on_real + on_fake),
            "discriminator_on_real": on_real,
            "discriminator_on_fake": on_fake,
            "generator": _minimize(
                generator_optimizer, generator, lambda: deceive(inputs)
            ),
        }

    return adversarial_step


def draw_fakes(generator, inputs):
    """Generate as in training, but leave the generator's state as it was.

    The discriminator should see the very pictures by which the generator is judged,
    with the statistics of the batch, not the moving ones.
    """
    with unchanged_state(generator):
        return generator(inputs, training=True)


@contextlib.contextmanager
def frozen(network: keras.Model):
    """Set a network's `trainable` to false inside, and put it back layer by layer."""
    before = [(layer, layer.trainable) for layer in [network, *all_layers(network)]]
    network.trainable = False
    try:
        yield
    finally:
        # Outer ones first: setting a network's flag sets that of every layer in it.
        for layer, trainable in before:
            layer.trainable = trainable


def check_trainable(**networks) -> None:
    """Check that every network is built and has variables to train.

    Raises:
        ValueError: If one is not or has none; its name is the argument's.
    """
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


def _minimize(optimizer, network: keras.Model, measure):
    """Take a step of a network down a loss, and return what it was before."""
    with tf.GradientTape() as tape:
        loss = measure()
    variables = network.trainable_variables
    optimizer.apply(tape.gradient(loss, variables), variables)
    return loss
