"""Several styles in one network: the anime recipe, a style a step."""

import functools

import keras
import numpy as np
import tensorflow as tf

from animegan_tf.config import TrainingConfig
from animegan_tf.data.datasets.anime import build_anime_dataset
from animegan_tf.data.image_folder import scan_images
from animegan_tf.recipes.anime import build_validation, choose_held_out, draw_targets
from animegan_tf.recipes.runner import Assembly, read_samples, split_photos
from animegan_tf.recipes.style_program import build_style_program, check_regression
from animegan_tf.recipes.style_terms import (
    build_training_terms,
    build_validation_terms,
    measure_style,
)
from animegan_tf.training.program import Program
from animegan_tf.training.run_folder import RunFolder
from animegan_tf.training.steps import build_validation_step

# Pictures of all styles are kept decoded side by side.
_MEMORY_BUDGET = 6 * 2**30


def build_styles(
    config: TrainingConfig, run: RunFolder, progress: bool = True
) -> Assembly:
    """Assemble the training of one network for several styles.

    Update i serves style i modulo their number: its targets, its pictures, its own
    adversary and statistics. The generator is shared, but for each style's scales and
    shifts.

    Args:
        config: Settings; `data.photos` names the photos, `styles` the styles.
        run: Run folder, for the caches.
        progress: Whether to show progress bars.

    Returns:
        The program with its data.

    Raises:
        FileNotFoundError: If a folder is missing.
        ValueError: If no style is named, two have one name, a folder has too few
            readable pictures, or the feature extractor cannot be had.
    """
    _check_styles(config.styles)
    check_regression(config.weights)
    photos, held_out = split_photos(config.data, minimum=2)
    pictures = [scan_images(s.pictures, argument=s.name) for s in config.styles]
    measured = [measure_style(config, run, found, progress) for found in pictures]
    program = _build_program(config, measured)
    items, held_out_items = (
        [draw_targets(config, run, paths, s.target, progress) for s in config.styles]
        for paths in (photos, choose_held_out(held_out))
    )
    return Assembly(
        program,
        functools.partial(_build_dataset, config, items, pictures),
        read_samples(held_out or photos, 256),
        _build_validation(held_out_items, config.data.crop_size),
    )


def _check_styles(styles) -> None:
    names = [style.name for style in styles]
    if not names or len(set(names)) < len(names):
        raise ValueError(
            "`styles` must name at least one style, each by a name of its own. "
            f"Received: styles named {names}"
        )


def _build_program(config, measured) -> Program:
    """Build the program, with what `measure_style` gives of each style."""
    parts = [build_training_terms(config, *style) for style in measured]
    names, count = [style.name for style in config.styles], len(config.styles)
    program = build_style_program(
        config,
        {
            f"discriminator_{name}": terms
            for name, (terms, _) in zip(names, parts, strict=True)
        },
        num_styles=count,
    )
    sample = _build_sample(program.ema.average, count)
    program.sample = lambda photos: sample(photos)[0]
    program.sample_columns = lambda photos: [photos, *sample(photos)]
    program.variables = {
        f"{style}/{name}": variable
        for style, (_, variables) in zip(names, parts, strict=True)
        for name, variable in variables.items()
    }
    program.validate = _build_validation_step(config, program.ema.average, measured)
    return program


def _build_dataset(config, items, pictures, start_step) -> tf.data.Dataset:
    """Take batches of the styles in turn; batch i depends on i alone."""
    data, count = config.data, len(items)
    streams = []
    for index, (own_items, own_pictures) in enumerate(
        zip(items, pictures, strict=True)
    ):
        stream = build_anime_dataset(
            own_items,
            own_pictures,
            crop_size=data.crop_size,
            batch_size=data.batch_size,
            seed=config.seed + index,
            # Batches of this style among the first `start_step` of all.
            start_step=(start_step - index + count - 1) // count,
            flip=data.flip,
            memory_budget=_MEMORY_BUDGET // count,
        )
        shares = _shares(index, count, data.batch_size)
        streams.append(stream.map(functools.partial(_add_shares, shares)))
    choice = tf.data.Dataset.range(start_step, np.iinfo(np.int64).max)
    return tf.data.Dataset.choose_from_datasets(
        streams, choice.map(lambda step: step % count)
    )


def _build_validation(items, crop_size: int) -> tf.data.Dataset | None:
    """Chain the held-out photos with the targets of every style."""
    if not all(items):
        return None
    parts = [
        build_validation(own, crop_size).map(
            functools.partial(_add_shares, _shares(index, len(items), 1))
        )
        for index, own in enumerate(items)
    ]
    return functools.reduce(tf.data.Dataset.concatenate, parts)


def _build_validation_step(config, average, measured):
    """Measure each style by its own terms, under names that begin with its own."""
    steps = [
        build_validation_step(average, build_validation_terms(config, *style))
        for style in measured
    ]

    def validate(batch):
        index = int(np.argmax(batch["style"][0]))
        name = config.styles[index].name
        return {f"{name}_{term}": v for term, v in steps[index](batch).items()}

    return validate


def _shares(index: int, count: int, batch_size: int) -> np.ndarray:
    """Give all of a batch one style, `(batch_size, count)`."""
    return np.tile(np.eye(count, dtype="float32")[index], (batch_size, 1))


def _add_shares(shares, batch):
    return {**batch, "style": tf.constant(shares)}


def _build_sample(average: keras.Model, count: int):
    @tf.function
    def stylize(photos, shares):
        rows = tf.repeat(shares[tf.newaxis], tf.shape(photos)[0], axis=0)
        return average([photos, rows], training=False)

    codes = tf.eye(count)
    return lambda photos: [stylize(photos, codes[index]) for index in range(count)]
