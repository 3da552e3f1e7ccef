"""Style statistics, distances between styles, and their plot."""

import os
import subprocess
import sys

import matplotlib
import numpy as np
import pytest
from PIL import Image

from animegan_tf.evaluation import (
    StyleStatistics,
    compare_styles,
    plot_styles,
    pooled_features,
    style_distance,
    style_features,
    style_statistics,
)
from animegan_tf.imaging.writing import write_image


def test_style_is_that_of_the_gray_top_left_square_at_a_short_side_of_256(recorder):
    image = np.zeros((300, 700, 3), dtype="uint8")
    image[:, :300] = 255, 0, 0
    style_statistics([image], recorder)
    (seen,) = recorder.inputs
    assert seen.shape == (1, 256, 256, 3)
    assert seen.dtype == np.float32
    # The crop ends at column 300 of the source, inside the red.
    expected = 0.299 * 2 - 1
    np.testing.assert_allclose(seen[:, :, :250], expected, atol=1e-6)
    np.testing.assert_array_equal(seen[..., 0], seen[..., 2])


def test_style_statistics_are_means_over_the_set(feature_extractor, blocks):
    images = [blocks(seed) for seed in range(2)]
    both = style_statistics(iter(images), feature_extractor)
    single = [style_statistics([image], feature_extractor) for image in images]
    assert both.num_images == 2
    for kind in ("correlation", "plain"):
        for layer, matrix in getattr(both, kind).items():
            parts = [getattr(statistics, kind)[layer] for statistics in single]
            np.testing.assert_allclose(matrix, (parts[0] + parts[1]) / 2, rtol=1e-6)


def test_style_statistics_of_pixels_equal_numpy(recorder, blocks):
    statistics = style_statistics([blocks(0)], recorder)
    luma = blocks(0) @ np.array([0.299, 0.587, 0.114]) / 127.5
    expected = np.full((3, 3), luma.var())
    np.testing.assert_allclose(statistics.plain["pixels"], expected, rtol=1e-4)
    # Three equal channels correlate fully, up to the epsilon of the correlation.
    expected = np.full((3, 3), 1 / 1.001**2)
    np.testing.assert_allclose(statistics.correlation["pixels"], expected, rtol=1e-4)


