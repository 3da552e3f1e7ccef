"""The style probe: its input, its predictions, cross-validation and files."""

import json

import keras
import numpy as np
import pytest

from animegan_tf.evaluation import fit_style_probe, load_style_probe
from animegan_tf.evaluation.style_probe import (
    assign_folds,
    channel_statistics,
    crop_source,
    probe_input,
)
from animegan_tf.imaging.arrays import to_float
from animegan_tf.imaging.writing import write_image


def stripes(seed, *, vertical=True, size=16):
    random = np.random.default_rng(seed)
    row = random.integers(0, 256, size).astype("uint8")
    image = np.repeat(np.tile(row, (size, 1))[..., np.newaxis], 3, axis=-1)
    return image if vertical else image.transpose(1, 0, 2)


def noise(seed, size=(16, 16)):
    return np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype="uint8")


@pytest.fixture(scope="module")
def classes():
    return {
        "vertical": [stripes(seed) for seed in range(12)],
        "horizontal": [stripes(seed, vertical=False) for seed in range(12, 22)],
        "noise": [noise(seed) for seed in range(12)],
    }


@pytest.fixture(scope="module")
def probe(classes, edge_network):
    return fit_style_probe(classes, edge_network, size=16, penalty=1.0)


def test_gray_input_has_a_fixed_mean_and_deviation():
    levels = (probe_input(noise(0), size=16) + 1.0) * 127.5
    assert levels.shape == (16, 16, 3)
    assert levels.mean() == pytest.approx(120.0, abs=1e-3)
    assert levels[..., 0].std() == pytest.approx(50.0, abs=1e-3)


def test_gray_input_does_not_depend_on_brightness_contrast_or_color():
    image = noise(0) // 4 * 2
    brighter = probe_input(image // 2 + 90, size=16)
    np.testing.assert_allclose(probe_input(image, size=16), brighter, atol=1e-5)
    # Of equal luma, since 0.299 r = 0.587 g.
    red, green = np.zeros((2, 16, 16, 3))
    red[..., 0], green[..., 1] = image[..., 0] / 2, image[..., 0] / 2 * 0.299 / 0.587
    inputs = [probe_input(colored, size=16) for colored in (red, green)]
    np.testing.assert_allclose(*inputs, atol=1e-5)


def test_amplification_of_a_uniform_image_is_limited():
    image = np.full((16, 16, 3), 100, np.uint8)
    image[::2] = 102
    levels = (probe_input(image, size=16) + 1.0) * 127.5
    # A deviation of 1 is amplified like one of 5, which becomes 50.
    assert levels[..., 0].std() == pytest.approx(10.0, abs=1e-3)


def test_color_input_is_the_center_of_the_image():
    wide, high = noise(0, (16, 24)), noise(0, (25, 16))
    for image, center in ((wide, wide[:, 4:20]), (high, high[4:20])):
        shown = probe_input(image, gray=False, size=16)
        np.testing.assert_allclose(shown, to_float(center), atol=1e-6)


@pytest.mark.parametrize("shape", [(8, 11), (33, 16), (500, 333), (17, 999)])
def test_images_of_any_size_are_resized(shape):
    assert probe_input(noise(0, shape), size=16).shape == (16, 16, 3)


def test_statistics_worked_by_hand(edge_network):
    # Columns of -1 and 1: differences two pixels apart are 0, and the brightness plus 1
    # is 0 and 2, with mean 1 and deviation 1.
    image = np.zeros((16, 16, 3), np.uint8)
    image[:, 1::2] = 255
    statistics = channel_statistics([image], edge_network, gray=False, size=16)
    expected = np.log(np.array([[0, 0, 1, 0, 0, 1]]) + 0.1)
    np.testing.assert_allclose(statistics, expected, atol=1e-4)


def test_statistics_of_an_image_do_not_depend_on_the_batch(edge_network):
    images = [noise(seed) for seed in range(11)]
    together = channel_statistics(iter(images), edge_network, size=16)
    alone = [channel_statistics([image], edge_network, size=16) for image in images]
    np.testing.assert_allclose(together, np.concatenate(alone), atol=1e-5)
    with pytest.raises(ValueError, match="at least one image"):
        channel_statistics([], edge_network)


def test_unseen_images_are_classified(probe):
    assert probe.classes == ("vertical", "horizontal", "noise")
    assert probe.validation.accuracy > 0.95
    expected = {"vertical": 12, "horizontal": 10, "noise": 12}
    assert probe.validation.num_images == expected
    for means in probe.validation.mean_probability.values():
        assert sum(means.values()) == pytest.approx(1.0)
    probabilities = probe.probabilities([stripes(50), noise(51)])
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)
    assert probabilities.argmax(axis=1).tolist() == [0, 2]


def test_score_is_the_mean_probability_and_the_share_of_the_most_likely(probe):
    images = [stripes(50), stripes(51), stripes(52), noise(53)]
    score = probe.score(iter(images), "vertical")
    expected = probe.probabilities(images)[:, 0].mean()
    assert score["probability"] == pytest.approx(expected)
    assert score["share"] == 0.75
    with pytest.raises(ValueError, match="one of vertical, horizontal, noise.*'comic'"):
        probe.score(images, "comic")


