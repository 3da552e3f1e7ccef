"""Recipes: whole trainings, each put together from its settings."""

import importlib

from animegan_tf.utils.messages import suggestion

# Where each recipe's builder lives: imported at its first use, since TensorFlow takes
# seconds to load and printing settings does not need it.
RECIPES = {
    "anime": "animegan_tf.recipes.anime:build_anime",
    "styles": "animegan_tf.recipes.styles:build_styles",
    "dcgan": "animegan_tf.recipes.unconditional:build_noise_gan",
    "wgan": "animegan_tf.recipes.unconditional:build_noise_gan",
    "wgan_gp": "animegan_tf.recipes.unconditional:build_noise_gan",
    "pix2pix": "animegan_tf.recipes.paired:build_pix2pix",
    "restore": "animegan_tf.recipes.paired:build_restore",
    "cyclegan": "animegan_tf.recipes.cyclegan:build_cyclegan",
    "cut": "animegan_tf.recipes.cut:build_cut",
}


def load_recipe(name: str):
    """Import the builder of a recipe: a function of `(config, run, progress)`.

    Raises:
        ValueError: If there is no such recipe.
    """
    if name not in RECIPES:
        raise ValueError(
            f"`recipe` must be one of {', '.join(RECIPES)}. "
            f"{suggestion(name, RECIPES)}Received: recipe={name!r}"
        )
    module, function = RECIPES[name].split(":")
    return getattr(importlib.import_module(module), function)
