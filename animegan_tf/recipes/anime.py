"""The recipe of the bundled styles: regress cel and ink, then learn the artist."""

from pathlib import Path

import tensorflow as tf

from animegan_tf.config import TrainingConfig
from animegan_tf.data.datasets.anime import (
    build_anime_dataset,
    build_validation_dataset,
)
from animegan_tf.data.image_folder import scan_images
from animegan_tf.data.targets.cache import TargetItem, compute_targets
from animegan_tf.data.targets.registry import get_target
from animegan_tf.recipes.runner import (
    Assembly,
    cache_folder,
    read_samples,
    split_photos,
)
from animegan_tf.recipes.style_program import build_style_program, check_regression
from animegan_tf.recipes.style_terms import (
    build_training_terms,
    build_validation_terms,
    measure_style,
)
from animegan_tf.training.run_folder import RunFolder
from animegan_tf.training.steps import build_validation_step

# Enough for a steady mean, few enough to take seconds.
_MAX_VALIDATION_PHOTOS = 32


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
    check_regression(config.weights)
    features, style_target = measure_style(config, run, style, progress)
    terms, variables = build_training_terms(config, features, style_target)
    program = build_style_program(config, {"discriminator": terms}, num_styles=None)
    program.variables = variables
    program.validate = build_validation_step(
        program.ema.average, build_validation_terms(config, features, style_target)
    )
    items, held_out_items = (
        draw_targets(config, run, paths, data.target, progress)
        for paths in (photos, choose_held_out(held_out))
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

    return Assembly(
        program,
        build_dataset,
        read_samples(held_out or photos, 256),
        build_validation(held_out_items, data.crop_size),
        steps_per_epoch=len(items) / data.batch_size,
    )


def draw_targets(
    config: TrainingConfig,
    run: RunFolder,
    photos: list[Path],
    target: str,
    progress: bool,
) -> list[TargetItem]:
    """Draw what photos are to become, or find it in the cache.

    Args:
        config: Settings, of the scales and the cache.
        run: Run folder, for the cache.
        photos: Paths of the photos.
        target: Key of `animegan_tf.data.targets.registry.TARGETS`.
        progress: Whether to show a progress bar.

    Returns:
        What `compute_targets` returns.

    Raises:
        ValueError: If there is no such target.
    """
    way = get_target(target)
    return compute_targets(
        photos,
        scales=config.data.scales,
        function=way.render,
        fingerprint=way.fingerprint,
        cache_dir=cache_folder(config, run),
        progress=progress,
    )


def choose_held_out(held_out: list[Path]) -> list[Path]:
    """Choose the photos of the validation, evenly among those held out."""
    return held_out[:: -(-len(held_out) // _MAX_VALIDATION_PHOTOS) or 1]


def build_validation(items: list[TargetItem], crop_size: int) -> tf.data.Dataset | None:
    """Build the dataset of the held-out photos, or return `None` without any."""
    return build_validation_dataset(items, crop_size=crop_size) if items else None
