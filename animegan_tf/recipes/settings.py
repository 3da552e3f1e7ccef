"""What recipes make of settings in the same way."""

from typing import Any

import keras

from animegan_tf.config import TrainingConfig
from animegan_tf.training.optimizers import build_adam, build_learning_rate


def check_weights(config: TrainingConfig, known, required=()) -> None:
    """Refuse weights of terms that a recipe does not have, and missing ones.

    Args:
        config: Settings.
        known: Names of the terms that the recipe has.
        required: Those of them that it cannot do without.

    Raises:
        ValueError: If a weight does not fit; it names the terms that do.
    """
    active = set(config.weights.active())
    if not active or active - set(known) or set(required) - active:
        needed = f", with {', '.join(required)} among them" if required else ""
        raise ValueError(
            f"`weights` of the recipe {config.recipe} must be of "
            f"{', '.join(sorted(known))}{needed}. Received: {sorted(active)}"
        )


def scheduled_adam(config: TrainingConfig, network: str) -> keras.optimizers.Optimizer:
    """Build Adam with the rate of a network and the training's decay.

    Its momentum is the short one of adversaries, or Adam's usual one where there are
    none.

    Args:
        config: Settings.
        network: `"generator"` or `"discriminator"`.
    """
    stabilizers = config.stabilizers
    rate = getattr(config, f"{network}_learning_rate")
    schedule = build_learning_rate(
        rate, config.steps, stabilizers.decay, stabilizers.decay_start
    )
    return build_adam(schedule, beta_1=0.5 if config.weights.adversarial else 0.9)


def stream_options(config: TrainingConfig, start_step: int) -> dict[str, Any]:
    """Return the keyword arguments of an endless dataset of crops, image to image."""
    data = config.data
    return {
        "crop_size": data.crop_size,
        "batch_size": data.batch_size,
        "seed": config.seed,
        "start_step": start_step,
        "coverage": data.coverage,
        "flip": data.flip,
    }
