"""Streams of indices: complete epochs and exact resumption; readers."""

import itertools

import numpy as np
import tensorflow as tf
from PIL import Image

from animegan_tf.data.image_folder import ImageCache
from animegan_tf.data.streams import batched, build_reader, index_stream


def _take(dataset, count):
    return list(itertools.islice(dataset.as_numpy_iterator(), count))


def test_every_epoch_is_a_different_permutation():
    elements = _take(index_stream(7, seed=3, start=0, salt=1), 7 * 6)
    epochs = np.reshape([index for index, _ in elements], (6, 7))
    np.testing.assert_array_equal(np.sort(epochs, axis=1), [list(range(7))] * 6)
    assert len({tuple(epoch) for epoch in epochs}) == 6


def test_index_streams_resume_and_never_repeat_a_seed():
    whole = _take(index_stream(5, seed=3, start=0, salt=1), 40)
    assert len({tuple(pair) for _, pair in whole}) == 40
    resumed = _take(index_stream(5, seed=3, start=13, salt=1), 27)
    for (index, pair), (same_index, same_pair) in zip(whole[13:], resumed, strict=True):
        assert index == same_index
        np.testing.assert_array_equal(pair, same_pair)


def test_index_streams_of_different_salt_or_seed_differ():
    def order(seed, salt):
        return [int(i) for i, _ in _take(index_stream(9, seed, 0, salt), 27)]

    assert len({tuple(order(*key)) for key in ((1, 1), (1, 2), (2, 1))}) == 3


def test_an_index_stream_of_one_item_repeats_it():
    assert [i for i, _ in _take(index_stream(1, 0, 0, 1), 5)] == [0] * 5


def test_batches_keep_the_order_and_are_complete():
    stream = tf.data.Dataset.range(7)
    batches = _take(batched(stream, lambda position: 10 * position, 3), 9)
    assert [batch.tolist() for batch in batches] == [[0, 10, 20], [30, 40, 50]]


def test_a_reader_returns_the_image_of_an_index_in_graphs_too(tmp_path):
    paths = []
    for level in (10, 200):
        paths.append(tmp_path / f"{level}.png")
        Image.new("RGB", (5, 3 + level // 100), (level, 0, 7)).save(paths[-1])
    read = build_reader(paths, ImageCache(0))
    dataset = tf.data.Dataset.from_tensor_slices([1, 0, 1]).map(read)
    assert dataset.element_spec.shape.as_list() == [None, None, 3]
    for level, image in zip((200, 10, 200), dataset.as_numpy_iterator(), strict=True):
        assert image.dtype == np.uint8
        assert image.shape == (3 + level // 100, 5, 3)
        assert (image == [level, 0, 7]).all()
