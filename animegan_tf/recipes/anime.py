"""The recipe of the bundled styles: regress cel and ink, then learn the artist."""

import dataclasses
import hashlib

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from animegan_tf.config import LossWeights, TrainingConfig
from animegan_tf.data.abstraction import CelAndInkOptions, cel_and_ink
from animegan_tf.data.datasets import build_anime_dataset
from animegan_tf.data.image_folder import scan_images
from animegan_tf.data.target_cache import compute_targets
from animegan_tf.evaluation.metrics import style_statistics
from animegan_tf.images import atomic_path, read_image
from animegan_tf.losses.objective import build_objective
from animegan_tf.models.discriminators import build_discriminator
from animegan_tf.models.feature_extractor import build_feature_extractor
from animegan_tf.recipes.assembly import (
    Assembly,
    build_with_average,
    cache_folder,
    precision,
    read_samples,
    split_photos,
)
from animegan_tf.training.optimizers import build_adam
from animegan_tf.training.program import Program
from animegan_tf.training.run_folder import RunFolder
from animegan_tf.training.steps import (
    RunningCorrelation,
    build_discriminator_step,
    build_generator_step,
    build_pretraining_step,
    build_terms,
)

STYLE_LAYERS = (
    "block1_conv1",
    "block1_conv2",
    "block2_conv1",
    "block2_conv2",
    "block3_conv1",
)
# More pictures move the style's mean statistics by less than a batch's noise.
_MAX_STYLE_PICTURES = 256
_REGRESSION_TERMS = ("target", "gradient", "color", "total_variation")


def build_anime(
    config: TrainingConfig, run: RunFolder, progress: bool = True
) -> Assembly:
    """Assemble the anime recipe.

    Args:
        config: Settings; `data.photos` and `data.style` name the two folders.
        run: Run folder, for the caches.
        progress: Whether to show progress bars.

    Returns:
        The program with its data.

    Raises:
        FileNotFoundError: If a folder is missing.
        ValueError: If a folder has too few readable pictures, or the feature
            extractor cannot be had.
    """
    data = config.data
    photos, held_out = split_photos(data, minimum=2)
    style = scan_images(data.style, argument="style")
    _check_regression(config)
    terms, variables = _build_terms(config, run, style, progress)
    program = _build_program(config, terms, variables)
    options = CelAndInkOptions()
    items = compute_targets(
        photos,
        scales=data.scales,
        function=cel_and_ink,
        fingerprint=options.fingerprint(),
        cache_dir=cache_folder(config, run),
        progress=progress,
    )

    def build_dataset(start_step):
        return build_anime_dataset(
            items,
            style,
            crop_size=data.crop_size,
            batch_size=data.batch_size,
            seed=config.seed,
            start_step=start_step,
            flip=data.flip,
        )

    samples = read_samples(held_out or photos, 256)
    return Assembly(program, build_dataset, samples)


def _check_regression(config) -> None:
    active = set(config.weights.active())
    if not active & set(_REGRESSION_TERMS):
        raise ValueError(
            "`weights` must have one of "
            f"{', '.join(_REGRESSION_TERMS)} for the pretraining. "
            f"Received: {sorted(active)}"
        )


def _build_terms(config, run, style, progress):
    active = config.weights.active()
    if not {"content", "style"} & set(active):
        return build_terms(config.weights), {}
    with precision(config.precision):
        features = build_feature_extractor(config.features, layers=STYLE_LAYERS)
    statistics = None
    if "style" in active:
        cache = cache_folder(config, run)
        target = _style_target(cache, config.features, style, features, progress)
        statistics = RunningCorrelation(target, config.style_momentum)
    variables = statistics.variables() if statistics else {}
    return build_terms(config.weights, features, statistics), variables


def _style_target(cache, name, style, features, progress) -> dict[str, np.ndarray]:
    """Measure the style set, or read what an earlier run measured."""
    chosen = style[:: max(len(style) // _MAX_STYLE_PICTURES, 1)][:_MAX_STYLE_PICTURES]
    digest = hashlib.sha256(f"1 {name} {STYLE_LAYERS}".encode())
    for path in chosen:
        digest.update(path.read_bytes())
    path = cache / f"style-{digest.hexdigest()[:32]}.npz"
    if path.exists():
        with np.load(path, allow_pickle=False) as archive:
            return dict(archive)
    pictures = (read_image(p) for p in tqdm(chosen, desc="style", disable=not progress))
    target = style_statistics(pictures, features).correlation
    cache.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as temporary:
        np.savez(temporary, **target)
    return target


def _build_program(config: TrainingConfig, terms, variables) -> Program:
    generator, ema = build_with_average(config)
    networks = {"generator": generator}
    optimizers = {
        "pretraining": build_adam(
            config.pretraining_learning_rate,
            cosine_steps=max(config.pretraining_steps, 1),
            beta_1=0.9,
        ),
        "generator": build_adam(config.generator_learning_rate),
    }
    discriminator = discriminator_step = None
    if config.weights.adversarial:
        with precision(config.precision):
            discriminator = networks["discriminator"] = build_discriminator(
                config.discriminator,
                **{"image_shape": (None, None, 1)} | config.discriminator_options,
            )
        optimizers["discriminator"] = build_adam(config.discriminator_learning_rate)
        discriminator_step = build_discriminator_step(
            discriminator,
            optimizers["discriminator"],
            config.adversarial_loss,
            smooth_weight=config.smooth_weight,
            target_weight=config.target_weight,
            clip_norm=config.clip_norm,
        )
    regression = _regression_weights(config.weights)
    pretraining_step = build_pretraining_step(
        generator,
        optimizers["pretraining"],
        build_objective(regression),
        build_terms(regression),
        config.clip_norm,
    )
    generator_step = build_generator_step(
        generator,
        discriminator,
        optimizers["generator"],
        build_objective(config.weights),
        terms,
        config.adversarial_loss,
        config.clip_norm,
    )

    def update(batch, step):
        if step < config.pretraining_steps:
            return pretraining_step(batch)
        scalars, stylized = generator_step(batch)
        if discriminator_step is not None:
            scalars |= discriminator_step(batch, stylized)
        return scalars

    return Program(
        networks=networks,
        optimizers=optimizers,
        update=update,
        sample=tf.function(lambda photo: ema.average(photo, training=False)),
        ema=ema,
        variables=variables,
    )


def _regression_weights(weights: LossWeights) -> LossWeights:
    kept = {name: getattr(weights, name) for name in _REGRESSION_TERMS}
    zeros = {field.name: 0.0 for field in dataclasses.fields(LossWeights)}
    return LossWeights(**zeros | kept)
