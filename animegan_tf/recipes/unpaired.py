"""Data of the image-to-image recipes without pairs: photos, and images of a style."""

from animegan_tf.recipes.image_to_image import ImageToImageConfig


def build_unpaired_training(config: ImageToImageConfig, program, generator_options):
    """Give a program photos and style images, each in an order of its own.

    Args:
        config: Settings; `data.photos` and `data.style` name the two folders.
        program: Program whose batches have `photo` and `anime`; held-out batches have
            `photo` alone.
        generator_options: As in `recipes.common.Training`.

    Returns:
        The `Training`. Held-out photos are for validation and samples.

    Raises:
        FileNotFoundError: If a folder is missing.
        ValueError: If a folder has no readable images.
    """
    from animegan_tf.data.crops import read_squares
    from animegan_tf.data.datasets.unpaired import build_unpaired_dataset
    from animegan_tf.data.image_folder import scan_images
    from animegan_tf.recipes.common import (
        MAX_VALIDATION,
        Training,
        build_validation,
        crop_options,
        split_photos,
    )
    from animegan_tf.recipes.samples import read_samples, two_columns
    from animegan_tf.recipes.style_score import build_score

    data = config.data
    photos, held_out = split_photos(data, minimum=1)
    style = scan_images(data.style, argument="style")
    validation = None
    if held_out:
        squares = read_squares(held_out[:MAX_VALIDATION], data.crop_size)
        validation = build_validation({"photo": squares})
    return Training(
        program,
        lambda start_step: build_unpaired_dataset(
            photos, style, **crop_options(config, start_step)
        ),
        files=[*photos, *style],
        generator_options=generator_options,
        samples=read_samples(
            held_out or photos, data.crop_size, drawings=two_columns(style)
        ),
        validation=validation,
        **build_score(held_out, style),
        steps_per_epoch=len(photos) / data.batch_size,
    )
