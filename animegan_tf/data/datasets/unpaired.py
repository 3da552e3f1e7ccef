"""Dataset of unpaired photos and style images."""

from collections.abc import Sequence

import tensorflow as tf

from animegan_tf.data.augmentation import random_rescaled_crop
from animegan_tf.data.crops import build_reduced_reader, check_stream, normalize_levels
from animegan_tf.data.streams import batched, index_stream

_PHOTO_SALT = 4
_STYLE_SALT = 5


def build_unpaired_dataset(
    photo_paths: Sequence,
    style_paths: Sequence,
    *,
    crop_size: int,
    batch_size: int,
    seed: int,
    start_step: int = 0,
    coverage: tuple[float, float] = (0.6, 1.0),
    flip: bool = True,
    memory_budget: int = 2 * 2**30,
) -> tf.data.Dataset:
    """Build an endless dataset of unpaired photos and style images.

    Both are shuffled independently, anew in each epoch.

    Args:
        photo_paths: Photos.
        style_paths: Images of the style.
        crop_size: Side of the crops, in pixels, at least 1.
        batch_size: Number of crops in a batch, at least 1.
        seed: Seed of shuffling and crops.
        start_step: Number of batches to skip.
        coverage: Minimum and maximum fraction of the short side that a crop covers, in
            (0, 1]; crops are enlarged only if an image is smaller.
        flip: Whether crops are flipped horizontally at random.
        memory_budget: Maximum size of the cached images, in bytes.

    Returns:
        Endless `tf.data.Dataset` of dicts of float32 tensors in [-1, 1]: `photo` and
        `anime`, `(batch_size, crop_size, crop_size, 3)`.

    Raises:
        ValueError: If a list is empty or a number is out of range.
    """
    check_stream(photo_paths, "photo_paths", crop_size, batch_size, start_step)
    check_stream(style_paths, "style_paths", crop_size, batch_size, start_step)
    budget = memory_budget // 2
    readers = {
        "photo": build_reduced_reader(photo_paths, crop_size, coverage, budget),
        "anime": build_reduced_reader(style_paths, crop_size, coverage, budget),
    }

    def load(photo_element, style_element):
        elements = {"photo": photo_element, "anime": style_element}
        crops = {
            name: random_rescaled_crop(
                readers[name](index), crop_size, crop_seed, coverage=coverage, flip=flip
            )
            for name, (index, crop_seed) in elements.items()
        }
        return {name: normalize_levels(crop) for name, crop in crops.items()}

    start = start_step * batch_size
    streams = tf.data.Dataset.zip(
        index_stream(len(photo_paths), seed, start, _PHOTO_SALT),
        index_stream(len(style_paths), seed, start, _STYLE_SALT),
    )
    return batched(streams, load, batch_size).prefetch(2)
