"""Datasets of image files: batches, alignment, seeds and exact resumption."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from animegan_tf.data.datasets.anime import (
    build_anime_dataset,
    build_validation_dataset,
)
from animegan_tf.data.datasets.paired import build_paired_dataset, read_pair_squares
from animegan_tf.data.datasets.restoration import (
    build_restoration_dataset,
    read_degraded_squares,
)
from animegan_tf.data.datasets.unconditional import build_image_dataset
from animegan_tf.data.datasets.unpaired import build_unpaired_dataset
from animegan_tf.data.datasets.varied_crops import build_varied_dataset, vary_colors
from animegan_tf.data.image_pairs import Pair
from animegan_tf.data.targets.cache import compute_targets
from animegan_tf.data.targets.edge_smoothing import luminance, smooth_edges
from animegan_tf.imaging.writing import write_image

COLOR, GRAY = (2, 16, 16, 3), (2, 16, 16, 1)
SHAPES = {
    "anime": {
        "photo": COLOR,
        "target": COLOR,
        "anime": COLOR,
        "anime_gray": GRAY,
        "anime_smooth": GRAY,
    },
    "paired": {"photo": COLOR, "target": COLOR},
    "restoration": {"photo": COLOR, "target": COLOR},
    "unconditional": {"image": COLOR},
    "unpaired": {"photo": COLOR, "anime": COLOR},
    "varied": {"image": COLOR},
}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Five images of different sizes, their negatives, and targets of three."""
    folder = tmp_path_factory.mktemp("images")
    rng = np.random.default_rng(0)
    paths, negatives = [], []
    for k, size in enumerate([(20, 24), (26, 20), (12, 30), (40, 60), (18, 18)]):
        coarse = Image.fromarray(rng.integers(0, 256, (6, 6, 3)).astype("uint8"))
        image = np.asarray(coarse.resize(size[::-1], Image.NEAREST))
        paths.append(folder / f"{k}.png")
        negatives.append(folder / f"{k}_negative.png")
        write_image(image, paths[-1])
        write_image(255 - image, negatives[-1])
    items = compute_targets(
        paths[:3],
        scales=(16, 20),
        function=lambda image: 255 - image,
        fingerprint="negative",
        cache_dir=folder / "cache",
        progress=False,
    )
    pairs = [Pair(*pair) for pair in zip(paths, negatives, strict=True)]
    return SimpleNamespace(paths=paths, items=items, pairs=pairs)


def build(name, files, **changes):
    options = {"crop_size": 16, "batch_size": 2, "seed": 5} | changes
    if name == "anime":
        return build_anime_dataset(files.items, files.paths[2:], **options)
    if name == "paired":
        return build_paired_dataset(files.pairs, **options)
    if name == "restoration":
        options = {"degradations": ("noise",)} | options
        return build_restoration_dataset(files.paths, **options)
    if name == "unconditional":
        return build_image_dataset(
            files.paths, image_size=options.pop("crop_size"), **options
        )
    if name == "unpaired":
        return build_unpaired_dataset(files.paths[:3], files.paths[3:], **options)
    return build_varied_dataset(files.paths, **options)


def take(dataset, count):
    return list(itertools.islice(dataset.as_numpy_iterator(), count))


@pytest.fixture(scope="module")
def first_batches(files):
    """A function from the name of a dataset to its first 9 batches."""
    found = {}

    def batches(name):
        if name not in found:
            dataset = build(name, files)
            spec = {key: value.shape for key, value in dataset.element_spec.items()}
            assert spec == SHAPES[name]
            found[name] = take(dataset, 9)
        return found[name]

    return batches


def assert_equal_batches(batches, others):
    for batch, other in zip(batches, others, strict=True):
        assert set(batch) == set(other)
        for name in batch:
            np.testing.assert_array_equal(batch[name], other[name], err_msg=name)


@pytest.mark.parametrize("name", SHAPES)
def test_batches_have_the_documented_keys_shapes_dtypes_and_range(first_batches, name):
    for batch in first_batches(name):
        assert {key: values.shape for key, values in batch.items()} == SHAPES[name]
        for values in batch.values():
            assert values.dtype == np.float32
            assert values.min() >= -1.0 and values.max() <= 1.0
        assert batch["image" if "image" in batch else "photo"].std() > 0.1


@pytest.mark.parametrize("name", SHAPES)
def test_a_resumed_dataset_equals_the_uninterrupted_one_with_any_cache(
    files, first_batches, name
):
    resumed = take(build(name, files, start_step=7, memory_budget=0), 2)
    assert_equal_batches(first_batches(name)[7:], resumed)


@pytest.mark.parametrize("name", SHAPES)
def test_another_seed_gives_other_batches(files, first_batches, name):
    (other,) = take(build(name, files, seed=6), 1)
    for key, values in first_batches(name)[0].items():
        assert not np.array_equal(values, other[key])


