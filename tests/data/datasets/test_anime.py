"""Laws of the training stream: whole epochs, aligned crops, exact resumption."""

import itertools

import numpy as np
import pytest
from PIL import Image

from animegan_tf.data.datasets.anime import (
    build_anime_dataset,
    build_validation_dataset,
)
from animegan_tf.data.datasets.unconditional import build_image_dataset
from animegan_tf.data.targets.cache import compute_targets
from animegan_tf.data.targets.edge_smoothing import luminance, smooth_edges

KEYS = {"photo", "target", "anime", "anime_gray", "anime_smooth"}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(0)
    paths = []
    for k, size in enumerate([(20, 24), (26, 20), (12, 30), (40, 60), (18, 18)]):
        coarse = rng.integers(0, 256, (6, 6, 3)).astype("uint8")
        paths.append(folder / f"{k}.png")
        Image.fromarray(coarse).resize(size[::-1], Image.NEAREST).save(paths[-1])
    items = compute_targets(
        paths[:3],
        scales=(16, 20),
        function=lambda image: 255 - image,
        fingerprint="negative",
        cache_dir=folder / "cache",
        progress=False,
    )
    return items, paths[2:]


def _build(pictures, **changes):
    settings = {"crop_size": 16, "batch_size": 2, "seed": 5} | changes
    return build_anime_dataset(*pictures, **settings)


def _take(dataset, count):
    return list(itertools.islice(dataset.as_numpy_iterator(), count))


def _assert_equal(batches, others):
    assert len(batches) == len(others)
    for batch, other in zip(batches, others, strict=True):
        assert set(batch) == set(other)
        for name in batch:
            np.testing.assert_array_equal(batch[name], other[name], err_msg=name)


def test_batches_have_the_promised_keys_shapes_types_and_range(pictures):
    dataset = _build(pictures)
    spec = dataset.element_spec
    assert set(spec) == KEYS
    for batch in _take(dataset, 4):
        for name, values in batch.items():
            channels = 1 if name in ("anime_gray", "anime_smooth") else 3
            assert values.shape == spec[name].shape == (2, 16, 16, channels)
            assert values.dtype == np.float32
            assert values.min() >= -1.0 and values.max() <= 1.0
        assert batch["photo"].std() > 0.1 and batch["anime"].std() > 0.1


def test_photo_and_target_are_cut_alike(pictures):
    for batch in _take(_build(pictures), 4):
        np.testing.assert_allclose(batch["target"], -batch["photo"], atol=1e-6)


def test_grey_is_the_luminance_of_the_same_crop_and_smooth_its_softened_copy(pictures):
    (batch,) = _take(_build(pictures, batch_size=6), 1)
    np.testing.assert_allclose(
        batch["anime_gray"], luminance(batch["anime"]), atol=1e-5
    )
    smooth = smooth_edges((batch["anime_gray"] + 1.0) * 127.5) / 127.5 - 1.0
    np.testing.assert_allclose(batch["anime_smooth"], smooth, atol=1e-5)
    assert np.abs(batch["anime_smooth"] - batch["anime_gray"]).max() > 0.1


def test_the_seed_decides_everything(pictures):
    first = _take(_build(pictures), 3)
    _assert_equal(first, _take(_build(pictures), 3))
    # Neither does it matter how much is kept in memory.
    _assert_equal(first, _take(_build(pictures, memory_budget=0), 3))
    other = _take(_build(pictures, seed=6), 3)
    assert not np.array_equal(first[0]["photo"], other[0]["photo"])
    assert not np.array_equal(first[0]["anime"], other[0]["anime"])


@pytest.mark.parametrize("start_step", [1, 7])
def test_a_resumed_stream_equals_the_unbroken_one(pictures, start_step):
    whole = _take(_build(pictures), start_step + 4)
    _assert_equal(whole[start_step:], _take(_build(pictures, start_step=start_step), 4))


@pytest.mark.parametrize("crop_size", [8, 32])
def test_pictures_larger_and_smaller_than_the_crop_both_work(pictures, crop_size):
    (batch,) = _take(_build(pictures, crop_size=crop_size, batch_size=6), 1)
    assert batch["anime"].shape == batch["photo"].shape == (6, crop_size, crop_size, 3)


