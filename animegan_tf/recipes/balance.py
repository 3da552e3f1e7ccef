"""Set the loss weights of a training by the gradients that they give at its start."""

import dataclasses
import itertools
import json

from animegan_tf.config import TrainingConfig
from animegan_tf.recipes.runner import default_config, load_builder
from animegan_tf.utils.atomic_path import atomic_path

FILE = "balance.json"
_NUM_BATCHES = 4
# What says where the images are, and what they are.
_SOURCES = ("photos", "style", "validation", "pairing", "cache", "target", "scales")


def balance_weights(
    config: TrainingConfig, run, progress: bool = True
) -> TrainingConfig:
    """Return settings whose loss terms have the gradient shares of the recipe's own.

    The recipe's loss weights belong to its default networks, features, losses and
    crops. With others, the same weights let other terms dominate. The shares that the
    default settings give on the same images, and those of the settings, are measured in
    a few batches with untrained networks, with the scheduled weights of the last step.
    Each weight is multiplied by the ratio of the two; the sum of the gradients' norms
    stays. Terms that the recipe leaves out keep their weights.

    Args:
        config: Settings of a recipe with several loss terms.
        run: `RunFolder`; its `balance.json` gets the weights and shares before, and
            what they are set to.
        progress: Whether to show progress bars.

    Returns:
        The settings, with other `weights`.

    Raises:
        ValueError: If the recipe has no several loss terms to balance.
    """
    if config.recipe == "styles" or not hasattr(config, "weights"):
        raise ValueError(
            "`auto_balance` needs a recipe with several loss terms and one style. "
            f"Received: recipe={config.recipe!r}"
        )
    reference = _measure(_with_sources(default_config(config.recipe), config), run)
    shares = _measure(config, run, progress)
    factors = _ratios(reference, shares)
    before = config.weights.active()
    after = {name: round(w * factors.get(name, 1.0), 6) for name, w in before.items()}
    run.path.mkdir(parents=True, exist_ok=True)
    with atomic_path(run.path / FILE) as temporary:
        values = {"weights": before, "shares": shares, "recipe_shares": reference}
        temporary.write_text(json.dumps(values | {"balanced": after}, indent=2) + "\n")
    weights = dataclasses.replace(config.weights, **after)
    return dataclasses.replace(config, weights=weights)


def _with_sources(default: TrainingConfig, config: TrainingConfig) -> TrainingConfig:
    """Return default settings with the images and the seed of other settings."""
    sources = {
        name: getattr(config.data, name)
        for name in _SOURCES
        if hasattr(config.data, name)
    }
    data = dataclasses.replace(default.data, **sources)
    return dataclasses.replace(default, data=data, seed=config.seed)


def _measure(config: TrainingConfig, run, progress: bool = False) -> dict[str, float]:
    """Measure the mean gradient share of each term with untrained networks."""
    import keras

    keras.utils.set_random_seed(config.seed)
    training = load_builder(config.recipe)(config, run, progress)
    batches = itertools.islice(training.build_dataset(0), _NUM_BATCHES)
    found = [training.program.gradient_shares(b, config.steps - 1) for b in batches]
    found = [shares for shares in found if shares]
    if not found:
        raise ValueError(
            "`auto_balance` needs finite gradients. Received: none, of the settings "
            f"of the recipe {config.recipe}"
        )
    return {name: sum(s[name] for s in found) / len(found) for name in found[0]}


def _ratios(reference: dict[str, float], shares: dict[str, float]) -> dict[str, float]:
    """Return the factors that give the terms in common the reference's proportions."""
    common = [name for name in shares if shares[name] and reference.get(name)]
    if not common:
        return {}
    rest = sum(shares[n] for n in common) / sum(reference[n] for n in common)
    return {name: rest * reference[name] / shares[name] for name in common}
