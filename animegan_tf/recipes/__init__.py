"""Recipes: complete trainings, each with its settings, networks, losses and data."""
