"""The target cache: invalidated by changes, never computed twice, resumable."""

import json
import os

import numpy as np
import pytest
from PIL import Image

from animegan_tf.data.image_folder import limit_short_side
from animegan_tf.data.targets.cache import INDEX_NAME, compute_targets
from animegan_tf.imaging.reading import read_image


class Negative:
    """A target function that counts its calls."""

    def __init__(self):
        self.shapes = []

    def __call__(self, image):
        self.shapes.append(image.shape)
        return 255 - image


def _photo(path, height=20, width=30, seed=0):
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (height, width, 3)).astype("uint8")
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def compute(tmp_path):
    def run(paths, function, *, scales=(8, 12), fingerprint="negative 1"):
        return compute_targets(
            paths,
            scales=scales,
            function=function,
            fingerprint=fingerprint,
            cache_dir=tmp_path / "cache",
            workers=2,
            progress=False,
        )

    return run


def test_each_scale_gives_a_downscaled_photo_and_its_target(tmp_path, compute):
    path = _photo(tmp_path / "a.png")
    items = compute([path], Negative(), scales=(12, 8, 64))
    assert [(item.photo, item.scale) for item in items] == [(path, 8), (path, 12)]
    for item in items:
        photo = read_image(item.photo_file)
        expected = limit_short_side(read_image(path), item.scale)
        np.testing.assert_array_equal(photo, expected)
        np.testing.assert_array_equal(read_image(item.target_file), 255 - photo)
        assert min(photo.shape[:2]) == item.scale


def test_a_photo_smaller_than_every_scale_keeps_its_own_size(tmp_path, compute):
    path = _photo(tmp_path / "a.png", height=6, width=9)
    (item,) = compute([path], Negative())
    assert item.scale == 6
    np.testing.assert_array_equal(read_image(item.photo_file), read_image(path))


def test_finished_targets_are_not_computed_again(tmp_path, compute):
    paths = [_photo(tmp_path / f"{k}.png", seed=k) for k in range(3)]
    first = compute(paths, Negative())
    second = Negative()
    assert compute(paths, second) == first
    assert second.shapes == []
    third = Negative()
    assert compute(paths, third, scales=(8, 12, 16))[:2] == first[:2]
    assert [shape[0] for shape in third.shapes] == [16, 16, 16]


def test_another_fingerprint_computes_new_targets_and_keeps_the_old(tmp_path, compute):
    path = _photo(tmp_path / "a.png")
    (old,) = compute([path], Negative(), scales=(8,))
    (new,) = compute([path], lambda image: image, scales=(8,), fingerprint="same")
    assert new.photo_file == old.photo_file
    assert new.target_file != old.target_file
    assert old.target_file.is_file()
    photo = read_image(new.photo_file)
    np.testing.assert_array_equal(read_image(new.target_file), photo)


def test_a_changed_photo_of_the_same_name_is_computed_again(tmp_path, compute):
    path = _photo(tmp_path / "a.png")
    (old,) = compute([path], Negative(), scales=(8,))
    _photo(path, seed=1)
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    (new,) = compute([path], Negative(), scales=(8,))
    assert new.target_file != old.target_file


def test_a_renamed_photo_and_a_copy_use_the_same_files(tmp_path, compute):
    first = _photo(tmp_path / "a.png")
    second = _photo(tmp_path / "b.png")
    negative = Negative()
    items = compute([first, second], negative, scales=(8,))
    assert items[0].target_file == items[1].target_file
    assert [item.photo for item in items] == [first, second]
    assert len(negative.shapes) == 1


def test_an_interrupted_run_continues_where_it_stopped(tmp_path, compute):
    paths = [_photo(tmp_path / f"{k}.png", 20, 20 + k, seed=k) for k in range(4)]

    def fail_on_the_last(image):
        if image.shape[1] > image.shape[0] and image.shape == (20, 23, 3):
            raise RuntimeError("out of ink")
        return 255 - image

    with pytest.raises(ValueError, match="`function` failed on .*3.png.*out of ink"):
        compute(paths, fail_on_the_last, scales=(20,))
    done = len(list((tmp_path / "cache").glob("*-target.png")))
    negative = Negative()
    items = compute(paths, negative, scales=(20,))
    assert len(negative.shapes) == 4 - done
    assert all(item.target_file.is_file() for item in items)
    names = {path.name for path in (tmp_path / "cache").iterdir()}
    assert not {name for name in names if name.startswith(".")}


def test_missing_and_empty_files_are_computed_again(tmp_path, compute):
    path = _photo(tmp_path / "a.png")
    items = compute([path], Negative())
    items[0].photo_file.unlink()
    items[1].target_file.write_bytes(b"")
    assert compute([path], Negative()) == items
    for item in items:
        photo = read_image(item.photo_file)
        np.testing.assert_array_equal(read_image(item.target_file), 255 - photo)


@pytest.mark.parametrize("damage", ["{", "[]", '{"x": 1}'])
def test_a_damaged_index_is_rebuilt(tmp_path, compute, damage):
    path = _photo(tmp_path / "a.png")
    items = compute([path], Negative())
    index = tmp_path / "cache" / INDEX_NAME
    index.write_text(damage)
    assert compute([path], Negative()) == items
    assert str(path.resolve()) in json.loads(index.read_text())


@pytest.mark.parametrize(
    "function", [lambda image: image[1:], lambda image: image / 255.0]
)
def test_a_function_of_another_shape_or_dtype_is_rejected(tmp_path, compute, function):
    path = _photo(tmp_path / "a.png")
    with pytest.raises(ValueError, match="`function` must return uint8 of shape"):
        compute([path], function)


def test_invalid_scales_and_unreadable_photos_are_rejected(tmp_path, compute):
    path = _photo(tmp_path / "a.png")
    for scales in ((), (0, 8)):
        with pytest.raises(ValueError, match="`scales` must be positive"):
            compute([path], Negative(), scales=scales)
    path.write_text("no image")
    with pytest.raises(ValueError, match="Not an image .*a.png"):
        compute([path], Negative())
    with pytest.raises(FileNotFoundError):
        compute([tmp_path / "absent.png"], Negative())


def test_progress_is_shown_only_on_request(tmp_path, capfd):
    path = _photo(tmp_path / "a.png")
    for progress, name in ((True, "one"), (False, "two")):
        compute_targets(
            [path],
            scales=(8,),
            function=Negative(),
            fingerprint="",
            cache_dir=tmp_path / name,
            progress=progress,
        )
        assert ("1/1" in capfd.readouterr().err) == progress
