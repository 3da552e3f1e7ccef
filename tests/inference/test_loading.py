import json

import keras
import numpy as np
import pytest

from animegan_tf.inference.loading import load_generator
from animegan_tf.inference.style_source import style_shares
from animegan_tf.models.generator_files import save_generator
from animegan_tf.models.generators import build_generator
from animegan_tf.models.generators.anime import fold_style

TINY = {"width": 4, "body_width": 4, "num_blocks": 1, "head_width": 4}


@pytest.fixture(scope="module")
def generator():
    """A generator of two styles that differ."""
    keras.utils.set_random_seed(0)
    generator = build_generator("anime", num_styles=2, **TINY)
    tables = generator.get_layer("head_style").get_weights()
    tables[1][1] += 0.5
    generator.get_layer("head_style").set_weights(tables)
    return generator


@pytest.fixture(params=["now", "older"])
def run(tmp_path, generator, request):
    """A run folder of that generator, as a training writes it now or once did."""
    styles = ("comic", "oil")
    if request.param == "now":
        options = {"name": "anime", "num_styles": 2, **TINY}
        save_generator(generator, options, tmp_path, styles=styles)
        # Settings of a training are not needed to load its result.
        (tmp_path / "config.json").write_text('{"a_new_setting": 1}')
    else:
        generator.save(tmp_path / "generator.keras")
        settings = {
            "a_setting_of_yesterday": 1,
            "styles": [{"name": s} for s in styles],
        }
        (tmp_path / "config.json").write_text(json.dumps(settings))
    return tmp_path


def assert_same_weights(model, expected):
    for weight, other in zip(model.weights, expected.weights, strict=True):
        np.testing.assert_array_equal(weight.numpy(), other.numpy())


@pytest.mark.parametrize(("name", "shares"), [("comic", [1, 0]), ("oil", [0, 1])])
def test_style_of_a_run_is_chosen_by_name(run, generator, name, shares):
    assert_same_weights(load_generator(run / name), fold_style(generator, shares))


def test_run_alone_means_its_first_style(run, generator):
    assert_same_weights(load_generator(run), fold_style(generator, [1, 0]))


def test_style_that_the_run_does_not_have_lists_those_it_has(run):
    with pytest.raises(ValueError, match="No style 'ink'.*comic, oil"):
        load_generator(run / "ink")


def test_shares_name_what_is_loaded(run):
    assert style_shares(run) == {"comic": 1.0}
    assert style_shares(run / "oil") == {"oil": 1.0}
    assert style_shares(run / "generator.keras") == {}
    assert style_shares("comic:3,ink:1") == {"comic": 0.75, "ink": 0.25}
    assert style_shares("oil") == {"oil": 1.0}


def test_saved_generator_is_preferred_to_an_older_file(run, generator):
    save_generator(generator, {"name": "anime", "num_styles": 2, **TINY}, run)
    generator.save(run / "generator.keras")
    # Saved without style names, so all inputs of the generator remain.
    assert len(load_generator(run).inputs) == 2


@pytest.mark.parametrize("text", ["[]", '{"styles": [1]}', '{"styles": [{}]}'])
def test_damaged_settings_of_an_older_run_are_named(tmp_path, generator, text):
    generator.save(tmp_path / "generator.keras")
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(ValueError, match=r"Not the settings .*config\.json"):
        load_generator(tmp_path)


def test_folder_with_the_name_of_a_style_does_not_hide_the_style(tmp_path, monkeypatch):
    (tmp_path / "ink").mkdir()
    monkeypatch.chdir(tmp_path)
    assert load_generator("ink").input_shape[1:] == (None, None, 3)
    with pytest.raises(FileNotFoundError, match="has no generator"):
        load_generator("./ink")
