"""The settings that each recipe starts from."""

from animegan_tf.config import LossWeights, TrainingConfig

DEFAULTS = {
    "anime": TrainingConfig(
        recipe="anime",
        steps=8000,
        pretraining_steps=5000,
        weights=LossWeights(target=10.0, gradient=5.0, style=1.0, adversarial=1.0),
        smooth_weight=0.5,
        target_weight=1.0,
    ),
}


def default_config(recipe: str) -> TrainingConfig:
    """Return the settings that a recipe starts from.

    Raises:
        ValueError: If there is no such recipe.
    """
    if recipe not in DEFAULTS:
        raise ValueError(
            f"`recipe` must be one of {', '.join(DEFAULTS)}. "
            f"Received: recipe={recipe!r}"
        )
    return DEFAULTS[recipe]