@pytest.mark.parametrize("name", SHAPES)
def test_numbers_out_of_range_are_rejected(files, name):
    for changes in ({"crop_size": 0}, {"batch_size": 0}, {"start_step": -1}):
        (argument,) = changes
        if (name, argument) == ("unconditional", "crop_size"):
            argument = "image_size"
        message = f"`{argument}` must be at least .*Received: {argument}="
        with pytest.raises(ValueError, match=message):
            build(name, files, **changes)


def test_empty_lists_are_rejected(files):
    nothing = SimpleNamespace(paths=[], items=[], pairs=[])
    for name, argument in (
        ("anime", "style_paths"),
        ("paired", "pairs"),
        ("restoration", "paths"),
        ("unconditional", "paths"),
        ("unpaired", "photo_paths"),
        ("varied", "paths"),
    ):
        with pytest.raises(ValueError, match=f"`{argument}` must not be empty"):
            build(name, nothing)
    options = {"crop_size": 16, "batch_size": 1, "seed": 0}
    with pytest.raises(ValueError, match="`target_items` must not be empty"):
        build_anime_dataset([], files.paths, **options)
    with pytest.raises(ValueError, match="`style_paths` must not be empty"):
        build_unpaired_dataset(files.paths, [], **options)
    with pytest.raises(ValueError, match="`target_items` must not be empty"):
        build_validation_dataset([], crop_size=8)


@pytest.mark.parametrize("changes", [{"crop_size": 2}, {"style_scales": (0.0, 1.0)}])
def test_invalid_options_of_the_anime_dataset_are_rejected(files, changes):
    (name,) = changes
    with pytest.raises(ValueError, match=f"`{name}` must .*Received: {name}="):
        build("anime", files, **changes)


def test_photo_and_target_have_the_same_crop(first_batches):
    for batch in first_batches("anime"):
        np.testing.assert_allclose(batch["target"], -batch["photo"], atol=1e-6)


def test_gray_images_are_the_luminance_and_smooth_ones_have_soft_edges(first_batches):
    batches = first_batches("anime")
    batch = {key: np.concatenate([b[key] for b in batches]) for key in batches[0]}
    gray = batch["anime_gray"]
    np.testing.assert_allclose(gray, luminance(batch["anime"]), atol=1e-5)
    smooth = smooth_edges((gray + 1.0) * 127.5) / 127.5 - 1.0
    np.testing.assert_allclose(batch["anime_smooth"], smooth, atol=1e-5)
    assert np.abs(batch["anime_smooth"] - gray).max() > 0.1


@pytest.mark.parametrize("crop_size", [8, 32])
def test_images_larger_and_smaller_than_the_crop_are_accepted(files, crop_size):
    (batch,) = take(build("anime", files, crop_size=crop_size, batch_size=6), 1)
    assert batch["anime"].shape == batch["photo"].shape == (6, crop_size, crop_size, 3)


