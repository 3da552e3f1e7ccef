"""The adversaries of a training, of its settings."""

import keras

from animegan_tf.config import TrainingConfig
from animegan_tf.models.discriminators import build_discriminator
from animegan_tf.recipes.runner import precision
from animegan_tf.recipes.settings import scheduled_adam
from animegan_tf.training.discriminator_step import (
    build_adversary_step,
    build_judgement,
)
from animegan_tf.training.regularization import build_generator_loss


def build_adversary_network(
    config: TrainingConfig, image_shape: tuple[int | None, ...]
) -> keras.Model:
    """Build the discriminator in the training's precision.

    Args:
        config: Settings.
        image_shape: `(height, width, channels)` of what it sees, unless
            `discriminator_options` say otherwise.

    Returns:
        What `build_discriminator` builds.

    Raises:
        ValueError: If the discriminator refuses its options.
    """
    options = {"image_shape": image_shape} | config.discriminator_options
    with precision(config.precision):
        return build_discriminator(config.discriminator, **options)


class Adversary:
    """A discriminator of one kind of picture with all that trains it, image to image.

    Args:
        config: Settings.
        seed: Seed of all that its stabilizers draw.
        channels: Channels of what it sees: 3, or 6 of a picture beside its photo.
        suffix: What the names of its scalars end in, where there are two adversaries.

    Attributes:
        discriminator: The network.
        optimizer: Its optimizer.
        generator_loss: Function of `(images, step)` to the scalar that a generator
            minimizes, from `build_generator_loss`.
        judge_for_generator: Function of held-out results to that scalar without
            stabilizers, from `build_judgement`.
        step: Function of `(reals, fakes, step)` that makes one update of the network,
            from `build_adversary_step`.

    Raises:
        ValueError: If the settings do not go together.
    """

    def __init__(
        self,
        config: TrainingConfig,
        *,
        seed: int,
        channels: int = 3,
        suffix: str = "",
    ):
        self.discriminator = build_adversary_network(config, (None, None, channels))
        self.optimizer = scheduled_adam(config, "discriminator")
        shared = (config.adversarial_loss, config.stabilizers)
        self.generator_loss = build_generator_loss(
            self.discriminator, *shared, seed=seed
        )
        self.judge_for_generator = build_judgement(
            self.discriminator, config.adversarial_loss
        )
        self.step = build_adversary_step(
            self.discriminator,
            self.optimizer,
            *shared,
            seed=seed,
            clip_norm=config.clip_norm,
            suffix=suffix,
        )
