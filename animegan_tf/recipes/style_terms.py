"""What a style's generator is measured by: features, statistics and terms."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
from tqdm import tqdm

from animegan_tf.config import TrainingConfig
from animegan_tf.evaluation.style import style_statistics
from animegan_tf.imaging.reading import read_image
from animegan_tf.models.features.extractor import build_feature_extractor
from animegan_tf.recipes.runner import cache_folder, precision
from animegan_tf.training.run_folder import RunFolder
from animegan_tf.training.terms import RunningCorrelation, build_terms
from animegan_tf.utils.atomic_path import atomic_path

TRAINING_LAYERS = (
    "block1_conv1",
    "block1_conv2",
    "block2_conv1",
    "block2_conv2",
    "block3_conv1",
)
# More pictures move the style's mean statistics by less than a batch's noise.
_MAX_STYLE_PICTURES = 256


def measure_style(
    config: TrainingConfig, run: RunFolder, style: list[Path], progress: bool
) -> tuple[keras.Model | None, dict[str, np.ndarray] | None]:
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
        features = build_feature_extractor(config.features, layers=TRAINING_LAYERS)
    if "style" not in active:
        return features, None
    cache = cache_folder(config, run)
    return features, _style_target(cache, style, features, progress)


def build_training_terms(
    config: TrainingConfig, features, style_target
) -> tuple[Callable, dict]:
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


def build_validation_terms(config: TrainingConfig, features, style_target) -> Callable:
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


def _style_target(cache, style, features, progress) -> dict[str, np.ndarray]:
    """Measure the style set, or read what an earlier run measured."""
    chosen = style[:: max(len(style) // _MAX_STYLE_PICTURES, 1)][:_MAX_STYLE_PICTURES]
    digest = hashlib.sha256(f"2 {TRAINING_LAYERS}".encode())
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
