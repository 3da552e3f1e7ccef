"""Image pairs: by name or by halves; images without a partner are reported."""

import logging

import numpy as np
import pytest
from PIL import Image

from animegan_tf.data.image_pairs import Pair, pair_by_name, pair_halves
from animegan_tf.imaging.writing import write_image


@pytest.fixture
def folders(tmp_path):
    """Five images, `a` to `e`, and their negatives."""
    rng = np.random.default_rng(0)
    for folder in ("photos", "targets"):
        (tmp_path / folder).mkdir()
    for name in "abcde":
        coarse = rng.integers(0, 256, (5, 7, 3)).astype("uint8")
        image = np.asarray(Image.fromarray(coarse).resize((28, 20), Image.BILINEAR))
        write_image(image, tmp_path / "photos" / f"{name}.png")
        write_image(255 - image, tmp_path / "targets" / f"{name}.png")
    return tmp_path


def _pairs(folders):
    return pair_by_name(folders / "photos", folders / "targets")


def test_pairs_have_the_same_name_ignoring_the_suffix(folders):
    (folders / "targets" / "b.png").rename(folders / "targets" / "b.PNG")
    assert [(p.photo.stem, p.target.stem) for p in _pairs(folders)] == [
        (name, name) for name in "abcde"
    ]


def test_missing_partners_are_counted_and_reported(folders, caplog):
    (folders / "targets" / "b.png").unlink()
    (folders / "targets" / "d.png").unlink()
    (folders / "photos" / "e.png").unlink()
    with caplog.at_level(logging.WARNING):
        pairs = _pairs(folders)
    assert [p.photo.stem for p in pairs] == ["a", "c"]
    assert "2 of 4 images" in caplog.text and "b, d" in caplog.text
    assert "1 of 3 images" in caplog.text and ": e" in caplog.text


def test_no_pair_at_all_is_an_error_that_names_both_folders(folders):
    for path in (folders / "targets").iterdir():
        path.rename(path.with_stem(f"{path.stem}_target"))
    with pytest.raises(ValueError, match="same names.*photos.*targets"):
        _pairs(folders)


def test_the_same_name_twice_is_an_error(folders):
    Image.open(folders / "photos" / "a.png").save(folders / "photos" / "a.jpg")
    with pytest.raises(ValueError, match="`photos` must have each name once.*a.jpg"):
        _pairs(folders)


def test_larger_targets_are_resized_and_other_ratios_are_skipped(folders, caplog):
    for name, size in (("a", (56, 40)), ("b", (28, 28))):
        path = folders / "targets" / f"{name}.png"
        Image.open(path).resize(size).save(path)
    pairs = _pairs(folders)
    assert "1 of 5 pairs do not have the same aspect ratio" in caplog.text
    assert pairs[0].photo.stem == "a"
    photo, target = pairs[0].read()
    assert photo.shape == target.shape == (20, 28, 3)
    assert np.abs(photo.astype(int) - (255 - target)).mean() < 3


def test_the_halves_of_an_image_are_a_pair(folders):
    (folders / "both").mkdir()
    left, right = np.zeros((8, 6, 3), np.uint8), np.full((8, 7, 3), 200, np.uint8)
    write_image(np.concatenate([left, right], 1), folders / "both" / "x.png")
    (pair,) = pair_halves(folders / "both")
    photo, target = pair.read()
    assert photo.shape == target.shape == (8, 6, 3)
    assert photo.max() == 0 and target.min() == 200
    (pair,) = pair_halves(folders / "both", reverse=True)
    assert pair.read()[0].min() == 200


def test_reading_at_a_short_side_resizes_both(folders):
    for pair in (_pairs(folders)[0], pair_halves(folders / "photos")[0]):
        photo, target = pair.read(short_side=10)
        assert photo.shape == target.shape
        assert min(photo.shape[:2]) == 10


def test_the_exif_rotation_counts_for_the_aspect_ratio(tmp_path):
    for folder in ("photos", "targets"):
        (tmp_path / folder).mkdir()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (40, 20)).save(tmp_path / "photos" / "a.jpg", exif=exif)
    Image.new("RGB", (20, 40)).save(tmp_path / "targets" / "a.png")
    (pair,) = pair_by_name(tmp_path / "photos", tmp_path / "targets")
    assert pair == Pair(tmp_path / "photos" / "a.jpg", tmp_path / "targets" / "a.png")
    assert pair.read()[0].shape == (40, 20, 3)
