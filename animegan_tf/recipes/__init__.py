"""Recipes: whole trainings, each put together from its settings."""

from animegan_tf.recipes.anime import build_anime

RECIPES = {
    "anime": build_anime,
}
