"""Endless streams of shuffled indices, resumable anywhere, and reading by index.

Element i of a stream is a pure function of the seed and i, so a resumed training sees
exactly what an unbroken one would have seen.
"""

from collections.abc import Callable, Sequence

import tensorflow as tf

from animegan_tf.data.image_folder import ImageCache

# The training step needs the processors too.
_NUM_READERS = 2


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


def batched(
    stream: tf.data.Dataset, load: Callable, batch_size: int
) -> tf.data.Dataset:
    """Load the elements of a stream in order, by a few readers, and batch them."""
    loaded = stream.map(load, num_parallel_calls=_NUM_READERS, deterministic=True)
    return loaded.batch(batch_size, drop_remainder=True)


def build_reader(paths: Sequence, cache: ImageCache, channels: int = 3) -> Callable:
    """Return a function, for graphs, from an index to a uint8 picture."""

    def read(index):
        image = tf.numpy_function(lambda i: cache.get(paths[i]), [index], tf.uint8)
        return tf.ensure_shape(image, (None, None, channels))

    return read
