"""Endless streams of shuffled indices that can start anywhere, and image readers.

Element i of a stream is a pure function of the seed and i, so a resumed training gets
exactly the batches of an uninterrupted one.
"""

import contextlib
import contextvars
import dataclasses
from collections.abc import Callable, Sequence

import tensorflow as tf

from animegan_tf.data.image_folder import ImageCache

# The training step needs CPU cores too.
_NUM_READERS = 2
_shard: contextvars.ContextVar = contextvars.ContextVar("shard", default=None)


@dataclasses.dataclass(frozen=True)
class Shard:
    """Which part of every batch a process reads, when several processes share it.

    Attributes:
        index: Index of the part.
        count: Number of parts, one for each process.
        blocks: Number of equal blocks in a batch, of each of which it is a part.
    """

    index: int = 0
    count: int = 1
    blocks: int = 1


@contextlib.contextmanager
def sharded(shard: Shard):
    """Build datasets that read their part of each batch, and nothing else."""
    token = _shard.set(shard)
    try:
        yield
    finally:
        _shard.reset(token)


def take_part(batch, index: int, count: int, blocks: int = 1):
    """Take one of the parts of every block of a batch.

    Args:
        batch: A structure of tensors with a first axis of known length.
        index: Index of the part.
        count: Number of equal parts in each block.
        blocks: Number of equal blocks in the batch.
    """

    def take(x):
        size, *others = x.shape
        x = tf.reshape(x, [blocks, count, size // (blocks * count), *others])
        return tf.reshape(x[:, index], [size // count, *others])

    return tf.nest.map_structure(take, batch)


def index_stream(num_items: int, seed: int, start: int, salt: int) -> tf.data.Dataset:
    """Build the endless stream of shuffled indices, each with a unique seed.

    Each epoch of `num_items` elements is a different permutation of the indices.

    Args:
        num_items: Number of items, at least 1.
        seed: Seed of the whole dataset.
        start: Position of the first element: the number of elements to skip.
        salt: Number that makes the streams of one dataset independent.

    Returns:
        Endless dataset of `(index, seed)`: an int64 scalar in [0, num_items), and a
        unique pair of int64 for stateless random operations.
    """
    base = tf.constant([seed, salt], tf.int64)
    order_seed = tf.random.fold_in(base, 0)
    element_seed = tf.random.fold_in(base, 1)

    def element(position):
        epoch, offset = position // num_items, position % num_items
        index = tf.random.experimental.index_shuffle(
            offset, tf.random.fold_in(order_seed, epoch), num_items - 1
        )
        return index, tf.random.fold_in(element_seed, position)

    return tf.data.Dataset.range(start, tf.int64.max).map(element)


def batched(
    stream: tf.data.Dataset, load: Callable, batch_size: int
) -> tf.data.Dataset:
    """Load the elements of a stream in parallel, in order, and batch them.

    Within `sharded`, only the elements of the shard are loaded.
    """
    shard = _shard.get() or Shard()
    if shard.count > 1:
        batches = stream.batch(batch_size, drop_remainder=True)
        stream = batches.map(
            lambda *batch: take_part(batch, shard.index, shard.count, shard.blocks)
        ).unbatch()
        batch_size //= shard.count
    loaded = stream.map(load, num_parallel_calls=_NUM_READERS, deterministic=True)
    return loaded.batch(batch_size, drop_remainder=True)


def build_reader(paths: Sequence, cache: ImageCache, channels: int = 3) -> Callable:
    """Build a function, usable in graphs, from an index to a uint8 image."""

    def read(index):
        image = tf.numpy_function(lambda i: cache.get(paths[i]), [index], tf.uint8)
        return tf.ensure_shape(image, (None, None, channels))

    return read
