"""The data of image-to-image recipes that need no pairs."""

from animegan_tf.config import TrainingConfig
from animegan_tf.data.crops import read_squares
from animegan_tf.data.datasets.unpaired import build_unpaired_dataset
from animegan_tf.data.image_folder import scan_images
from animegan_tf.recipes.runner import (
    MAX_VALIDATION,
    Assembly,
    read_samples,
    split_photos,
    validation_of,
)
from animegan_tf.recipes.settings import stream_options
from animegan_tf.training.program import Program


def assemble_unpaired(config: TrainingConfig, program: Program) -> Assembly:
    """Give a program photos and pictures in the style, in orders of their own.

    Args:
        config: Settings; `data.photos` and `data.style` name the two folders.
        program: Networks and update, which takes batches with `photo` and `anime`.

    Returns:
        The program with its data. Held-out photos are for validation and samples.

    Raises:
        FileNotFoundError: If a folder is missing.
        ValueError: If a folder has no readable pictures.
    """
    data = config.data
    photos, held_out = split_photos(data, minimum=1)
    style = scan_images(data.style, argument="style")

    def build_dataset(start_step):
        return build_unpaired_dataset(
            photos, style, **stream_options(config, start_step)
        )

    validation = None
    if held_out:
        squares = read_squares(held_out[:MAX_VALIDATION], data.crop_size)
        validation = validation_of({"photo": squares})
    return Assembly(
        program,
        build_dataset,
        read_samples(held_out or photos, data.crop_size),
        validation,
        steps_per_epoch=len(photos) / data.batch_size,
    )
