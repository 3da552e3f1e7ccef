"""Build trainings of recipes on random images, for the scripts that time them."""

import dataclasses

import animegan_tf


def write_images(folder, count, side):
    """Write random photos and drawings to subfolders of a folder.

    Args:
        folder: Path of the folder.
        count: Images in each subfolder.
        side: Their side in pixels, a multiple of 8.
    """
    import numpy as np
    from PIL import Image

    rng = np.random.default_rng(0)
    for name in ("photos", "style"):
        (folder / name).mkdir()
        for index in range(count):
            coarse = rng.integers(0, 256, (side // 8, side // 8, 3), "uint8")
            image = Image.fromarray(coarse).resize((side, side), Image.BICUBIC)
            image.save(folder / name / f"{index}.jpg", quality=92)


def build_training(recipe, folder, *, crop, batch, scale, **changes):
    """Build a recipe on the images of `write_images`.

    Args:
        recipe: Its name.
        folder: Path of the folder.
        crop: Side of the crops, in pixels.
        batch: Crops in a batch.
        scale: Short side at which `anime` takes the photos, in pixels.
        **changes: Settings of the recipe.

    Returns:
        The training and its settings.
    """
    from animegan_tf.recipes.runner import load_builder
    from animegan_tf.training.run_folder import RunFolder

    config = animegan_tf.default_config(recipe)
    data = {
        "photos": str(folder / "photos"),
        "style": str(folder / "style"),
        "crop_size": crop,
        "batch_size": batch,
        "validation": 0.0,
    }
    if recipe == "anime":
        # Fitting a painter takes minutes and no time of a step.
        data |= {"target": "cel_and_ink", "scales": (scale,)}
    config = dataclasses.replace(
        config, data=dataclasses.replace(config.data, **data), **changes
    )
    return load_builder(recipe)(config, RunFolder(folder / recipe), False), config


def make_step(program, batch):
    """Return a function of an index that makes a step after the pretraining's one."""

    def step(index):
        logs = program.update(batch, 1 + index)
        return float(logs["total"])  # Waits until an accelerator is done.

    return step
