"""Train the compact feature network on the maps of another, such as VGG19's."""

import functools
import itertools
import os
from pathlib import Path

import keras

from animegan_tf.config import DataConfig, TrainingConfig
from animegan_tf.data.datasets.varied_crops import build_varied_dataset
from animegan_tf.data.image_folder import scan_images
from animegan_tf.models.features.compact import (
    WIDTHS,
    build_compact_features,
    scale_maps,
)
from animegan_tf.models.features.extractor import build_feature_extractor
from animegan_tf.models.weights_io import save_weights_npz
from animegan_tf.recipes.runner import precision
from animegan_tf.training.distillation.feature_matching import (
    build_distillation_step,
    measure_scales,
)
from animegan_tf.training.distillation.layer_regression import fit_layers
from animegan_tf.training.ema import ExponentialMovingAverage
from animegan_tf.training.optimizers import build_adam
from animegan_tf.training.program import Program
from animegan_tf.training.run_folder import RunFolder
from animegan_tf.training.trainer import Trainer

# Crops that the deviations are measured on, and those of them that the layers are
# first fitted to.
_NUM_CROPS = 320
_NUM_FITTED_CROPS = 96

DEFAULT_CONFIG = TrainingConfig(
    recipe="feature_distillation",
    steps=5000,
    data=DataConfig(crop_size=96, batch_size=8),
    features="vgg19",
    generator_learning_rate=1e-3,
    ema_decay=0.995,
    log_every=50,
    checkpoint_every=250,
)


def distill_features(
    config: TrainingConfig,
    run_path,
    output,
    *,
    resume: bool = False,
    progress: bool = True,
) -> Path:
    """Train the network and write its weights in half precision.

    Args:
        config: Settings, such as `DEFAULT_CONFIG`. `features` is the teacher,
            `data.photos` the folders of pictures of any kind, joined by `os.pathsep`;
            what else counts are `steps`, `seed`, `precision`, the size of crops and
            batches, and the numbers of the generator, which here is the student.
        run_path: The run folder.
        output: `.npz` file to write; its folder must exist.
        resume: Whether to go on with the training in that folder.
        progress: Whether to show a progress bar.

    Returns:
        The path written.

    Raises:
        FileNotFoundError: If a folder is missing.
        ValueError: If a folder has no readable pictures, the teacher cannot be had or
            lacks a layer, or the run folder holds another training, or none to resume.
        KeyboardInterrupt: On Ctrl-C, after saving a checkpoint.
    """
    run = RunFolder(run_path)
    if resume:
        run.reopen(config)
    else:
        run.check_new()
    keras.utils.set_random_seed(config.seed)
    program, build_dataset, scales = _assemble(config)
    if not resume:
        run.create(config)
    trainer = Trainer(program, build_dataset, config, run, progress=progress)
    if resume:
        trainer.restore()
    trainer.fit()
    network = keras.models.clone_model(program.ema.average)
    network.set_weights(program.ema.average.get_weights())
    scale_maps(network, scales)
    return save_weights_npz(network, output)


def _assemble(config: TrainingConfig):
    """Return the program, the function that builds its dataset, and the scales."""
    paths = [
        path
        for folder in config.data.photos.split(os.pathsep)
        for path in scan_images(folder)
    ]
    build_dataset = functools.partial(_build_dataset, config, paths)
    with precision(config.precision):
        teacher = build_feature_extractor(
            config.features, layers=WIDTHS, pre_activation=True
        )
        student = build_compact_features(pre_activation=True)
    with precision("float32"):
        average = build_compact_features(pre_activation=True)
    batches = [
        batch["image"]
        for batch in itertools.islice(build_dataset(0), _count(config, _NUM_CROPS))
    ]
    scales = measure_scales(teacher, batches)
    first = keras.ops.concatenate(batches[: _count(config, _NUM_FITTED_CROPS)])
    fit_layers(average, teacher, first, scales)
    student.set_weights(average.get_weights())
    ema = ExponentialMovingAverage(student, average, config.ema_decay)
    optimizer = build_adam(
        config.generator_learning_rate, cosine_steps=config.steps, beta_1=0.9
    )
    step = build_distillation_step(
        student, teacher, scales, optimizer, clip_norm=config.clip_norm
    )
    program = Program(
        networks={"student": student},
        optimizers={"student": optimizer},
        update=lambda batch, _: step(batch),
        sample=average,
        ema=ema,
    )
    return program, build_dataset, scales


def _count(config, num_crops):
    """Return how many batches hold a number of crops."""
    return -(-num_crops // config.data.batch_size)


def _build_dataset(config, paths, start_step):
    return build_varied_dataset(
        paths,
        crop_size=config.data.crop_size,
        batch_size=config.data.batch_size,
        seed=config.seed,
        start_step=start_step,
    )
