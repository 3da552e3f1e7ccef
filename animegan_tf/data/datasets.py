"""Endless streams of training batches, resumable at any step.

Element i of every stream is a pure function of the seed and i, so a resumed training
sees exactly the batches that an unbroken one would have seen.
"""

import math
from collections.abc import Sequence

import tensorflow as tf

from animegan_tf.data.augmentation import (
    center_crop,
    random_crop_and_flip,
    random_rescaled_crop,
)
from animegan_tf.data.edge_smoothing import luminance, smooth_edges
from animegan_tf.data.image_folder import ImageCache, downscale
from animegan_tf.data.target_cache import TargetItem
from animegan_tf.images import read_image

_PHOTO_SALT = 1
_STYLE_SALT = 2
# The training step needs the processors too.
_NUM_READERS = 2


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
) -> tf.data.Dataset:
    """Build the endless dataset of photos with targets beside pictures of the style.

    Photos and style pictures are each shuffled anew in every epoch of their own.

    Args:
        target_items: Photos with their targets, from `compute_targets`.
        style_paths: Pictures of the style.
        crop_size: Side of the crops, in pixels, at least 3.
        batch_size: Number of crops in a batch, at least 1.
        seed: Seed of shuffling and of crops.
        start_step: Number of batches to leave out at the start.
        flip: Whether crops are mirrored left to right at random.
        memory_budget: Most bytes of decoded pictures to keep in memory.
        style_scales: Least and greatest part of a style picture's short side that a
            crop covers, in (0, 1]; style pictures are enlarged only where they are
            smaller than a crop.

    Returns:
        Endless `tf.data.Dataset` of dicts of float32 tensors in [-1, 1]: `photo`,
        `target` and `anime`, `(batch_size, crop_size, crop_size, 3)`; `anime_gray`,
        the luminance of `anime`, and `anime_smooth`, that with its edges smoothed,
        `(batch_size, crop_size, crop_size, 1)`. Photos and targets are cut alike.

    Raises:
        ValueError: If a list is empty or a number is out of range.
    """
    _check(len(target_items) > 0, "target_items", "not be empty", target_items)
    _check(len(style_paths) > 0, "style_paths", "not be empty", style_paths)
    _check(crop_size >= 3, "crop_size", "be at least 3", crop_size)
    _check(batch_size >= 1, "batch_size", "be at least 1", batch_size)
    _check(start_step >= 0, "start_step", "be at least 0", start_step)
    low, high = style_scales
    _check(
        0.0 < low <= high <= 1.0, "style_scales", "ascend within (0, 1]", style_scales
    )
    read_photo, read_target, read_style = _build_readers(
        target_items, style_paths, math.ceil(crop_size / low), memory_budget
    )

    def load(photo_element, style_element):
        photo_index, photo_seed = photo_element
        style_index, style_seed = style_element
        pair = {"photo": read_photo(photo_index), "target": read_target(photo_index)}
        crops = random_crop_and_flip(pair, crop_size, photo_seed, flip=flip)
        crops["anime"] = random_rescaled_crop(
            read_style(style_index),
            crop_size,
            style_seed,
            coverage=style_scales,
            flip=flip,
        )
        return crops

    start = start_step * batch_size
    streams = tf.data.Dataset.zip(
        index_stream(len(target_items), seed, start, _PHOTO_SALT),
        index_stream(len(style_paths), seed, start, _STYLE_SALT),
    )
    return batched(streams, load, batch_size).map(_finish).prefetch(2)


def build_image_dataset(
    paths: Sequence,
    *,
    image_size: int,
    batch_size: int,
    seed: int,
    start_step: int = 0,
    flip: bool = True,
    memory_budget: int = 2**30,
) -> tf.data.Dataset:
    """Build the endless dataset of pictures to imitate, each shown whole.

    A picture is scaled to `image_size`; of one that is not square, a random square of
    its short side is taken. The pictures are shuffled anew in every epoch.

    Args:
        paths: Pictures.
        image_size: Side of the images, in pixels, at least 1.
        batch_size: Number of images in a batch, at least 1.
        seed: Seed of shuffling, squares and mirroring.
        start_step: Number of batches to leave out at the start.
        flip: Whether images are mirrored left to right at random.
        memory_budget: Most bytes of decoded pictures to keep in memory.

    Returns:
        Endless `tf.data.Dataset` of dicts with one float32 tensor in [-1, 1]: `image`,
        `(batch_size, image_size, image_size, 3)`.

    Raises:
        ValueError: If `paths` is empty or a number is out of range.
    """
    _check(len(paths) > 0, "paths", "not be empty", paths)
    _check(image_size >= 1, "image_size", "be at least 1", image_size)
    _check(batch_size >= 1, "batch_size", "be at least 1", batch_size)
    _check(start_step >= 0, "start_step", "be at least 0", start_step)

    def read_reduced(path):
        return downscale(read_image(path), image_size)

    read = build_reader(paths, ImageCache(memory_budget, read_reduced))

    def load(index, drawn):
        image = read(index)
        return random_rescaled_crop(
            image, image_size, drawn, coverage=(1.0, 1.0), flip=flip
        )

    def finish(images):
        return {"image": tf.cast(images, tf.float32) / 127.5 - 1.0}

    stream = index_stream(len(paths), seed, start_step * batch_size, _STYLE_SALT)
    return batched(stream, load, batch_size).map(finish).prefetch(2)


