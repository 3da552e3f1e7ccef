"""GAN updates with Keras' own `compile` and `train_on_batch`."""

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from animegan_tf.models.gan import gives_probabilities
from animegan_tf.training.arrays.adversarial_step import (
    check_trainable,
    draw_fakes,
    frozen,
)
from animegan_tf.training.optimizers import build_adam


def compile_gan(
    generator: keras.Model,
    discriminator: keras.Model,
    gan: keras.Model,
    *,
    learning_rate: float = 1e-4,
    discriminator_learning_rate: float | None = None,
    beta_1: float = 0.5,
    from_logits: bool | None = None,
) -> None:
    """Compile a GAN's two trainings: the discriminator, and the gan with it frozen.

    The discriminator is frozen only while the gan is compiled: Keras reads `trainable`
    when it compiles and again when it traces, so `build_keras_step` freezes it at each
    of the gan's updates, and it stays trainable for everybody else.

    Args:
        generator: The generator.
        discriminator: The discriminator.
        gan: `build_gan(generator, discriminator)` of these two, with either outputs.
        learning_rate: Adam's rate of the generator, positive.
        discriminator_learning_rate: Adam's rate of the discriminator; `None` takes the
            same.
        beta_1: Decay of Adam's first moments.
        from_logits: Whether the discriminator gives logits; `None` finds out from its
            last layer.

    Raises:
        ValueError: If the gan is one of other networks, or nothing can be trained.
    """
    check_gan(generator, discriminator, gan)
    if from_logits is None:
        from_logits = not gives_probabilities(discriminator)
    if discriminator_learning_rate is None:
        discriminator_learning_rate = learning_rate
    loss = keras.losses.BinaryCrossentropy(from_logits=from_logits)
    discriminator.compile(
        build_adam(discriminator_learning_rate, beta_1=beta_1), loss=loss
    )
    loss = keras.losses.BinaryCrossentropy(from_logits=from_logits)
    with frozen(discriminator):
        gan.compile(
            build_adam(learning_rate, beta_1=beta_1),
            # The picture itself has no label.
            loss=loss if len(gan.outputs) == 1 else [None, loss],
        )


def build_keras_step(
    generator: keras.Model, discriminator: keras.Model, gan: keras.Model
) -> Callable:
    """Build one update of both networks out of `train_on_batch`.

    The discriminator learns that reals are 1, then that fakes are 0; then the generator
    learns to have its pictures called 1 by the frozen discriminator.

    Args:
        generator: The generator.
        discriminator: The discriminator, compiled.
        gan: `build_gan(generator, discriminator)`, compiled.

    Returns:
        A function like that of `adversarial_steps.build_adversarial_step`, with floats
        as results, and a few times slower.

    Raises:
        ValueError: If the gan is one of other networks, or not both are compiled.
    """
    check_gan(generator, discriminator, gan)
    if not (discriminator.compiled and gan.compiled):
        raise ValueError(
            "`gan` and `discriminator` must be compiled: see compile_gan. Received: "
            f"gan.compiled={gan.compiled}, "
            f"discriminator.compiled={discriminator.compiled}"
        )
    draw = tf.function(lambda inputs: draw_fakes(generator, inputs))

    def keras_step(batch: Mapping[str, Any]) -> dict[str, float]:
        inputs, reals = tf.convert_to_tensor(batch["input"]), batch["anime"]
        fakes = draw(inputs)
        label_shape = discriminator.compute_output_shape(tuple(reals.shape))
        ones, zeros = np.ones(label_shape, "float32"), np.zeros(label_shape, "float32")
        on_real = _loss_of(discriminator.train_on_batch(reals, ones))
        on_fake = _loss_of(discriminator.train_on_batch(fakes, zeros))
        with frozen(discriminator):
            labels = ones if len(gan.outputs) == 1 else [None, ones]
            generator_loss = _loss_of(gan.train_on_batch(inputs, labels))
        return {
            "discriminator": 0.5 * (on_real + on_fake),
            "discriminator_on_real": on_real,
            "discriminator_on_fake": on_fake,
            "generator": generator_loss,
        }

    return keras_step


def check_gan(
    generator: keras.Model, discriminator: keras.Model, gan: keras.Model
) -> None:
    """Check that a gan is one of these two networks, and that they can be trained.

    Raises:
        ValueError: If it is not.
    """
    check_trainable(generator=generator, discriminator=discriminator)
    layers = getattr(gan, "layers", [])
    if not any(layer is generator for layer in layers) or not any(
        layer is discriminator for layer in layers
    ):
        raise ValueError(
            "`gan` must be build_gan(generator, discriminator) of these very networks; "
            "one built of others would train those. Received: "
            f"gan of {', '.join(layer.name for layer in layers[1:]) or gan}"
        )


def _loss_of(logs) -> float:
    # Metrics that the user compiled follow the loss.
    return float(logs[0] if isinstance(logs, list | tuple) else logs)
