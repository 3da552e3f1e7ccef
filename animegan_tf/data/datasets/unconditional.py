"""Dataset of whole images for unconditional GANs."""

from collections.abc import Sequence

import tensorflow as tf

from animegan_tf.data.augmentation import random_rescaled_crop
from animegan_tf.data.crops import (
    build_reduced_reader,
    check_at_least,
    check_not_empty,
    float_levels,
)
from animegan_tf.data.streams import batched, index_stream

_SALT = 2


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
    check_not_empty("paths", paths)
    check_at_least("image_size", image_size, 1)
    check_at_least("batch_size", batch_size, 1)
    check_at_least("start_step", start_step, 0)
    whole = (1.0, 1.0)
    read = build_reduced_reader(paths, image_size, whole, memory_budget)

    def load(index, drawn):
        return random_rescaled_crop(
            read(index), image_size, drawn, coverage=whole, flip=flip
        )

    def finish(images):
        return {"image": float_levels(images)}

    stream = index_stream(len(paths), seed, start_step * batch_size, _SALT)
    return batched(stream, load, batch_size).map(finish).prefetch(2)
