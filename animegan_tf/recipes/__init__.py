"""Recipes: whole trainings, each put together from its settings."""

import importlib

# Where each recipe's builder lives: imported at its first use, since TensorFlow takes
# seconds to load and printing settings does not need it.
RECIPES = {
    "anime": "animegan_tf.recipes.anime:build_anime",
}


def load_recipe(name: str):
    """Import the builder of a recipe: a function of `(config, run, progress)`.

    Raises:
        ValueError: If there is no such recipe.
    """
    if name not in RECIPES:
        raise ValueError(
            f"`recipe` must be one of {', '.join(RECIPES)}. Received: recipe={name!r}"
        )
    module, function = RECIPES[name].split(":")
    return getattr(importlib.import_module(module), function)
