"""Datasets of the anime recipe: photos with targets, and images of the style."""

from collections.abc import Sequence

import tensorflow as tf

from animegan_tf.data.augmentation import (
    center_crop,
    random_crop_and_flip,
    random_rescaled_crop,
)
from animegan_tf.data.crops import (
    build_reduced_reader,
    check_at_least,
    check_not_empty,
    check_stream,
    normalize_levels,
)
from animegan_tf.data.image_folder import ImageCache
from animegan_tf.data.streams import batched, build_reader, index_stream
from animegan_tf.data.targets.cache import TargetItem
from animegan_tf.data.targets.edge_smoothing import luminance, smooth_edges

_PHOTO_SALT = 1
_STYLE_SALT = 2


def build_anime_dataset(
    target_items: Sequence[TargetItem],
    style_paths: Sequence,
    *,
    crop_size: int,
    batch_size: int,
    seed: int,
    start_step: int = 0,
    flip: bool = True,
    memory_budget: int = 2 * 2**30,
    style_scales: tuple[float, float] = (0.6, 1.0),
    style_candidates: int = 1,
) -> tf.data.Dataset:
    """Build an endless dataset of photos with targets and images of the style.

    Photos and style images are shuffled independently, anew in each epoch.

    Args:
        target_items: Photos with their targets, from `compute_targets`.
        style_paths: Images of the style.
        crop_size: Side of the crops, in pixels, at least 3.
        batch_size: Number of crops in a batch, at least 1.
        seed: Seed of shuffling and crops.
        start_step: Number of batches to skip.
        flip: Whether crops are flipped horizontally at random.
        memory_budget: Maximum size of the cached images, in bytes.
        style_scales: Minimum and maximum fraction of a style image's short side that a
            crop covers, in (0, 1]; style images are enlarged only if they are smaller
            than a crop.
        style_candidates: Crops of a drawing to choose from, at least 1: the one with
            the photo crop's amount of detail is taken, so that a clear sky is not
            compared with foliage.

    Returns:
        Endless `tf.data.Dataset` of dicts of float32 tensors in [-1, 1]: `photo`,
        `target` and `anime`, `(batch_size, crop_size, crop_size, 3)`; `anime_gray`,
        the luminance of `anime`, and `anime_smooth`, the same with smoothed edges,
        `(batch_size, crop_size, crop_size, 1)`. Photos and targets have the same crop.

    Raises:
        ValueError: If a list is empty or a number is out of range.
    """
    check_not_empty("style_paths", style_paths)
    check_at_least("crop_size", crop_size, 3)
    check_stream(target_items, "target_items", crop_size, batch_size, start_step)
    check_at_least("style_candidates", style_candidates, 1)
    _check_scales(style_scales)
    photos_cache = ImageCache(memory_budget * 3 // 4)
    read_photo, read_target = _build_item_readers(target_items, photos_cache)
    read_style = build_reduced_reader(
        style_paths, crop_size, style_scales, memory_budget // 4
    )

    def load(photo_element, style_element):
        photo_index, photo_seed = photo_element
        style_index, style_seed = style_element
        pair = {"photo": read_photo(photo_index), "target": read_target(photo_index)}
        crops = random_crop_and_flip(pair, crop_size, photo_seed, flip=flip)
        style = read_style(style_index)
        seeds = [style_seed] + [
            tf.random.fold_in(style_seed, k) for k in range(1, style_candidates)
        ]
        candidates = [
            random_rescaled_crop(
                style, crop_size, seed, coverage=style_scales, flip=flip
            )
            for seed in seeds
        ]
        crops["anime"] = _nearest_in_detail(candidates, crops["photo"])
        return crops

    start = start_step * batch_size
    streams = tf.data.Dataset.zip(
        index_stream(len(target_items), seed, start, _PHOTO_SALT),
        index_stream(len(style_paths), seed, start, _STYLE_SALT),
    )
    return batched(streams, load, batch_size).map(_finish).prefetch(2)


def build_validation_dataset(
    target_items: Sequence[TargetItem], *, crop_size: int
) -> tf.data.Dataset:
    """Build the finite dataset of center crops of held-out photos and their targets.

    Args:
        target_items: Photos with their targets, from `compute_targets`.
        crop_size: Side of the crops, in pixels, at least 1.

    Returns:
        `tf.data.Dataset` of one dict for each item, in order, of float32 tensors in
        [-1, 1]: `photo` and `target`, `(1, crop_size, crop_size, 3)`. With batches of
        one, the mean over the batches is the mean over the images.

    Raises:
        ValueError: If there are no items or the size is less than 1.
    """
    check_not_empty("target_items", target_items)
    check_at_least("crop_size", crop_size, 1)
    read_photo, read_target = _build_item_readers(target_items, ImageCache(0))

    def load(index):
        pair = {"photo": read_photo(index), "target": read_target(index)}
        crops = center_crop(pair, crop_size)
        return {name: normalize_levels(crop) for name, crop in crops.items()}

    return batched(tf.data.Dataset.range(len(target_items)), load, 1).prefetch(1)


def _nearest_in_detail(candidates: list[tf.Tensor], photo: tf.Tensor) -> tf.Tensor:
    """Choose the crop whose mean gradient is nearest to the photo crop's, in log."""
    if len(candidates) == 1:
        return candidates[0]

    def log_detail(crop):
        gray = tf.reduce_mean(tf.cast(crop, tf.float32), axis=-1) / 127.5
        # Grain of a scan is no detail.
        gray = tf.nn.avg_pool2d(gray[None, :, :, None], 2, 2, "VALID")[0, :, :, 0]
        vertical, horizontal = gray[1:] - gray[:-1], gray[:, 1:] - gray[:, :-1]
        total = tf.reduce_mean(tf.abs(vertical)) + tf.reduce_mean(tf.abs(horizontal))
        return tf.math.log(total + 0.004)

    wanted = log_detail(photo)
    distances = tf.stack([tf.abs(log_detail(crop) - wanted) for crop in candidates])
    return tf.stack(candidates)[tf.argmin(distances)]


def _finish(batch: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """Convert uint8 crops to the float32 batch and add the grayscale images."""
    levels = {name: tf.cast(crops, tf.float32) for name, crops in batch.items()}
    levels["anime_gray"] = luminance(levels["anime"])
    levels["anime_smooth"] = smooth_edges(levels["anime_gray"])
    return {name: crops / 127.5 - 1.0 for name, crops in levels.items()}


def _build_item_readers(target_items: Sequence[TargetItem], cache: ImageCache):
    """Build the readers of photos and of their targets, with a common cache."""
    return (
        build_reader([item.photo_file for item in target_items], cache),
        build_reader([item.target_file for item in target_items], cache),
    )


def _check_scales(style_scales) -> None:
    low, high = style_scales
    if not 0.0 < low <= high <= 1.0:
        raise ValueError(
            "`style_scales` must be two ascending numbers in (0, 1]. "
            f"Received: style_scales={style_scales!r}"
        )
