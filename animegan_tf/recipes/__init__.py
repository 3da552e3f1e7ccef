"""Recipes: complete trainings, a file each, after the papers that describe them.

A recipe's file has the dataclass of its settings, whose defaults are the recipe's, and
a function `build(config, run, progress)`, which returns a `recipes.common.Training`:
the networks with the forward pass that defines their losses, and the data. `config` is
an instance of the settings, `run` the `RunFolder`, for what is computed once, and
`progress` whether to show progress bars. `build` raises a `FileNotFoundError` if a
folder is missing, and a `ValueError` if it has too few readable images or the settings
do not fit together. `recipes.runner` calls it.
"""
