"""What recipes share: building networks of their settings, holding images out."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from animegan_tf.config import BUNDLED, DataConfig, Regularization, TrainingConfig
from animegan_tf.data.image_folder import scan_images
from animegan_tf.inference.loading import load_generator
from animegan_tf.models.discriminators import build_discriminator
from animegan_tf.models.gan import all_layers
from animegan_tf.models.generator_files import load_saved_generator
from animegan_tf.models.generators import build_generator
from animegan_tf.models.layers.license_notice import add_notice, find_notice
from animegan_tf.models.output_kind import resolve_from_logits
from animegan_tf.presets import DEFAULT_STYLE, load_preset
from animegan_tf.training.adversary import Adversary
from animegan_tf.training.best import BestRule
from animegan_tf.training.gan_program import GanProgram
from animegan_tf.training.image_pool import ImagePool
from animegan_tf.training.moving_average import MovingAverage
from animegan_tf.training.optimizers import build_adam, build_learning_rate
from animegan_tf.training.program import Program

# More held-out images move the means by less than a training's noise.
MAX_VALIDATION = 64
_POOL_SALT = 105


class Training(NamedTuple):
    """A recipe with its networks and data, ready for the training loop.

    Attributes:
        program: Networks, optimizers and the training step.
        build_dataset: Function of a start step to endless batches.
        files: Every image file that the training reads.
        generator_options: Arguments of `build_generator` for the generator.
        styles: Names of the generator's styles, if it has several.
        samples: What the program's `sample_columns` takes, or `None`.
        validation: Finite dataset of held-out batches, or `None`.
        steps_per_epoch: Steps in which every photo is seen once, or `None` where
            epochs have no meaning.
        deploy: Function from the averaged generator to the network that is saved, where
            training needs outputs that stylizing does not; or `None`.
        score: Function from the averaged generator, deployed, to further scalars of the
            validation by name, or `None`.
        best: Which generator is kept as the best, or `None`.
    """

    program: Program
    build_dataset: Callable[[int], tf.data.Dataset]
    files: Sequence[Path]
    generator_options: dict[str, Any]
    styles: Sequence[str] = ()
    samples: Any = None
    validation: tf.data.Dataset | None = None
    steps_per_epoch: float | None = None
    deploy: Callable[[keras.Model], keras.Model] | None = None
    score: Callable[[keras.Model], dict[str, float]] | None = None
    best: BestRule | None = None


@contextlib.contextmanager
def dtype_policy(name: str):
    """Build what is inside with Keras' dtype policy `name`."""
    previous = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(previous)


def build_generators(
    config: TrainingConfig, *, from_noise: bool = False, **extra
) -> tuple[keras.Model, MovingAverage, dict[str, Any]]:
    """Build the generator in the training's precision and its float32 moving average.

    Args:
        config: Settings.
        from_noise: Whether the generator must take noise; else it must take images.
        **extra: Keyword arguments of the generator's factory beside the settings'.

    Returns:
        `(generator, average, options)`; the last are all arguments of
        `build_generator`.

    Raises:
        ValueError: If the generator takes the other.
    """
    options = {"name": config.generator, **config.generator_options, **extra}
    with dtype_policy("float32"):
        average = build_generator(**options)
    if (len(average.inputs[0].shape) == 2) != from_noise:
        raise ValueError(
            f"`generator` must take {'noise' if from_noise else 'images'} in the "
            f"recipe {config.recipe}. Received: generator={config.generator!r}"
        )
    with dtype_policy(config.precision):
        generator = build_generator(**options)
    source = _load_initial(config, extra.get("num_styles"))
    if source is not None:
        copy_weights(source, generator)
        notice = find_notice(source)
        if notice is not None:
            # What starts from imported weights keeps their license.
            generator, average = (add_notice(n, notice) for n in (generator, average))
    return generator, MovingAverage(generator, average, config.ema_decay), options


def _load_initial(config: TrainingConfig, num_styles: int | None) -> keras.Model | None:
    """Load the generator to start from; with all its styles, if it has as many."""
    if config.initial == BUNDLED:
        is_bundled = config.generator == "anime" and not config.generator_options
        return load_preset(DEFAULT_STYLE) if is_bundled else None
    if not config.initial:
        return None
    if num_styles:
        with contextlib.suppress(FileNotFoundError):
            generator, styles = load_saved_generator(Path(config.initial))
            if len(styles) == num_styles:
                return generator
    return load_generator(config.initial)


def copy_weights(source: keras.Model, target: keras.Model) -> None:
    """Copy the weights of every layer that both networks have under one name.

    A network of several styles can so start from the convolutions of a single one.

    Raises:
        ValueError: If no layer fits.
    """
    num_fitting = 0
    known = {layer.name: layer for layer in source.layers if layer.weights}
    for layer in target.layers:
        weights = known[layer.name].get_weights() if layer.name in known else []
        if weights and [w.shape for w in weights] == [w.shape for w in layer.weights]:
            layer.set_weights(weights)
            num_fitting += 1
    if not num_fitting:
        raise ValueError(
            "`initial` must be a network of the generator's architecture. "
            f"Received: {source.name!r}, with no layer that fits"
        )


