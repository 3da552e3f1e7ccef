import functools
import json
from pathlib import Path

import numpy as np
import pytest

from animegan_tf import presets

load_bundled = functools.cache(presets.load_preset)


@pytest.mark.parametrize("name", sorted(presets.PRESETS))
def test_bundled_style_is_complete(name):
    preset = presets.PRESETS[name]
    assert preset.name == name
    for text in (preset.description, preset.source, preset.credit, preset.license):
        assert text and "\n" not in text
    images = np.zeros((1, 16, 32, 3), dtype="float32")
    stylized = load_bundled(name)(images, training=False).numpy()
    assert stylized.shape == images.shape
    assert np.isfinite(stylized).all()


def test_default_style_is_bundled():
    assert presets.DEFAULT_STYLE in presets.PRESETS


def test_every_weights_folder_belongs_to_a_style_or_to_restoration():
    folders = {
        path.parent.name for path in presets.WEIGHTS_FOLDER.glob("*/generator.json")
    }
    used = {preset.folder for preset in presets.PRESETS.values()}
    assert folders == used | {presets.RESTORATION_FOLDER.name}


def test_styles_are_listed_by_name():
    assert presets.list_styles() == ["anime", "comic", "ink", "oil", "soft", "ukiyoe"]


def test_saved_style_loads_as_the_same_network(style):
    first, second = presets.load_preset(style), presets.load_preset(style)
    images = np.random.default_rng(0).uniform(-1, 1, (1, 16, 16, 3)).astype("float32")
    assert np.array_equal(first(images).numpy(), second(images).numpy())
    assert all(weight.dtype == "float32" for weight in first.weights)


def test_unknown_style_lists_the_known_ones():
    with pytest.raises(ValueError, match="Unknown style 'no-such'.*comic, .*ink"):
        presets.load_preset("no-such")


def test_missing_weights_are_named(style):
    (Path(presets.get_preset(style).folder) / "generator.npz").unlink()
    with pytest.raises(FileNotFoundError, match=r"generator\.npz"):
        presets.load_preset(style)


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"generator": {}, "styles": [1]}'])
def test_damaged_options_are_named(style, text):
    path = Path(presets.get_preset(style).folder) / "generator.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"generator\.json"):
        presets.load_preset(style)


def test_options_that_do_not_match_the_weights_are_refused(style):
    path = Path(presets.get_preset(style).folder) / "generator.json"
    content = json.loads(path.read_text())
    content["generator"]["width"] = 8
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match="another network"):
        presets.load_preset(style)


@pytest.mark.parametrize(
    ("text", "shares"),
    [
        ("comic", {"comic": 1.0}),
        ("comic:3, soft:1", {"comic": 0.75, "soft": 0.25}),
        ("comic,soft", {"comic": 0.5, "soft": 0.5}),
    ],
)
def test_shares_of_a_blend_sum_to_one(text, shares):
    assert presets.parse_blend(text) == shares


@pytest.mark.parametrize("text", ["soft:0", "soft:x", "soft:inf", "soft,soft"])
def test_invalid_blend_is_refused(text):
    with pytest.raises(ValueError, match="A blend must give each style once"):
        presets.parse_blend(text)


@pytest.mark.parametrize("text", ["tiny:0.5,comic:0.5", "comic:0.5,tiny:0.5"])
def test_styles_of_two_networks_do_not_blend(text, style):
    with pytest.raises(ValueError, match="Only styles of one network"):
        presets.load_preset(text)


def test_ink_is_gray_and_a_blend_with_it_has_less_chroma():
    images = np.random.default_rng(0).uniform(-1, 1, (1, 64, 64, 3)).astype("float32")
    chroma = {
        name: np.ptp(load_bundled(name)(images).numpy(), axis=-1).mean()
        for name in ("ink", "comic", "comic:0.5,ink:0.5")
    }
    assert chroma["ink"] < 1e-5
    assert 1e-3 < chroma["comic:0.5,ink:0.5"] < chroma["comic"]


def test_bundled_weights_are_small():
    files = [p for p in presets.WEIGHTS_FOLDER.rglob("*") if p.is_file()]
    assert sum(path.stat().st_size for path in files) < 6e6