def test_statistics_are_standardized_over_the_fitted_images(probe, classes):
    images = [image for images in classes.values() for image in images]
    statistics = probe.statistics(images)
    np.testing.assert_allclose(statistics.mean(axis=0), 0.0, atol=1e-6)
    np.testing.assert_allclose(statistics.std(axis=0), 1.0, atol=1e-6)


def test_crops_of_one_image_are_in_one_fold(edge_network, tmp_path):
    # Two classes of the same distribution, with each image three times: a probe can
    # only recognize copies, which groups keep out of the fold.
    folders = {}
    for name, first in (("a", 0), ("b", 100)):
        folders[name] = tmp_path / name
        folders[name].mkdir()
        for seed in range(first, first + 16):
            for crop in range(3):
                path = folders[name] / f"{seed}_t{crop}.png"
                write_image(noise(seed, (8, 8)), path)
    options = {"size": 8, "penalty": 1e-4, "num_folds": 4}
    grouped = fit_style_probe(folders, edge_network, **options)
    mixed = fit_style_probe(
        folders, edge_network, group=lambda path: path.name, **options
    )
    assert grouped.validation.accuracy < 0.75
    assert mixed.validation.accuracy > grouped.validation.accuracy + 0.15


def test_classes_have_the_same_weight_whatever_their_sizes(edge_network):
    a, b = [noise(seed) for seed in range(8)], [noise(seed) for seed in range(8, 16)]
    options = {"size": 16, "num_folds": 0}
    even = fit_style_probe({"a": a * 2, "b": b * 2}, edge_network, **options)
    images = [noise(seed) for seed in range(30, 40)]
    uneven = fit_style_probe({"a": a * 9, "b": b}, edge_network, **options)
    for probe in (even, uneven):
        mean = probe.probabilities(images).mean(axis=0)
        assert mean == pytest.approx([0.5, 0.5], abs=0.1)
    assert even.validation is None


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("lake_t0.jpg", "lake"),
        ("lake_t12.png", "lake"),
        ("room_003_01.jpg", "room"),
        ("lake.jpg", "lake"),
        ("lake_1.jpg", "lake_1"),
        ("boat_t.jpg", "boat_t"),
        ("folder/lake_t0.jpg", "lake"),
    ],
)
def test_crops_are_recognized_by_their_names(name, source):
    assert crop_source(name) == source


def test_folds_are_even_and_keep_groups_together():
    groups = ["a"] * 3 + ["b"] * 3 + list("cdefgh")
    folds = assign_folds(groups, 3, np.random.default_rng(0))
    assert np.bincount(folds).tolist() == [4, 4, 4]
    assert len(set(folds[:3])) == len(set(folds[3:6])) == 1
    with pytest.raises(ValueError, match="groups of images, 8.*num_folds=9"):
        assign_folds(groups, 9, np.random.default_rng(0))


def test_a_saved_probe_gives_the_same_probabilities(probe, edge_network, tmp_path):
    path = probe.save(tmp_path / "probe.npz")
    files = sorted(file.name for file in tmp_path.iterdir())
    assert files == ["probe.json", "probe.npz"]
    loaded = load_style_probe(path, edge_network)
    images = [stripes(60), noise(61)]
    expected = probe.probabilities(images)
    np.testing.assert_array_equal(loaded.probabilities(images), expected)
    assert loaded.validation == probe.validation
    assert (loaded.classes, loaded.gray, loaded.size) == (probe.classes, True, 16)


def test_a_probe_of_another_network_is_refused(probe, edge_network, tmp_path):
    path = probe.save(tmp_path / "probe.npz")
    outputs = {"other": edge_network.output["edges"]}
    other = keras.Model(edge_network.input, outputs, name="edges")
    with pytest.raises(ValueError, match="'edges' with the layers edges.*with other"):
        load_style_probe(path, other)


def test_damaged_files_are_refused(probe, edge_network, tmp_path):
    path = probe.save(tmp_path / "probe.npz")
    description = json.loads(path.with_suffix(".json").read_text())
    for change in ({"classes": ["a"]}, {"classes": None}):
        text = json.dumps({**description, **change})
        path.with_suffix(".json").write_text(text)
        with pytest.raises(ValueError, match="Not a style probe"):
            load_style_probe(path, edge_network)
    path.with_suffix(".json").unlink()
    with pytest.raises(FileNotFoundError, match=r"probe\.json"):
        load_style_probe(path, edge_network)
    with pytest.raises(ValueError, match="must end in .npz"):
        probe.save(tmp_path / "probe.h5")


def test_fewer_than_two_classes_and_empty_ones_are_refused(edge_network):
    with pytest.raises(ValueError, match="at least two classes. Received: a"):
        fit_style_probe({"a": [noise(0)]}, edge_network)
    with pytest.raises(ValueError, match=r"classes\['b'\]"):
        fit_style_probe({"a": [noise(0)], "b": []}, edge_network)
