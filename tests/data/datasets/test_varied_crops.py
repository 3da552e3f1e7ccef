"""Laws of the varied crops: alike after a resume, in [-1, 1], a third of them grey."""

import itertools

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from animegan_tf.data.datasets.varied_crops import build_varied_dataset, vary_colors


@pytest.fixture
def paths(tmp_path):
    random = np.random.default_rng(0)
    for name in "abc":
        coarse = random.integers(40, 220, (3, 4, 3)).astype("uint8")
        Image.fromarray(coarse).resize((60, 48), Image.BICUBIC).save(
            tmp_path / f"{name}.png"
        )
    return sorted(tmp_path.iterdir())


def _take(paths, count, **changes):
    settings = {"crop_size": 24, "batch_size": 4, "seed": 1} | changes
    dataset = build_varied_dataset(paths, **settings)
    return [b["image"] for b in itertools.islice(dataset.as_numpy_iterator(), count)]


def test_crops_are_float_pictures_of_the_size(paths):
    for batch in _take(paths, 3):
        assert batch.shape == (4, 24, 24, 3)
        assert batch.dtype == np.float32
        assert np.abs(batch).max() <= 1.0


def test_a_resumed_stream_goes_on_as_the_whole_one(paths):
    for whole, resumed in zip(
        _take(paths, 4)[2:], _take(paths, 2, start_step=2), strict=True
    ):
        np.testing.assert_array_equal(whole, resumed)


def test_about_a_third_of_the_pictures_turn_grey():
    image = np.random.default_rng(0).uniform(-0.5, 0.5, (8, 8, 3)).astype("float32")
    varied = np.stack([vary_colors(image, (0, i)).numpy() for i in range(200)])
    gray = np.ptp(varied, axis=-1).max(axis=(1, 2)) < 1e-5
    assert 0.25 < gray.mean() < 0.45
    assert np.abs(varied).max() <= 1.0


def test_colours_vary_alike_for_the_same_seed_eagerly_and_in_a_graph():
    image = np.random.default_rng(0).uniform(-1, 1, (6, 5, 3)).astype("float32")
    first = vary_colors(image, (3, 4)).numpy()
    np.testing.assert_allclose(
        tf.function(vary_colors)(tf.constant(image), tf.constant([3, 4])),
        first,
        atol=1e-6,
    )
    assert not np.allclose(first, vary_colors(image, (3, 5)))


def test_no_pictures_are_refused():
    with pytest.raises(ValueError, match="`paths` must not be empty"):
        build_varied_dataset([], crop_size=8, batch_size=1, seed=0)
