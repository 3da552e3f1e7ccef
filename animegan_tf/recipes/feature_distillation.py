"""Distill a large feature network, such as VGG19, into the compact one."""

import dataclasses
import functools
import itertools
import os
from pathlib import Path

import keras

from animegan_tf.config import DataConfig, RunConfig
from animegan_tf.data.datasets.varied_crops import build_varied_dataset
from animegan_tf.data.image_folder import scan_images
from animegan_tf.models.features.compact import (
    WIDTHS,
    build_compact_features,
    scale_maps,
)
from animegan_tf.models.features.extractor import build_feature_extractor
from animegan_tf.models.weights_io import save_weights_npz
from animegan_tf.recipes.common import dtype_policy
from animegan_tf.training.distillation.feature_matching import (
    build_distillation_step,
    measure_scales,
)
from animegan_tf.training.distillation.layer_regression import fit_layers
from animegan_tf.training.moving_average import MovingAverage
from animegan_tf.training.optimizers import build_adam
from animegan_tf.training.program import Program
from animegan_tf.training.run_folder import RunFolder
from animegan_tf.training.trainer import Trainer
from animegan_tf.utils.settings import from_dict, to_dict

# Crops that the deviations are measured on, and those of them that the layers are
# first fitted to.
_NUM_CROPS = 320
_NUM_FITTED_CROPS = 96


@dataclasses.dataclass(frozen=True)
class DistillationConfig(RunConfig):
    """Settings of the distillation; see `RunConfig`.

    Attributes:
        data: Where the images are. `photos` names folders of images of any kind, joined
            by `os.pathsep`.
        features: The teacher: `"vgg19"`, which is downloaded once, or a weights file.
        learning_rate: Adam's learning rate at the start; it falls along a cosine.
    """

    recipe: str = "feature_distillation"
    steps: int = 5000
    data: DataConfig = dataclasses.field(
        default_factory=lambda: DataConfig(crop_size=96, batch_size=8)
    )
    features: str = "vgg19"
    learning_rate: float = 1e-3
    log_every: int = 50
    checkpoint_every: int = 250


def distill_features(
    config: DistillationConfig,
    run_path,
    output,
    *,
    resume: bool = False,
    progress: bool = True,
) -> Path:
    """Train the network and write its weights in half precision.

    Args:
        config: Settings.
        run_path: The run folder.
        output: `.npz` file to write; its folder must exist.
        resume: Whether to continue the training in that folder.
        progress: Whether to show a progress bar.

    Returns:
        The path written.

    Raises:
        FileNotFoundError: If a folder is missing.
        ValueError: If a folder has no readable images, the teacher cannot be had or
            lacks a layer, or the run folder holds another training, or none to resume.
        KeyboardInterrupt: On Ctrl-C, after saving a checkpoint.
    """
    run = RunFolder(run_path)
    if resume:
        run.check_settings(
            to_dict(from_dict(DistillationConfig, run.read_settings())),
            to_dict(config),
        )
    else:
        run.check_new()
    keras.utils.set_random_seed(config.seed)
    program, build_dataset, scales = _build(config)
    if not resume:
        run.create(to_dict(config))
    trainer = Trainer(
        program,
        build_dataset,
        run,
        steps=config.steps,
        log_every=config.log_every,
        sample_every=config.sample_every,
        checkpoint_every=config.checkpoint_every,
        progress=progress,
    )
    if resume:
        trainer.restore()
    trainer.fit()
    network = keras.models.clone_model(program.average.network)
    network.set_weights(program.average.network.get_weights())
    scale_maps(network, scales)
    return save_weights_npz(network, output)


class DistillationProgram(Program):
    """Train a student on a teacher's feature maps.

    Args:
        student: The network in training.
        average: Its moving average.
        optimizer: Its optimizer.
        step: From `build_distillation_step`.
    """

    def __init__(self, student, average, optimizer, step):
        super().__init__({"student": student}, {"student": optimizer}, average)
        self._step = step

    def update(self, batch, step):
        """Make one training step; see `Program.update`."""
        logs = self._step(batch)
        self.average.update(batch["image"])
        return logs


def _build(config: DistillationConfig):
    """Return the program, the function that builds its dataset, and the scales."""
    paths = [
        path
        for folder in config.data.photos.split(os.pathsep)
        for path in scan_images(folder)
    ]
    build_dataset = functools.partial(_build_dataset, config, paths)
    with dtype_policy(config.precision):
        teacher = build_feature_extractor(
            config.features, layers=WIDTHS, pre_activation=True
        )
        student = build_compact_features(pre_activation=True)
    with dtype_policy("float32"):
        average = build_compact_features(pre_activation=True)
    batches = [
        batch["image"]
        for batch in itertools.islice(build_dataset(0), _count(config, _NUM_CROPS))
    ]
    scales = measure_scales(teacher, batches)
    first = keras.ops.concatenate(batches[: _count(config, _NUM_FITTED_CROPS)])
    fit_layers(average, teacher, first, scales)
    student.set_weights(average.get_weights())
    optimizer = build_adam(config.learning_rate, cosine_steps=config.steps, beta_1=0.9)
    step = build_distillation_step(
        student, teacher, scales, optimizer, clip_norm=config.clip_norm
    )
    average = MovingAverage(student, average, config.ema_decay)
    program = DistillationProgram(student, average, optimizer, step)
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