def test_style_distance_is_relative_to_the_reference(recorder, blocks):
    noise = blocks(0)
    reference = style_statistics([noise], recorder)
    assert style_distance(reference, reference) == {"correlation": 0.0, "plain": 0.0}
    faded = style_statistics([noise // 2 + 60], recorder)
    distance = style_distance(faded, reference)
    # Half the contrast is a quarter of the variance.
    assert distance["plain"] == pytest.approx(0.75, abs=0.01)
    assert distance["correlation"] == pytest.approx(0.0, abs=1e-4)


def test_style_distance_refuses_other_layers(recorder, feature_extractor, blocks):
    image = blocks(0)
    statistics = [style_statistics([image], m) for m in (recorder, feature_extractor)]
    with pytest.raises(ValueError, match=r"same layers. Received: \['pixels'\] and"):
        style_distance(*statistics)


@pytest.mark.parametrize("function", [style_statistics, pooled_features])
def test_empty_sets_are_refused(function, feature_extractor):
    with pytest.raises(ValueError, match="`images` must contain at least one image"):
        function(iter([]), feature_extractor)


def lines(seed, vertical=True):
    """Draw lines of one direction on a light background."""
    columns = np.random.default_rng(seed).random(32) < 0.3
    row = np.where(columns, 20, 220).astype("uint8")
    image = np.repeat(np.tile(row, (32, 1))[..., np.newaxis], 3, axis=-1)
    return image if vertical else image.transpose(1, 0, 2)


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "style"
    folder.mkdir()
    for seed in range(3):
        write_image(lines(seed), folder / f"{seed}.png")
    return folder


def assert_same(statistics, other):
    assert statistics.num_images == other.num_images
    for kind in ("correlation", "plain"):
        for layer, matrix in getattr(statistics, kind).items():
            np.testing.assert_array_equal(matrix, getattr(other, kind)[layer])


def test_arrays_paths_and_folders_have_the_same_features(folder, edge_network):
    expected = style_statistics([lines(k) for k in range(3)], edge_network)
    paths = sorted(folder.iterdir())
    for images in (
        folder,
        str(folder),
        [folder],
        paths,
        [lines(0), *paths[1:]],
        np.stack([lines(k) for k in range(3)]),
        (lines(k) for k in range(3)),
    ):
        assert_same(style_features(images, edge_network), expected)


def test_one_image_is_a_set_too(folder, edge_network):
    expected = style_statistics([lines(1)], edge_network)
    assert_same(style_features(lines(1), edge_network), expected)
    assert_same(style_features(folder / "1.png", edge_network), expected)


def test_images_of_the_style_are_closer_than_others(folder, edge_network):
    sets = {
        "across": [lines(7, vertical=False), lines(8, vertical=False)],
        "along": [lines(7), lines(8)],
        "itself": folder,
    }
    distances = compare_styles(sets, folder, edge_network)
    assert list(distances) == list(sets)
    for kind in ("correlation", "plain"):
        assert distances["itself"][kind] == pytest.approx(0.0, abs=1e-9)
        assert distances["along"][kind] < 0.5 * distances["across"][kind]


def test_computed_statistics_give_the_same_distances(folder, edge_network):
    sets = {"a": lines(5), "b": [lines(6), lines(7)]}
    extracted = {k: style_features(v, edge_network) for k, v in sets.items()}
    target = style_features(folder, edge_network)
    assert isinstance(target, StyleStatistics)
    # The network is not needed again.
    again = compare_styles(extracted, target, None)
    assert again == compare_styles(sets, folder, edge_network)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        ([], "at least one image"),
        (3, "images, paths or folders. Received: int"),
        (np.zeros((4, 4, 3)), "must be uint8 RGB.*float64"),
        (np.zeros((4, 4, 4), "uint8"), r"must be uint8 RGB.*\(4, 4, 4\)"),
    ],
)
def test_arguments_that_are_not_images_are_refused(edge_network, images, message):
    with pytest.raises(ValueError, match=message):
        style_features(images, edge_network)


def test_missing_files_and_empty_sets_are_named(tmp_path, edge_network):
    with pytest.raises(FileNotFoundError, match=r"gone\.png"):
        style_features([lines(0), tmp_path / "gone.png"], edge_network)
    with pytest.raises(ValueError, match="`sets` must contain at least one set"):
        compare_styles({}, lines(0), edge_network)
    with pytest.raises(ValueError, match="`distances` must contain at least one set"):
        plot_styles({}, tmp_path / "plot.png")


DISTANCES = {
    "photos": {"correlation": 0.41, "plain": 0.72},
    "comic": {"correlation": 0.12, "plain": 0.31},
}


def test_plot_shows_a_bar_for_each_distance(tmp_path):
    text = plot_styles(DISTANCES, tmp_path / "plot.svg").read_text()
    # matplotlib writes the text as comments.
    for shown in ("photos", "comic", "0.410", "0.310", "correlation distance"):
        assert f"<!-- {shown} -->" in text


def test_plot_is_an_image_and_keeps_the_matplotlib_backend(tmp_path):
    before = matplotlib.get_backend()
    path = plot_styles(DISTANCES, tmp_path / "plot.png")
    with Image.open(path) as image:
        assert min(image.size) > 100
    assert matplotlib.get_backend() == before
    assert [p.name for p in tmp_path.iterdir()] == ["plot.png"]


@pytest.mark.slow
def test_plot_needs_no_display(tmp_path):
    code = (
        "from animegan_tf.evaluation import plot_styles;"
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
