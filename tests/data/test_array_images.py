import dataclasses

import numpy as np
import pytest

from animegan_tf.cli import main
from animegan_tf.data.array_images import extract_images
from animegan_tf.imaging.reading import read_image
from animegan_tf.presets import list_styles
from animegan_tf.recipes.preflight import check_training, describe_training
from animegan_tf.recipes.runner import (
    RECIPES,
    default_config,
    with_image_folders,
)
from animegan_tf.recipes.styles import StyleConfig


@pytest.fixture
def levels():
    return np.random.default_rng(0).integers(0, 256, (3, 20, 30, 3), dtype=np.uint8)


@pytest.fixture
def source(tmp_path, levels):
    np.save(tmp_path / "set.npy", levels)
    return tmp_path / "set.npy"


def test_images_are_extracted_exactly_and_once(tmp_path, source, levels):
    folder = extract_images(source, tmp_path / "out")
    paths = sorted(folder.glob("*.png"))
    assert [path.name for path in paths] == ["000000.png", "000001.png", "000002.png"]
    for path, image in zip(paths, levels, strict=True):
        assert np.array_equal(read_image(path), image)
    before = paths[0].stat().st_mtime_ns
    extract_images(source, tmp_path / "out")
    assert paths[0].stat().st_mtime_ns == before
    np.save(source, levels[:1])
    extract_images(source, tmp_path / "out")
    assert len(list(folder.glob("*.png"))) == 1


def test_floats_and_gray_images_are_converted(tmp_path, levels):
    np.save(tmp_path / "floats.npy", (levels / 127.5 - 1.0)[..., :1])
    folder = extract_images(tmp_path / "floats.npy", tmp_path / "out")
    expected = np.repeat(levels[0, ..., :1], 3, axis=2)
    assert np.array_equal(read_image(folder / "000000.png"), expected)


def test_files_without_images_are_refused(tmp_path):
    for array, message in (
        (np.zeros((2, 4, 4, 2), np.uint8), "1, 3 or 4 channels"),
        (np.zeros((4, 4, 3), np.uint8), "must have the shape"),
    ):
        np.save(tmp_path / "bad.npy", array)
        with pytest.raises(ValueError, match=f"`style`.*{message}"):
            extract_images(tmp_path / "bad.npy", tmp_path / "out", argument="style")


@pytest.fixture
def sources(tmp_path, levels):
    """Files of images by name, each of its own."""
    paths = {}
    for index, name in enumerate(("photos", "style", "validation", "ink", "wash")):
        np.save(tmp_path / f"{name}.npy", levels + np.uint8(index))
        paths[name] = str(tmp_path / f"{name}.npy")
    return paths


@pytest.mark.parametrize("recipe", RECIPES)
def test_recipes_take_files_instead_of_folders(recipe, sources, levels, tmp_path):
    config = default_config(recipe)
    names = ("photos", "style", "validation")
    if recipe == "styles":
        names = ("photos", "validation")
        # Their names are free, also those of other folders.
        styles = (
            StyleConfig("photos", sources["ink"]),
            StyleConfig("b", sources["wash"]),
        )
        config = dataclasses.replace(config, styles=styles)
    data = dataclasses.replace(config.data, **{name: sources[name] for name in names})
    config = dataclasses.replace(config, data=data)
    check_training(config)
    lines = describe_training(config, tmp_path / "run")
    for name in names:
        assert f"{name}: 3 images of 30x20 pixels" in lines
    folders = with_image_folders(config, tmp_path / "cache")
    found = {name: getattr(folders.data, name) for name in names}
    if recipe == "styles":
        found |= {"ink": folders.styles[0].images, "wash": folders.styles[1].images}
    for name, folder in found.items():
        expected = np.load(sources[name])[2]
        assert np.array_equal(read_image(f"{folder}/000002.png"), expected), name
    assert dataclasses.replace(folders, data=data, **_styles_of(config)) == config


def _styles_of(config):
    return {"styles": config.styles} if hasattr(config, "styles") else {}


def test_fraction_of_a_file_may_be_held_out(sources, tmp_path):
    config = default_config("anime")
    data = dataclasses.replace(config.data, photos=sources["photos"], validation=0.5)
    folders = with_image_folders(dataclasses.replace(config, data=data), tmp_path / "c")
    assert folders.data.validation == 0.5
    assert folders.data.style == ""


def test_stylize_takes_and_writes_npy_files(tmp_path, source, levels, capsys):
    options = ["--strength", "0", "--style", list_styles()[0]]
    target = tmp_path / "out.npy"
    assert main(["stylize", str(source), "-o", str(target), *options]) == 0
    assert np.array_equal(np.load(target), levels)
    assert main(["stylize", str(source), "-o", str(tmp_path / "out"), *options]) == 0
    assert np.array_equal(read_image(tmp_path / "out" / "000001.png"), levels[1])
    assert main(["stylize", str(source), "-o", str(target), *options]) == 2
    assert "already exist" in capsys.readouterr().err
    assert main(["stylize", str(source), str(source), "-o", "x", *options]) == 2
