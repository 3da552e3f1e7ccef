"""GANs that generate new images from noise: DCGAN, WGAN and WGAN-GP.

They differ in their settings and their optimizer alone. Each training step updates the
discriminator `critic_steps` times, each time against newly generated images, then the
generator once.

Reference: Radford et al., 2016, https://arxiv.org/abs/1511.06434; Arjovsky et al.,
2017, https://arxiv.org/abs/1701.07875; Gulrajani et al., 2017,
https://arxiv.org/abs/1704.00028.
"""

import dataclasses
from typing import Any

from animegan_tf.config import DataConfig, LossWeights, Regularization, TrainingConfig
from animegan_tf.recipes.image_to_image import NO_CLIPPING
from animegan_tf.utils.settings import check

_LATENT_SALT, _SAMPLE_SALT = 102, 103
_NUM_SAMPLES = 64
_NUM_COLUMNS = 8


@dataclasses.dataclass(frozen=True)
class UnconditionalData(DataConfig):
    """Where the images are: in `style`, or else in `photos`.

    The generator's image size holds, not a crop size.
    """

    batch_size: int = 64


@dataclasses.dataclass(frozen=True)
class _AdversarialWeight(LossWeights):
    """These GANs have no other loss."""

    adversarial: float = 1.0


@dataclasses.dataclass(frozen=True)
class UnconditionalConfig(TrainingConfig):
    """Settings of a GAN that generates from noise; see `TrainingConfig`.

    Attributes:
        critic_steps: Updates of the discriminator for each of the generator.
    """

    steps: int = 20000
    data: UnconditionalData = dataclasses.field(default_factory=UnconditionalData)
    generator: str = "dcgan"
    generator_options: dict[str, Any] = dataclasses.field(
        default_factory=lambda: {"latent_dim": 100, "image_size": 64}
    )
    discriminator: str = "dcgan"
    ema_decay: float = 0.999
    clip_norm: float = NO_CLIPPING
    critic_steps: int = 1

    def __post_init__(self):
        super().__post_init__()
        steps = self.critic_steps
        check(steps >= 1, "critic_steps", "at least 1", steps)


@dataclasses.dataclass(frozen=True)
class DCGANConfig(UnconditionalConfig):
    """Settings of DCGAN; see `UnconditionalConfig`."""

    recipe: str = "dcgan"
    data: UnconditionalData = dataclasses.field(
        default_factory=lambda: UnconditionalData(batch_size=128)
    )
    adversarial_loss: str = "bce"


@dataclasses.dataclass(frozen=True)
class WGANConfig(UnconditionalConfig):
    """Settings of WGAN, with clipped weights; see `UnconditionalConfig`."""

    recipe: str = "wgan"
    regularization: Regularization = dataclasses.field(
        default_factory=lambda: Regularization(weight_clip=0.01)
    )
    adversarial_loss: str = "wasserstein"
    generator_learning_rate: float = 5e-5
    discriminator_learning_rate: float = 5e-5
    critic_steps: int = 5


@dataclasses.dataclass(frozen=True)
class WGANGPConfig(UnconditionalConfig):
    """Settings of WGAN with gradient penalty; see `UnconditionalConfig`."""

    recipe: str = "wgan_gp"
    regularization: Regularization = dataclasses.field(
        default_factory=lambda: Regularization(gradient_penalty=10.0)
    )
    generator_options: dict[str, Any] = dataclasses.field(
        default_factory=lambda: {"latent_dim": 128, "image_size": 64}
    )
    # The penalty is on each image's own gradient: no batch normalization.
    discriminator: str = "conv"
    discriminator_options: dict[str, Any] = dataclasses.field(
        default_factory=lambda: {"num_downsamples": 4, "dropout": 0.0}
    )
    adversarial_loss: str = "wasserstein"
    generator_learning_rate: float = 1e-4
    discriminator_learning_rate: float = 1e-4
    critic_steps: int = 5