def test_validation_gives_the_center_crop_of_every_item_in_order(files):
    batches = list(
        build_validation_dataset(files.items, crop_size=8).as_numpy_iterator()
    )
    for batch, item in zip(batches, files.items, strict=True):
        photo = np.asarray(Image.open(item.photo_file))
        top, left = ((side - 8) // 2 for side in photo.shape[:2])
        center = photo[top : top + 8, left : left + 8]
        assert set(batch) == {"photo", "target"}
        np.testing.assert_allclose(batch["photo"], center[None] / 127.5 - 1, atol=1e-6)
        np.testing.assert_allclose(batch["target"], -batch["photo"], atol=1e-6)
        assert batch["photo"].dtype == np.float32
    again = build_validation_dataset(files.items, crop_size=8)
    assert_equal_batches(batches, list(again.as_numpy_iterator()))


def test_validation_accepts_photos_smaller_than_the_crop(files):
    dataset = build_validation_dataset(files.items, crop_size=32)
    assert dataset.element_spec["photo"].shape == (1, 32, 32, 3)
    for batch in dataset.as_numpy_iterator():
        np.testing.assert_allclose(batch["target"], -batch["photo"], atol=1e-6)
    with pytest.raises(ValueError, match="`crop_size` must be at least 1"):
        build_validation_dataset(files.items, crop_size=0)


def test_square_images_of_the_right_size_are_only_flipped(tmp_path):
    square = np.random.default_rng(0).integers(0, 256, (8, 8, 3)).astype("uint8")
    write_image(square, tmp_path / "a.png")
    options = {"image_size": 8, "batch_size": 16, "seed": 5}
    original = square.astype("float32") / 127.5 - 1.0
    (batch,) = take(build_image_dataset([tmp_path / "a.png"], **options), 1)
    flipped = [np.allclose(image, original[:, ::-1]) for image in batch["image"]]
    kept = [np.allclose(image, original) for image in batch["image"]]
    assert all(a != b for a, b in zip(flipped, kept, strict=True))
    assert any(flipped) and any(kept)
    dataset = build_image_dataset([tmp_path / "a.png"], flip=False, **options)
    (batch,) = take(dataset, 1)
    np.testing.assert_allclose(batch["image"], np.stack([original] * 16), atol=1e-6)


@pytest.mark.parametrize("crop_size", [8, 16, 32])
def test_both_images_of_a_pair_have_the_same_crop(files, crop_size):
    dataset = build("paired", files, crop_size=crop_size, coverage=(0.5, 1.0))
    for batch in take(dataset, 4):
        assert batch["photo"].shape == (2, crop_size, crop_size, 3)
        # Rounding may add a level to an image and its resized negative.
        np.testing.assert_allclose(batch["target"], -batch["photo"], atol=0.017)


def test_pair_squares_are_the_centers(tmp_path):
    image = np.zeros((8, 24, 3), np.uint8)
    image[:, 8:16] = 255
    write_image(image, tmp_path / "a.png")
    squares = read_pair_squares([Pair(tmp_path / "a.png", tmp_path / "a.png")], 8)
    for name in ("photo", "target"):
        np.testing.assert_array_equal(squares[name], np.ones((1, 8, 8, 3)))


def deviations(batches):
    """Measure how far each photo is from its target."""
    return np.concatenate([(b["photo"] - b["target"]).std((1, 2, 3)) for b in batches])


def test_a_single_degradation_is_applied_to_every_photo(files):
    found = deviations(take(build("restoration", files), 20))
    assert found.min() > 0.0
    # The strongest noise has 20 of 127.5 levels, 0.157, in the mean of many pixels.
    assert 0.05 < found.max() < 0.18


def test_each_of_two_degradations_is_applied_to_half_of_the_photos(files):
    dataset = build("restoration", files, degradations=("noise", "holes"), batch_size=8)
    assert 0.12 < np.mean(deviations(take(dataset, 10)) == 0.0) < 0.4


def test_the_same_image_is_degraded_differently_each_time(files):
    one = SimpleNamespace(paths=files.paths[:1])
    first, second = take(build("restoration", one, coverage=(1.0, 1.0), flip=False), 2)
    assert not np.array_equal(first["photo"], second["photo"])


def test_without_degradations_photo_and_target_are_equal(files):
    (batch,) = take(build("restoration", files, degradations=()), 1)
    np.testing.assert_array_equal(batch["photo"], batch["target"])


def test_degraded_squares_are_the_same_every_time(files):
    first = read_degraded_squares(files.paths, 16, ("noise", "holes"), seed=3)
    again = read_degraded_squares(files.paths, 16, ("noise", "holes"), seed=3)
    assert_equal_batches([first], [again])
    assert first["photo"].shape == first["target"].shape == (5, 16, 16, 3)
    assert np.abs(first["photo"] - first["target"]).mean() > 0.02


def test_unknown_degradations_are_rejected(files):
    with pytest.raises(ValueError, match="`kinds`"):
        build("restoration", files, degradations=("rust",))


def test_unpaired_photos_and_style_images_have_independent_epochs(tmp_path):
    paths = {level: tmp_path / f"{level}.png" for level in (10, 20, 30, 210, 220)}
    for level, path in paths.items():
        write_image(np.full((20, 24, 3), level, np.uint8), path)
    paths = list(paths.values())
    dataset = build_unpaired_dataset(
        paths[:3], paths[3:], crop_size=16, batch_size=1, seed=5
    )
    batches = take(dataset, 6)
    photos = [round((b["photo"].mean() + 1) * 127.5) for b in batches]
    styles = [round((b["anime"].mean() + 1) * 127.5) for b in batches]
    assert sorted(photos[:3]) == sorted(photos[3:]) == [10, 20, 30]
    for start in (0, 2, 4):
        assert sorted(styles[start : start + 2]) == [210, 220]


def test_about_a_third_of_the_images_become_gray():
    image = np.random.default_rng(0).uniform(-0.5, 0.5, (8, 8, 3)).astype("float32")
    varied = np.stack([vary_colors(image, (0, i)).numpy() for i in range(200)])
    gray = np.ptp(varied, axis=-1).max(axis=(1, 2)) < 1e-5
    assert 0.25 < gray.mean() < 0.45
    assert np.abs(varied).max() <= 1.0


def test_colors_depend_on_the_seed_alone_eagerly_and_in_a_graph():
    image = np.random.default_rng(0).uniform(-1, 1, (6, 5, 3)).astype("float32")
    first = vary_colors(image, (3, 4)).numpy()
    np.testing.assert_allclose(
        tf.function(vary_colors)(tf.constant(image), tf.constant([3, 4])),
        first,
        atol=1e-6,
    )
    assert not np.allclose(first, vary_colors(image, (3, 5)))