def test_senseless_arguments_are_refused(pictures):
    items, style = pictures
    with pytest.raises(ValueError, match="`target_items` must not be empty"):
        build_anime_dataset([], style, crop_size=16, batch_size=1, seed=0)
    with pytest.raises(ValueError, match="`style_paths` must not be empty"):
        build_anime_dataset(items, [], crop_size=16, batch_size=1, seed=0)
    for changes in (
        {"crop_size": 2},
        {"batch_size": 0},
        {"start_step": -1},
        {"style_scales": (0.0, 1.0)},
    ):
        (name,) = changes
        with pytest.raises(ValueError, match=f"`{name}` must .*Received: {name}="):
            _build(pictures, **changes)


def _build_images(pictures, **changes):
    settings = {"image_size": 8, "batch_size": 3, "seed": 5} | changes
    return build_image_dataset(pictures[1], **settings)


def test_image_batches_have_the_promised_shape_type_and_range(pictures):
    dataset = _build_images(pictures)
    assert set(dataset.element_spec) == {"image"}
    for batch in _take(dataset, 3):
        assert batch["image"].shape == (3, 8, 8, 3)
        assert batch["image"].shape == dataset.element_spec["image"].shape
        assert batch["image"].dtype == np.float32
        assert batch["image"].min() >= -1.0 and batch["image"].max() <= 1.0
        assert batch["image"].std() > 0.1


def test_square_pictures_of_the_right_size_come_unchanged_but_for_the_mirror(tmp_path):
    picture = np.random.default_rng(0).integers(0, 256, (8, 8, 3)).astype("uint8")
    Image.fromarray(picture).save(tmp_path / "a.png")
    settings = {"image_size": 8, "batch_size": 16, "seed": 5}
    straight = picture.astype("float32") / 127.5 - 1.0
    (batch,) = _take(build_image_dataset([tmp_path / "a.png"], **settings), 1)
    mirrored = [np.allclose(image, straight[:, ::-1]) for image in batch["image"]]
    kept = [np.allclose(image, straight) for image in batch["image"]]
    assert all(a != b for a, b in zip(mirrored, kept, strict=True))
    assert any(mirrored) and any(kept)
    dataset = build_image_dataset([tmp_path / "a.png"], flip=False, **settings)
    (batch,) = _take(dataset, 1)
    np.testing.assert_allclose(batch["image"], np.stack([straight] * 16), atol=1e-6)


@pytest.mark.parametrize("start_step", [1, 7])
def test_a_resumed_image_stream_equals_the_unbroken_one(pictures, start_step):
    whole = _take(_build_images(pictures), start_step + 3)
    resumed = _take(_build_images(pictures, start_step=start_step), 3)
    _assert_equal(whole[start_step:], resumed)


def test_senseless_arguments_of_images_are_refused(pictures):
    with pytest.raises(ValueError, match="`paths` must not be empty"):
        build_image_dataset([], image_size=8, batch_size=1, seed=0)
    for changes in ({"image_size": 0}, {"batch_size": 0}, {"start_step": -1}):
        (name,) = changes
        with pytest.raises(ValueError, match=f"`{name}` must .*Received: {name}="):
            _build_images(pictures, **changes)


def test_validation_shows_every_item_once_and_always_the_same_middle(pictures):
    items, _ = pictures
    batches = list(build_validation_dataset(items, crop_size=8).as_numpy_iterator())
    assert len(batches) == len(items)
    for batch, item in zip(batches, items, strict=True):
        photo = np.asarray(Image.open(item.photo_file))
        top, left = ((side - 8) // 2 for side in photo.shape[:2])
        middle = photo[top : top + 8, left : left + 8]
        assert set(batch) == {"photo", "target"}
        np.testing.assert_allclose(batch["photo"], middle[None] / 127.5 - 1, atol=1e-6)
        np.testing.assert_allclose(batch["target"], -batch["photo"], atol=1e-6)
        assert batch["photo"].dtype == np.float32
    again = build_validation_dataset(items, crop_size=8)
    _assert_equal(batches, list(again.as_numpy_iterator()))


def test_validation_takes_photos_smaller_than_the_crop(pictures):
    dataset = build_validation_dataset(pictures[0], crop_size=32)
    assert dataset.element_spec["photo"].shape == (1, 32, 32, 3)
    for batch in dataset.as_numpy_iterator():
        np.testing.assert_allclose(batch["target"], -batch["photo"], atol=1e-6)


def test_senseless_validation_is_refused(pictures):
    with pytest.raises(ValueError, match="`target_items` must not be empty"):
        build_validation_dataset([], crop_size=8)
    with pytest.raises(ValueError, match="`crop_size` must be at least 1"):
        build_validation_dataset(pictures[0], crop_size=0)
