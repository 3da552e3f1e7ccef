"""Put a training together: settings in, run folder out."""

import contextlib
import dataclasses
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from animegan_tf.config import DataConfig, TrainingConfig
from animegan_tf.data.crops import read_squares
from animegan_tf.data.image_folder import scan_images
from animegan_tf.inference.loading import load_generator
from animegan_tf.models.generators import build_generator
from animegan_tf.recipes import load_recipe
from animegan_tf.recipes.names import check_names
from animegan_tf.training.measured_average import MeasuredAverage
from animegan_tf.training.program import Program
from animegan_tf.training.run_folder import RunFolder
from animegan_tf.training.trainer import Trainer

_logger = logging.getLogger("animegan_tf")
_NUM_SAMPLES = 4
# More held-out pictures move the means by less than a training's noise.
MAX_VALIDATION = 64


@dataclasses.dataclass
class Assembly:
    """What a recipe makes of its settings.

    Attributes:
        program: Networks, optimizers and update.
        build_dataset: Function of a start step to endless batches.
        samples: Float pictures for the sample sheets, or what else the program's
            `sample_columns` takes.
        validation: Finite dataset of held-out batches, or `None`.
        steps_per_epoch: Updates in which every photo is seen once, or `None` where
            epochs mean nothing.
    """

    program: Program
    build_dataset: Callable[[int], tf.data.Dataset]
    samples: Any = None
    validation: tf.data.Dataset | None = None
    steps_per_epoch: float | None = None


def run_recipe(
    config: TrainingConfig,
    run_path,
    *,
    resume: bool = False,
    progress: bool = True,
) -> RunFolder:
    """Train with the recipe that the settings name, anew or from a checkpoint.

    Args:
        config: Settings; `recipes.defaults.default_config` has a start.
        run_path: The run folder.
        resume: Whether to go on with the training in that folder.
        progress: Whether to show progress bars.

    Returns:
        The run folder, complete.

    Raises:
        ValueError: If there is no such recipe, or the folder holds another training,
            or none to resume.
        KeyboardInterrupt: On Ctrl-C, after saving.
    """
    build = load_recipe(config.recipe)
    check_names(config)
    run = RunFolder(run_path)
    if resume:
        run.reopen(config)
    else:
        run.check_new()
    keras.utils.set_random_seed(config.seed)
    # Built first: a missing folder must not leave an empty run behind.
    assembly = build(config, run, progress)
    if not resume:
        run.create(config)
    trainer = Trainer(
        assembly.program,
        assembly.build_dataset,
        config,
        run,
        samples=assembly.samples,
        validation=assembly.validation,
        steps_per_epoch=assembly.steps_per_epoch,
        progress=progress,
    )
    if resume and not trainer.restore():
        _logger.warning("no checkpoint yet in %s: starting anew", run.path)
    trainer.fit()
    return run


@contextlib.contextmanager
def precision(name: str):
    """Build what is inside with Keras' dtype policy `name`."""
    previous = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(previous)


def build_with_average(config: TrainingConfig, **extra):
    """Build the generator in the training's precision and its float32 average.

    Args:
        config: Settings.
        **extra: Keyword arguments of the generator's factory beside the settings'.

    Returns:
        `(generator, ema)`; the update is to call `ema.measure` with the inputs.
    """
    options = config.generator_options | extra
    with precision("float32"):
        average = build_generator(config.generator, **options)
    with precision(config.precision):
        generator = build_generator(config.generator, **options)
    if config.initial:
        copy_weights(load_generator(config.initial), generator)
    return generator, MeasuredAverage(generator, average, config.ema_decay)


def copy_weights(source: keras.Model, target: keras.Model) -> None:
    """Copy the weights of every layer that both networks have under one name.

    A network of several styles can so begin with the convolutions of a single one.

    Raises:
        ValueError: If no layer fits.
    """
    fitting = 0
    known = {layer.name: layer for layer in source.layers if layer.weights}
    for layer in target.layers:
        weights = known[layer.name].get_weights() if layer.name in known else []
        if weights and [w.shape for w in weights] == [w.shape for w in layer.weights]:
            layer.set_weights(weights)
            fitting += 1
    if not fitting:
        raise ValueError(
            "`initial` must be a network of the generator's architecture. "
            f"Received: {source.name!r}, with no layer that fits"
        )


def cache_folder(config: TrainingConfig, run: RunFolder) -> Path:
    """Return the folder of what is computed once."""
    return Path(config.data.cache) if config.data.cache else run.path / "cache"


def split_photos(data: DataConfig, *, minimum: int) -> tuple[list[Path], list[Path]]:
    """Scan the photo folder and hold some out.

    Returns:
        `(training photos, held-out photos)`; see `hold_out`.

    Raises:
        ValueError: If fewer than `minimum` photos can be read.
        FileNotFoundError: If a folder is missing.
    """
    photos = scan_images(data.photos, minimum=minimum, argument="photos")
    if isinstance(data.validation, str):
        return photos, scan_images(data.validation, argument="validation")
    return hold_out(photos, data.validation)


def hold_out(items: list, fraction: float) -> tuple[list, list]:
    """Split a list into what a training sees and what is held out.

    Every n-th item is held out, at least one if the fraction is not 0 and there are
    two items.
    """
    if fraction == 0.0 or len(items) < 2:
        return items, []
    count = max(round(fraction * len(items)), 1)
    held_out = items[:: max(len(items) // count, 2)][:count]
    return [item for item in items if item not in held_out], held_out


def validation_of(fields: dict[str, np.ndarray]) -> tf.data.Dataset:
    """Build the dataset of held-out pictures from arrays of them by name.

    Its batches are of one picture, so that their means are those of the pictures.
    """
    return tf.data.Dataset.from_tensor_slices(fields).batch(1)


def read_samples(paths: list[Path], size: int) -> np.ndarray | None:
    """Read the middle squares of a few pictures, for the sample sheets.

    Returns:
        float32 in [-1, 1], `(count, size, size, 3)`, or `None` without pictures.
    """
    if not paths:
        return None
    chosen = paths[:: max(len(paths) // _NUM_SAMPLES, 1)][:_NUM_SAMPLES]
    return read_squares(chosen, size)