def build_validation_dataset(
    target_items: Sequence[TargetItem], *, crop_size: int
) -> tf.data.Dataset:
    """Build the finite dataset of held-out photos: always the same middle squares.

    Args:
        target_items: Photos with their targets, from `compute_targets`.
        crop_size: Side of the squares, in pixels, at least 1.

    Returns:
        `tf.data.Dataset` of one dict for each item, in their order, of float32 tensors
        in [-1, 1]: `photo` and `target`, `(1, crop_size, crop_size, 3)`. Batches of
        one make the mean over the batches that over the pictures.

    Raises:
        ValueError: If there are no items or the size is less than 1.
    """
    _check(len(target_items) > 0, "target_items", "not be empty", target_items)
    _check(crop_size >= 1, "crop_size", "be at least 1", crop_size)
    nothing_kept = ImageCache(0)
    read_photo = build_reader([item.photo_file for item in target_items], nothing_kept)
    read_target = build_reader(
        [item.target_file for item in target_items], nothing_kept
    )

    def load(index):
        pair = {"photo": read_photo(index), "target": read_target(index)}
        crops = center_crop(pair, crop_size)
        return {k: tf.cast(crop, tf.float32) / 127.5 - 1.0 for k, crop in crops.items()}

    return batched(tf.data.Dataset.range(len(target_items)), load, 1).prefetch(1)


def _finish(batch: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """Turn uint8 crops into the float32 batch, with the grey ones added."""
    levels = {name: tf.cast(crops, tf.float32) for name, crops in batch.items()}
    levels["anime_gray"] = luminance(levels["anime"])
    levels["anime_smooth"] = smooth_edges(levels["anime_gray"])
    return {name: crops / 127.5 - 1.0 for name, crops in levels.items()}


def index_stream(num_items: int, seed: int, start: int, salt: int) -> tf.data.Dataset:
    """Build the endless stream of shuffled indices, each with a seed pair of its own.

    Every run of `num_items` elements from a multiple of `num_items` on is an epoch: a
    permutation of the indices, different each time.

    Args:
        num_items: Number of things to draw from, at least 1.
        seed: Seed of the whole dataset.
        start: Position of the first element; the stream from `start` on equals the
            whole stream with `start` elements left out.
        salt: Number that keeps streams of one dataset independent.

    Returns:
        Endless dataset of `(index, pair)`: an int64 scalar in [0, num_items), and an
        int64 pair that no other position of the stream shares, for stateless draws.
    """
    base = tf.constant([seed, salt], tf.int64)
    order_seed = tf.random.fold_in(base, 0)
    draw_seed = tf.random.fold_in(base, 1)

    def element(position):
        epoch, offset = position // num_items, position % num_items
        index = tf.random.experimental.index_shuffle(
            offset, tf.random.fold_in(order_seed, epoch), num_items - 1
        )
        return index, tf.random.fold_in(draw_seed, position)

    return tf.data.Dataset.range(start, tf.int64.max).map(element)


def batched(stream: tf.data.Dataset, load, batch_size: int) -> tf.data.Dataset:
    """Load the elements of a stream in order, by a few readers, and batch them."""
    loaded = stream.map(load, num_parallel_calls=_NUM_READERS, deterministic=True)
    return loaded.batch(batch_size, drop_remainder=True)


def _build_readers(target_items, style_paths, style_short_side: int, memory: int):
    """Return the readers of photos, targets and style pictures, sharing the memory."""
    pairs = ImageCache(memory * 3 // 4)

    def read_reduced(path):
        # No crop needs more, and the original may be a whole page of a comic.
        return downscale(read_image(path), style_short_side)

    styles = ImageCache(memory // 4, read_reduced)
    return (
        build_reader([item.photo_file for item in target_items], pairs),
        build_reader([item.target_file for item in target_items], pairs),
        build_reader(style_paths, styles),
    )


def build_reader(paths: Sequence, cache: ImageCache, channels: int = 3):
    """Return a function, for graphs, from an index to a uint8 picture."""

    def read(index):
        image = tf.numpy_function(lambda i: cache.get(paths[i]), [index], tf.uint8)
        return tf.ensure_shape(image, (None, None, channels))

    return read


def _check(ok: bool, name: str, expected: str, value) -> None:
    if not ok:
        raise ValueError(f"`{name}` must {expected}. Received: {name}={value!r}")
