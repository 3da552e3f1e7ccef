"""The recipe of the bundled styles: regress cel and ink, then learn the artist."""

import functools
import hashlib

import numpy as np
from tqdm import tqdm

from animegan_tf.config import TrainingConfig
from animegan_tf.data.datasets import build_anime_dataset, build_validation_dataset
from animegan_tf.data.image_folder import scan_images
from animegan_tf.data.target_cache import compute_targets
from animegan_tf.data.targets import get_target
from animegan_tf.evaluation.style import style_statistics
from animegan_tf.images import atomic_path, read_image
from animegan_tf.models.feature_extractor import build_feature_extractor
from animegan_tf.recipes.assembly import (
    Assembly,
    cache_folder,
    precision,
    read_samples,
    split_photos,
)
from animegan_tf.recipes.style_program import (
    build_style_program,
    check_regression,
)
from animegan_tf.training.run_folder import RunFolder
from animegan_tf.training.steps import build_validation_step
from animegan_tf.training.terms import RunningCorrelation, build_terms

STYLE_LAYERS = (
    "block1_conv1",
    "block1_conv2",
    "block2_conv1",
    "block2_conv2",
    "block3_conv1",
)
# More pictures move the style's mean statistics by less than a batch's noise.
_MAX_STYLE_PICTURES = 256
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
    target = get_target(data.target)
    compute = functools.partial(
        compute_targets,
        scales=data.scales,
        function=target.draw,
        fingerprint=target.fingerprint,
        cache_dir=cache_folder(config, run),
        progress=progress,
    )
    items = compute(photos)

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
        build_validation(compute(choose_held_out(held_out)), data.crop_size),
        steps_per_epoch=len(items) / data.batch_size,
    )


def choose_held_out(held_out: list) -> list:
    """Choose the photos of the validation, evenly among those held out."""
    return held_out[:: -(-len(held_out) // _MAX_VALIDATION_PHOTOS) or 1]


def build_validation(items, crop_size: int):
    """Build the dataset of the held-out photos, or return `None` without any."""
    return build_validation_dataset(items, crop_size=crop_size) if items else None


def build_training_terms(config: TrainingConfig, features, style_target):
    """Build the function that measures every term but the adversarial one.

    Args:
        config: Settings.
        features: First of what `measure_style` returns.
        style_target: Second of it.

    Returns:
        `(terms, variables)`: what `training.terms.build_terms` gives, and the state of
        its running statistics by name.
    """
    if style_target is None:
        return build_terms(config.weights, features), {}
    statistics = RunningCorrelation(style_target, config.style_momentum)
    terms = build_terms(config.weights, features, statistics)
    return terms, statistics.variables()


def build_validation_terms(config: TrainingConfig, features, style_target):
    """Build the function that measures held-out photos: the same terms, no memory.

    Args:
        config: Settings.
        features: First of what `measure_style` returns.
        style_target: Second of it.

    Returns:
        What `training.terms.build_terms` gives. `style` is that of the batch by
        itself, thus greater than in the training's log, where batches are averaged.
    """
    statistics = RunningCorrelation(style_target, 0.0) if style_target else None
    return build_terms(config.weights, features, statistics)


def measure_style(config: TrainingConfig, run: RunFolder, style, progress):
    """Build the feature extractor and measure the style set, where terms need them.

    Args:
        config: Settings.
        run: Run folder, for the caches.
        style: Paths of the pictures in the style.
        progress: Whether to show progress bars.

    Returns:
        `(features, target)`: the network, and the set's correlations by layer, each
        `None` if no term needs it.
    """
    active = config.weights.active()
    if not {"content", "style"} & set(active):
        return None, None
    with precision(config.precision):
        features = build_feature_extractor(config.features, layers=STYLE_LAYERS)
    if "style" not in active:
        return features, None
    cache = cache_folder(config, run)
    return features, _style_target(cache, style, features, progress)


def _style_target(cache, style, features, progress) -> dict[str, np.ndarray]:
    """Measure the style set, or read what an earlier run measured."""
    chosen = style[:: max(len(style) // _MAX_STYLE_PICTURES, 1)][:_MAX_STYLE_PICTURES]
    digest = hashlib.sha256(f"2 {STYLE_LAYERS}".encode())
    # A name or a path may come to stand for other weights.
    for array in features.get_weights():
        digest.update(array.tobytes())
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
