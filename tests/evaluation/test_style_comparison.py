"""Laws of comparing styles: the own set is nearest, plots need no display."""

import os
import subprocess
import sys

import keras
import matplotlib
import numpy as np
import pytest
from keras import layers
from PIL import Image

from animegan_tf.evaluation.style import StyleStatistics, style_statistics
from animegan_tf.evaluation.style_comparison import (
    compare_styles,
    plot_styles,
    style_features,
)
from animegan_tf.imaging.writing import write_image


def lines(seed, vertical=True):
    """Draw strokes of one direction on light ground."""
    columns = np.random.default_rng(seed).random(32) < 0.3
    row = np.where(columns, 20, 220).astype("uint8")
    image = np.repeat(np.tile(row, (32, 1))[..., np.newaxis], 3, axis=-1)
    return image if vertical else image.transpose(1, 0, 2)


@pytest.fixture(scope="module")
def feature_extractor():
    """Build a network of the two directions' differences and their products."""
    image = keras.Input((None, None, 3))
    layer = layers.Conv2D(4, 3, padding="same", activation="relu")
    model = keras.Model(image, {"edges": layer(image)})
    kernel = np.zeros((3, 3, 3, 4), "float32")
    kernel[1, 0, 0, 0], kernel[1, 2, 0, 0] = -1.0, 1.0
    kernel[1, 0, 0, 1], kernel[1, 2, 0, 1] = 1.0, -1.0
    kernel[0, 1, 0, 2], kernel[2, 1, 0, 2] = -1.0, 1.0
    kernel[1, 1, :, 3] = 1 / 3
    layer.set_weights([kernel, np.zeros(4, "float32")])
    return model


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "style"
    folder.mkdir()
    for seed in range(3):
        write_image(lines(seed), folder / f"{seed}.png")
    return folder


def assert_same(statistics, other):
    assert statistics.num_pictures == other.num_pictures
    for kind in ("correlation", "plain"):
        for layer, matrix in getattr(statistics, kind).items():
            np.testing.assert_array_equal(matrix, getattr(other, kind)[layer])


def test_arrays_paths_and_folders_have_the_same_features(folder, feature_extractor):
    expected = style_statistics([lines(k) for k in range(3)], feature_extractor)
    paths = sorted(folder.iterdir())
    for pictures in (
        folder,
        str(folder),
        [folder],
        paths,
        [lines(0), *paths[1:]],
        np.stack([lines(k) for k in range(3)]),
        (lines(k) for k in range(3)),
    ):
        assert_same(style_features(pictures, feature_extractor), expected)


def test_one_picture_is_a_set_too(folder, feature_extractor):
    expected = style_statistics([lines(1)], feature_extractor)
    assert_same(style_features(lines(1), feature_extractor), expected)
    assert_same(style_features(folder / "1.png", feature_extractor), expected)


def test_set_of_the_style_is_nearer_than_another(folder, feature_extractor):
    sets = {
        "across": [lines(7, vertical=False), lines(8, vertical=False)],
        "along": [lines(7), lines(8)],
        "itself": folder,
    }
    distances = compare_styles(sets, folder, feature_extractor)
    assert list(distances) == list(sets)
    for kind in ("correlation", "plain"):
        assert distances["itself"][kind] == pytest.approx(0.0, abs=1e-9)
        assert distances["along"][kind] < 0.5 * distances["across"][kind]


def test_features_extracted_before_give_the_same_distances(folder, feature_extractor):
    sets = {"a": lines(5), "b": [lines(6), lines(7)]}
    extracted = {k: style_features(v, feature_extractor) for k, v in sets.items()}
    target = style_features(folder, feature_extractor)
    assert isinstance(target, StyleStatistics)
    # No network is needed any more.
    again = compare_styles(extracted, target, None)
    assert again == compare_styles(sets, folder, feature_extractor)


@pytest.mark.parametrize(
    ("pictures", "message"),
    [
        ([], "at least one picture"),
        (3, "pictures, paths or folders. Received: int"),
        (np.zeros((4, 4, 3)), "must be uint8 RGB.*float64"),
        (np.zeros((4, 4, 4), "uint8"), r"must be uint8 RGB.*\(4, 4, 4\)"),
    ],
)
def test_what_is_no_picture_is_refused(feature_extractor, pictures, message):
    with pytest.raises(ValueError, match=message):
        style_features(pictures, feature_extractor)


def test_missing_files_and_empty_sets_are_named(tmp_path, feature_extractor):
    with pytest.raises(FileNotFoundError, match=r"gone\.png"):
        style_features([lines(0), tmp_path / "gone.png"], feature_extractor)
    with pytest.raises(ValueError, match="`sets` must hold at least one set"):
        compare_styles({}, lines(0), feature_extractor)
    with pytest.raises(ValueError, match="`distances` must hold at least one set"):
        plot_styles({}, tmp_path / "plot.png")


DISTANCES = {
    "photos": {"correlation": 0.41, "plain": 0.72},
    "comic": {"correlation": 0.12, "plain": 0.31},
}


def test_plot_shows_a_bar_for_each_distance(tmp_path):
    text = plot_styles(DISTANCES, tmp_path / "plot.svg").read_text()
    # matplotlib names what it draws in comments.
    for shown in ("photos", "comic", "0.410", "0.310", "correlation distance"):
        assert f"<!-- {shown} -->" in text


def test_plot_is_a_picture_and_leaves_pyplot_alone(tmp_path):
    before = matplotlib.get_backend()
    path = plot_styles(DISTANCES, tmp_path / "plot.png")
    with Image.open(path) as image:
        assert min(image.size) > 100
    assert matplotlib.get_backend() == before
    assert [p.name for p in tmp_path.iterdir()] == ["plot.png"]


@pytest.mark.slow
def test_plot_needs_no_display(tmp_path):
    code = (
        "from animegan_tf.evaluation.style_comparison import plot_styles;"
        "plot_styles({'a': {'correlation': 0.0, 'plain': 0.0}}, 'plot.png')"
    )
    environment = {k: v for k, v in os.environ.items() if k != "DISPLAY"}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    command = [sys.executable, "-c", code]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True)
    assert (tmp_path / "plot.png").exists()


def test_unknown_format_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"must end in one of.*png.*plot\.xyz"):
        plot_styles(DISTANCES, tmp_path / "plot.xyz")
