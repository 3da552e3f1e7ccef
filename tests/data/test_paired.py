"""Laws of pairs: same name, same size, cut alike, the same again after a resume."""

import itertools
import logging

import numpy as np
import pytest
from PIL import Image

from animegan_tf.data.paired import (
    Pair,
    build_paired_dataset,
    pair_by_name,
    pair_halves,
    read_middles,
)
from animegan_tf.images import write_image


@pytest.fixture
def folders(tmp_path):
    """Five pictures, `a` to `e`, and their negatives."""
    rng = np.random.default_rng(0)
    for folder in ("photos", "targets"):
        (tmp_path / folder).mkdir()
    for name in "abcde":
        coarse = rng.integers(0, 256, (5, 7, 3)).astype("uint8")
        picture = np.asarray(Image.fromarray(coarse).resize((28, 20), Image.BILINEAR))
        write_image(picture, tmp_path / "photos" / f"{name}.png")
        write_image(255 - picture, tmp_path / "targets" / f"{name}.png")
    return tmp_path


def _pairs(folders):
    return pair_by_name(folders / "photos", folders / "targets")


def _take(dataset, count):
    return list(itertools.islice(dataset.as_numpy_iterator(), count))


def _build(pairs, **changes):
    settings = {"crop_size": 16, "batch_size": 2, "seed": 5} | changes
    return build_paired_dataset(pairs, **settings)


def test_pairs_have_one_name_whatever_the_suffix(folders):
    (folders / "targets" / "b.png").rename(folders / "targets" / "b.PNG")
    assert [(p.photo.stem, p.target.stem) for p in _pairs(folders)] == [
        (name, name) for name in "abcde"
    ]


def test_missing_partners_are_counted_and_named(folders, caplog):
    (folders / "targets" / "b.png").unlink()
    (folders / "targets" / "d.png").unlink()
    (folders / "photos" / "e.png").unlink()
    with caplog.at_level(logging.WARNING):
        pairs = _pairs(folders)
    assert [p.photo.stem for p in pairs] == ["a", "c"]
    assert "2 of 4 pictures" in caplog.text and "b, d" in caplog.text
    assert "1 of 3 pictures" in caplog.text and ": e" in caplog.text


def test_no_pair_at_all_is_an_error_that_names_both_folders(folders):
    for path in (folders / "targets").iterdir():
        path.rename(path.with_stem(f"{path.stem}_target"))
    with pytest.raises(ValueError, match="same names.*photos.*targets"):
        _pairs(folders)


def test_one_name_twice_is_an_error(folders):
    Image.open(folders / "photos" / "a.png").save(folders / "photos" / "a.jpg")
    with pytest.raises(ValueError, match="`photos` must have each name once.*a.jpg"):
        _pairs(folders)


def test_larger_target_is_scaled_and_other_proportions_are_left_out(folders, caplog):
    for name, size in (("a", (56, 40)), ("b", (28, 28))):
        path = folders / "targets" / f"{name}.png"
        Image.open(path).resize(size).save(path)
    pairs = _pairs(folders)
    assert "1 of 5 pairs are not of the same proportions" in caplog.text
    assert pairs[0].photo.stem == "a"
    photo, target = pairs[0].read()
    assert photo.shape == target.shape == (20, 28, 3)
    assert np.abs(photo.astype(int) - (255 - target)).mean() < 3


def test_halves_of_one_picture_are_a_pair(folders):
    (folders / "both").mkdir()
    left, right = np.zeros((8, 6, 3), np.uint8), np.full((8, 7, 3), 200, np.uint8)
    write_image(np.concatenate([left, right], 1), folders / "both" / "x.png")
    (pair,) = pair_halves(folders / "both")
    photo, target = pair.read()
    assert photo.shape == target.shape == (8, 6, 3)
    assert photo.max() == 0 and target.min() == 200
    (pair,) = pair_halves(folders / "both", reverse=True)
    assert pair.read()[0].min() == 200


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
    middles = read_middles([Pair(tmp_path / "a.png", tmp_path / "a.png")], 8)
    for name in ("photo", "target"):
        np.testing.assert_array_equal(middles[name], np.ones((1, 8, 8, 3)))


def test_senseless_arguments_are_refused(folders):
    with pytest.raises(ValueError, match="`pairs` must not be empty"):
        _build([])
    for changes in ({"crop_size": 0}, {"batch_size": 0}, {"start_step": -1}):
        (name,) = changes
        with pytest.raises(ValueError, match=f"`{name}` must be at least"):
            _build(_pairs(folders), **changes)