def build_optimizer(
    config: TrainingConfig,
    learning_rate: float,
    *,
    steps: int | None = None,
    build: Callable = build_adam,
    **options,
) -> keras.optimizers.Optimizer:
    """Build an optimizer with the training's learning rate decay.

    Args:
        config: Settings of the decay.
        learning_rate: Learning rate at the start.
        steps: Updates that the optimizer makes; `None` is one per training step.
        build: Factory of the optimizer.
        **options: Its keyword arguments.
    """
    schedule = build_learning_rate(
        learning_rate,
        config.steps if steps is None else steps,
        config.learning_rate_decay,
        config.learning_rate_decay_start,
    )
    return build(schedule, **options)


def build_adversary(
    config: TrainingConfig,
    image_shape: tuple[int | None, ...],
    *,
    pool_size: int | None = None,
    index: int = 0,
    optimizer: keras.optimizers.Optimizer | None = None,
    critic_steps: int = 1,
    extra: Sequence[tuple[bool, float]] = (),
    regularization: Regularization | None = None,
    sum_outputs: bool = False,
) -> Adversary:
    """Build a discriminator in the training's precision, with all that trains it.

    Args:
        config: Settings.
        image_shape: `(height, width, channels)` of its input, unless
            `discriminator_options` says otherwise.
        pool_size: Side of the images in its image pool; `None` is the crop size.
        index: Number that tells several discriminators' random values apart.
        optimizer: Its optimizer; `None` is Adam with the settings' learning rate.
        critic_steps: Its updates in one training step.
        extra: As in `Adversary`.
        regularization: Its own; `None` is the settings'.
        sum_outputs: As in `Adversary`.

    Raises:
        ValueError: If settings do not fit together.
    """
    options = {"image_shape": image_shape} | config.discriminator_options
    with dtype_policy(config.precision):
        discriminator = build_discriminator(config.discriminator, **options)
    size = pool_size or config.data.crop_size
    channels = discriminator.inputs[0].shape[-1]
    regularization = regularization or config.regularization
    if regularization.gradient_penalty and _has_batch_norm(discriminator):
        raise ValueError(
            "`discriminator` must have no batch normalization with a gradient penalty, "
            "which is for each image by itself; conv and patch have none. "
            f"Received: discriminator={config.discriminator!r}"
        )
    num_pooled = regularization.pool_size
    pool = None
    if num_pooled:
        salt = _POOL_SALT + index
        shape = (size, size, channels)
        pool = ImagePool(num_pooled, shape, seed=config.seed, salt=salt)
    return Adversary(
        discriminator,
        optimizer
        or build_optimizer(config, config.discriminator_learning_rate, beta_1=0.5),
        config.adversarial_loss,
        regularization,
        seed=config.seed + index,
        clip_norm=config.clip_norm,
        from_logits=resolve_from_logits(discriminator),
        pool=pool,
        critic_steps=critic_steps,
        extra=extra,
        sum_outputs=sum_outputs,
    )


def build_program(
    config: TrainingConfig,
    networks: Mapping[str, keras.Model],
    average: MovingAverage,
    forward: Callable,
    *,
    steps: int | None = None,
    beta_1: float = 0.5,
    beta_2: float = 0.999,
    **options,
) -> GanProgram:
    """Build a program with Adam and the weights and clipping of the settings.

    Args:
        config: Settings, with `weights`.
        networks: As in `GanProgram`.
        average: Moving average of the generator.
        forward: As in `GanProgram`.
        steps: Updates that the generator's optimizer makes; `None` is one per step.
        beta_1: Decay of Adam's first moments.
        beta_2: Decay of its second moments.
        **options: Further arguments of `GanProgram`.
    """
    optimizer = build_optimizer(
        config,
        config.generator_learning_rate,
        steps=steps,
        beta_1=beta_1,
        beta_2=beta_2,
    )
    return GanProgram(
        networks,
        average,
        forward,
        optimizer=optimizer,
        weights=config.weights,
        clip_norm=config.clip_norm,
        **options,
    )


def keep_image(generator: keras.Model) -> keras.Model:
    """Return the network of a generator's first output, the image, alone.

    Args:
        generator: Model that returns a list, of which training needs the rest.

    Returns:
        A `keras.Model` from images to images that shares the layers, and so the
        weights, of `generator`.
    """
    return keras.Model(generator.input, generator.outputs[0], name=generator.name)


def _has_batch_norm(network: keras.Model) -> bool:
    kinds = keras.layers.BatchNormalization
    return any(isinstance(layer, kinds) for layer in all_layers(network))


def split_photos(data: DataConfig, *, minimum: int) -> tuple[list[Path], list[Path]]:
    """List the photos and hold some out.

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
    """Split a list into what is trained on and what is held out.

    Every n-th item is held out: at least one, if the fraction is not 0 and there are
    two items.
    """
    if fraction == 0.0 or len(items) < 2:
        return items, []
    count = max(round(fraction * len(items)), 1)
    held_out = items[:: max(len(items) // count, 2)][:count]
    return [item for item in items if item not in held_out], held_out


def build_validation(images: dict[str, np.ndarray]) -> tf.data.Dataset:
    """Build the dataset of held-out images from arrays of them by name.

    Its batches have one image each, so that their means are those of the images.
    """
    return tf.data.Dataset.from_tensor_slices(images).batch(1)


def crop_options(config: TrainingConfig, start_step: int) -> dict[str, Any]:
    """Return the arguments of an endless dataset of crops, image to image."""
    data = config.data
    return {
        "crop_size": data.crop_size,
        "batch_size": data.batch_size,
        "seed": config.seed,
        "start_step": start_step,
        "coverage": data.coverage,
        "flip": data.flip,
    }
