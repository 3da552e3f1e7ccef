"""Laws of batches of pairs: cut alike, and the same again after a resume."""

import itertools

import numpy as np
import pytest

from animegan_tf.data.datasets.paired import build_paired_dataset, read_pair_squares
from animegan_tf.data.image_pairs import Pair, pair_by_name
from animegan_tf.imaging.writing import write_image


def _pairs(folders):
    return pair_by_name(folders / "photos", folders / "targets")


def _take(dataset, count):
    return list(itertools.islice(dataset.as_numpy_iterator(), count))


def _build(pairs, **changes):
    settings = {"crop_size": 16, "batch_size": 2, "seed": 5} | changes
    return build_paired_dataset(pairs, **settings)


@pytest.mark.parametrize("crop_size", [8, 16, 32])
def test_both_are_cut_and_mirrored_alike(folders, crop_size):
    dataset = _build(_pairs(folders), crop_size=crop_size, coverage=(0.5, 1.0))
    for batch in _take(dataset, 4):
        assert set(batch) == {"photo", "target"}
        for values in batch.values():
            assert values.shape == (2, crop_size, crop_size, 3)
            assert values.dtype == np.float32
            assert np.abs(values).max() <= 1.0
        assert batch["photo"].std() > 0.1
        # A level of rounding may separate a picture from its scaled negative.
        np.testing.assert_allclose(batch["target"], -batch["photo"], atol=0.017)


def test_a_resumed_stream_equals_the_unbroken_one_whatever_the_memory(folders):
    pairs = _pairs(folders)
    whole = _take(_build(pairs), 7)
    resumed = _take(_build(pairs, start_step=4, memory_budget=0), 3)
    for batch, other in zip(whole[4:], resumed, strict=True):
        for name in batch:
            np.testing.assert_array_equal(batch[name], other[name])
    other = _take(_build(pairs, seed=6), 1)
    assert not np.array_equal(whole[0]["photo"], other[0]["photo"])


def test_middles_are_squares_of_the_middle(tmp_path):
    picture = np.zeros((8, 24, 3), np.uint8)
    picture[:, 8:16] = 255
    write_image(picture, tmp_path / "a.png")
    middles = read_pair_squares([Pair(tmp_path / "a.png", tmp_path / "a.png")], 8)
    for name in ("photo", "target"):
        np.testing.assert_array_equal(middles[name], np.ones((1, 8, 8, 3)))


def test_senseless_arguments_are_refused(folders):
    with pytest.raises(ValueError, match="`pairs` must not be empty"):
        _build([])
    for changes in ({"crop_size": 0}, {"batch_size": 0}, {"start_step": -1}):
        (name,) = changes
        with pytest.raises(ValueError, match=f"`{name}` must be at least"):
            _build(_pairs(folders), **changes)
