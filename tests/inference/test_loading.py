import keras
import numpy as np
import pytest

from animegan_tf.config import StyleConfig, TrainingConfig, write_config
from animegan_tf.inference.loading import load_generator, style_shares
from animegan_tf.models.generators import build_generator
from animegan_tf.models.generators.anime import fold_style

TINY = {"width": 4, "body_width": 4, "num_blocks": 1, "head_width": 4}


@pytest.fixture
def run(tmp_path):
    """Write a run folder of a network of two styles that differ."""
    keras.utils.set_random_seed(0)
    generator = build_generator("anime", num_styles=2, **TINY)
    tables = generator.get_layer("head_style").get_weights()
    tables[1][1] += 0.5
    generator.get_layer("head_style").set_weights(tables)
    generator.save(tmp_path / "generator.keras")
    styles = (StyleConfig("comic", "a"), StyleConfig("oil", "b"))
    write_config(TrainingConfig(styles=styles), tmp_path / "config.json")
    return tmp_path, generator


def _picture():
    return np.random.default_rng(0).uniform(-1, 1, (1, 32, 32, 3)).astype("float32")


@pytest.mark.parametrize(("name", "shares"), [("comic", [1, 0]), ("oil", [0, 1])])
def test_style_of_a_run_is_chosen_by_name(run, name, shares):
    folder, generator = run
    expected = fold_style(generator, shares)(_picture())
    np.testing.assert_array_equal(load_generator(folder / name)(_picture()), expected)


def test_run_alone_means_its_first_style(run):
    folder, generator = run
    expected = fold_style(generator, [1, 0])(_picture())
    np.testing.assert_array_equal(load_generator(folder)(_picture()), expected)


def test_style_that_the_run_does_not_have_lists_those_it_has(run):
    with pytest.raises(ValueError, match="No style 'ink'.*comic, oil"):
        load_generator(run[0] / "ink")


def test_shares_name_what_is_loaded(run):
    folder, _ = run
    assert style_shares(folder) == {"comic": 1.0}
    assert style_shares(folder / "oil") == {"oil": 1.0}
    assert style_shares(folder / "generator.keras") == {}
    assert style_shares("comic:3,ink:1") == {"comic": 0.75, "ink": 0.25}
    assert style_shares("oil") == {"oil": 1.0}


def test_folder_of_a_style_s_name_does_not_hide_the_style(tmp_path, monkeypatch):
    (tmp_path / "ink").mkdir()
    monkeypatch.chdir(tmp_path)
    assert load_generator("ink").input_shape[1:] == (None, None, 3)
    with pytest.raises(FileNotFoundError, match="has no generator"):
        load_generator("./ink")