def build(config: UnconditionalConfig, run, progress: bool = True):
    """Build the GAN with its data; see `animegan_tf.recipes`.

    The sample sheets show the same 64 latents each time.
    """
    import numpy as np
    import tensorflow as tf

    from animegan_tf.data.crops import read_squares
    from animegan_tf.data.datasets.unconditional import build_image_dataset
    from animegan_tf.recipes.common import (
        MAX_VALIDATION,
        Training,
        build_adversary,
        build_generators,
        build_optimizer,
    )
    from animegan_tf.training.gan_program import AVERAGE_TURN, Forward, GanProgram
    from animegan_tf.training.optimizers import build_rmsprop

    data, critic_steps = config.data, config.critic_steps
    paths, held_out = _split_images(data)
    generator, average, options = build_generators(config, from_noise=True)
    image_size = _check_generator(generator)

    def build_papers_optimizer(rate, updates_per_step):
        steps = config.steps * updates_per_step
        if config.recipe == "wgan":
            return build_optimizer(config, rate, steps=steps, build=build_rmsprop)
        is_gp = config.recipe == "wgan_gp"
        betas = {"beta_1": 0.0, "beta_2": 0.9} if is_gp else {"beta_1": 0.5}
        return build_optimizer(config, rate, steps=steps, **betas)

    def forward(generator, batch, step, turn, training):
        images = batch["image"]
        latents = sample_latents(
            generator, tf.shape(images)[0], config.seed, step, turn
        )
        generated = generator(latents, training=training)
        # Falls towards 0 when the generator collapses onto one image.
        diversity = _deviation(generated) / tf.maximum(_deviation(images), 1e-6)
        return Forward(
            reals={"discriminator": images},
            fakes={"discriminator": generated},
            logs={"diversity": diversity},
        )

    program = GanProgram(
        {"generator": generator},
        average,
        forward,
        optimizer=build_papers_optimizer(config.generator_learning_rate, 1),
        weights=_AdversarialWeight(),
        adversaries={
            "discriminator": build_adversary(
                config,
                (image_size, image_size, 3),
                pool_size=image_size,
                optimizer=build_papers_optimizer(
                    config.discriminator_learning_rate, critic_steps
                ),
                critic_steps=critic_steps,
            )
        },
        clip_norm=config.clip_norm,
        critic_steps=critic_steps,
        inputs=lambda batch, step: sample_latents(
            generator, tf.shape(batch["image"])[0], config.seed, step + 1, AVERAGE_TURN
        ),
        sample_columns=lambda latents: np.split(
            program.sample(latents).numpy(), _NUM_COLUMNS
        ),
    )
    validation = None
    if held_out:
        squares = read_squares(held_out[:MAX_VALIDATION], image_size)
        # In one batch: as many images are generated beside them.
        validation = tf.data.Dataset.from_tensors({"image": squares})
    sample_shape = (_NUM_SAMPLES, *generator.input_shape[1:])
    random = np.random.default_rng([config.seed, _SAMPLE_SALT])
    return Training(
        program,
        lambda start_step: build_image_dataset(
            paths,
            image_size=image_size,
            batch_size=data.batch_size * critic_steps,
            seed=config.seed,
            start_step=start_step,
            flip=data.flip,
        ),
        files=paths,
        generator_options=options,
        samples=random.normal(size=sample_shape).astype(np.float32),
        validation=validation,
        steps_per_epoch=len(paths) / (data.batch_size * critic_steps),
    )


def sample_latents(generator, count, seed: int, step, turn):
    """Sample standard normal latents, a pure function of seed, step and turn.

    Args:
        generator: Network that they are for.
        count: How many; of the part, where a batch comes in parts.
        seed: Seed of the training.
        step: Number of training steps made.
        turn: Number that tells several samples of one step apart.

    Returns:
        float32 tensor `(count, latent_dim)`.
    """
    import tensorflow as tf

    from animegan_tf.training.distribution import draw
    from animegan_tf.training.seeds import stateless_seed

    pair = stateless_seed(seed, _LATENT_SALT, step, turn)
    shape = generator.input_shape[1:]
    return draw(lambda n: tf.random.stateless_normal([n, *shape], pair), count)


def _split_images(data) -> tuple[list, list]:
    """List the images to imitate and hold some out."""
    from animegan_tf.data.image_folder import scan_images
    from animegan_tf.recipes.common import hold_out

    folder, argument = (data.style, "style") if data.style else (data.photos, "photos")
    if not folder:
        raise ValueError(
            "`style` must name the folder of images to imitate. Received: style=''"
        )
    paths = scan_images(folder, minimum=2, argument=argument)
    if isinstance(data.validation, str):
        return paths, scan_images(data.validation, argument="validation")
    return hold_out(paths, data.validation)


def _check_generator(generator) -> int:
    """Return the size of the images that a generator makes from latents."""
    inputs, outputs = generator.input_shape, generator.output_shape
    if inputs[1] is None or outputs[1] != outputs[2]:
        raise ValueError(
            "`generator` must make square images of a fixed size from latents, such as "
            f"dcgan. Received: one from {inputs} to {outputs}"
        )
    return outputs[1]


def _deviation(images):
    """Measure how the images of a batch differ, pixel by pixel, on average."""
    import tensorflow as tf

    from animegan_tf.training.distribution import batch_mean

    images = tf.cast(images, tf.float32)
    mean = batch_mean(tf.reduce_mean(images, axis=0))
    variance = batch_mean(tf.reduce_mean(tf.square(images - mean), axis=0))
    return tf.reduce_mean(tf.sqrt(variance))
