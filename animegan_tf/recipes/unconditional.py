"""GANs that draw new pictures from noise: DCGAN, WGAN and WGAN-GP."""

import functools

import keras
import numpy as np
import tensorflow as tf

from animegan_tf.config import TrainingConfig
from animegan_tf.data.crops import read_squares
from animegan_tf.data.datasets.unconditional import build_image_dataset
from animegan_tf.data.image_folder import scan_images
from animegan_tf.models.gan import gives_probabilities
from animegan_tf.recipes.adversary import build_adversary_network
from animegan_tf.recipes.runner import (
    MAX_VALIDATION,
    Assembly,
    build_with_average,
    hold_out,
)
from animegan_tf.training.optimizers import (
    build_adam,
    build_learning_rate,
    build_rmsprop,
)
from animegan_tf.training.program import Program, build_sampler
from animegan_tf.training.run_folder import RunFolder
from animegan_tf.training.unconditional_average import NoiseAverage
from animegan_tf.training.unconditional_steps import build_noise_gan_update
from animegan_tf.training.unconditional_validation import build_noise_validation

_NUM_SAMPLES = 64
_NUM_COLUMNS = 8
# As in the papers: Radford et al., 2016; Arjovsky et al., 2017; Gulrajani et al., 2017.
_OPTIMIZERS = {
    "dcgan": functools.partial(build_adam, beta_1=0.5, beta_2=0.999),
    "wgan": build_rmsprop,
    "wgan_gp": functools.partial(build_adam, beta_1=0.0, beta_2=0.9),
}


def build_noise_gan(
    config: TrainingConfig, run: RunFolder, progress: bool = True
) -> Assembly:
    """Assemble a recipe that learns to draw pictures like those of one folder.

    The kinds differ in their settings alone, but for the optimizer: `dcgan` and
    `wgan_gp` have Adam, each with its momenta, `wgan` has RMSprop.

    Args:
        config: Settings; `data.style` names the folder, or else `data.photos`, of
            which `data.validation` holds some out. The generator's own size and number
            of latents hold.
        run: Run folder; not needed.
        progress: Not needed; nothing is computed beforehand.

    Returns:
        The program with its data. The sample sheets show the same 64 latents each time.

    Raises:
        FileNotFoundError: If the folder is missing.
        ValueError: If no folder is named or it has too few readable pictures, or the
            settings do not go together.
    """
    _check_settings(config)
    data = config.data
    paths, held_out = _split(data)
    program, image_size = _build_program(config)
    images_per_step = data.batch_size * config.stabilizers.critic_steps

    def build_dataset(start_step):
        return build_image_dataset(
            paths,
            image_size=image_size,
            batch_size=images_per_step,
            seed=config.seed,
            start_step=start_step,
            flip=data.flip,
        )

    validation = None
    if held_out:
        squares = read_squares(held_out[:MAX_VALIDATION], image_size)
        # All at once: the fakes beside them are drawn anew for each batch.
        validation = tf.data.Dataset.from_tensors({"image": squares})
    return Assembly(
        program,
        build_dataset,
        _fixed_latents(program.networks["generator"], config.seed),
        validation,
        steps_per_epoch=len(paths) / images_per_step,
    )


def _check_settings(config) -> None:
    if config.recipe not in _OPTIMIZERS:
        raise ValueError(
            f"`recipe` must be one of {', '.join(_OPTIMIZERS)}. "
            f"Received: recipe={config.recipe!r}"
        )
    if config.stabilizers.pool_size:
        raise ValueError(
            "`pool_size` must be 0: this recipe keeps no earlier fakes. "
            f"Received: pool_size={config.stabilizers.pool_size}"
        )
    if config.weights.active():
        raise ValueError(
            "`weights` must all be 0: this recipe has no loss but the adversary's. "
            f"Received: {config.weights.active()}"
        )


def _build_program(config) -> tuple[Program, int]:
    """Return the program and the size of its images."""
    generator, ema = _build_with_average(config)
    image_size = _check_generator(generator)
    discriminator = build_adversary_network(config, (image_size, image_size, 3))
    optimizers = _build_optimizers(config)
    from_logits = not gives_probabilities(discriminator)
    update = build_noise_gan_update(
        generator,
        discriminator,
        optimizers,
        config.adversarial_loss,
        config.stabilizers,
        batch_size=config.data.batch_size,
        seed=config.seed,
        clip_norm=config.clip_norm,
        from_logits=from_logits,
    )
    sample = build_sampler(ema.average)
    program = Program(
        networks={"generator": generator, "discriminator": discriminator},
        optimizers=optimizers,
        update=update,
        sample=sample,
        ema=ema,
        validate=build_noise_validation(
            ema.average,
            discriminator,
            config.adversarial_loss,
            seed=config.seed,
            from_logits=from_logits,
        ),
        sample_columns=lambda latents: np.split(sample(latents).numpy(), _NUM_COLUMNS),
    )
    return program, image_size


def _build_with_average(config) -> tuple[keras.Model, NoiseAverage]:
    generator, plain = build_with_average(config)
    ema = NoiseAverage(
        generator,
        plain.average,
        config.ema_decay,
        batch_size=config.data.batch_size,
        seed=config.seed,
    )
    return generator, ema


def _split(data) -> tuple[list, list]:
    """Find the pictures to imitate and hold some out."""
    folder, argument = (data.style, "style") if data.style else (data.photos, "photos")
    if not folder:
        raise ValueError(
            "`style` must name the folder of pictures to imitate. Received: style=''"
        )
    paths = scan_images(folder, minimum=2, argument=argument)
    if isinstance(data.validation, str):
        return paths, scan_images(data.validation, argument="validation")
    return hold_out(paths, data.validation)


def _check_generator(generator) -> int:
    """Return the size of the images that a generator draws from latents."""
    inputs, outputs = generator.input_shape, generator.output_shape
    if len(inputs) != 2 or inputs[1] is None or outputs[1] != outputs[2]:
        raise ValueError(
            "`generator` must draw square images of a fixed size from latents, such as "
            f"dcgan. Received: one from {inputs} to {outputs}"
        )
    return outputs[1]


def _build_optimizers(config) -> dict[str, keras.optimizers.Optimizer]:
    stabilizers = config.stabilizers
    build = _OPTIMIZERS[config.recipe]

    def schedule(rate, updates_per_step):
        return build_learning_rate(
            rate,
            config.steps * updates_per_step,
            stabilizers.decay,
            stabilizers.decay_start,
        )

    return {
        "generator": build(schedule(config.generator_learning_rate, 1)),
        "discriminator": build(
            schedule(config.discriminator_learning_rate, stabilizers.critic_steps)
        ),
    }


def _fixed_latents(generator, seed: int) -> np.ndarray:
    """Draw the latents of the sample sheets, apart from those of the training."""
    shape = (_NUM_SAMPLES, *generator.input_shape[1:])
    return np.random.default_rng([seed, 103]).normal(size=shape).astype(np.float32)
