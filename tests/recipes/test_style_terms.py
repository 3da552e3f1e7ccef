import dataclasses

import numpy as np
import pytest

from animegan_tf.config import LossWeights, TrainingConfig
from animegan_tf.imaging.arrays import to_float
from animegan_tf.imaging.writing import write_image
from animegan_tf.recipes.style_terms import (
    TRAINING_LAYERS,
    build_training_terms,
    build_validation_terms,
    measure_style,
)
from animegan_tf.training.run_folder import RunFolder

STYLE = LossWeights(style=1.0)


@pytest.fixture
def pictures(tmp_path):
    """Drawings of black lines on white, each with lines elsewhere."""
    paths = []
    for index in range(3):
        drawing = np.full((32, 32, 3), 240, np.uint8)
        drawing[:, 2 + index :: 8] = 10
        paths.append(write_image(drawing, tmp_path / f"{index}.png"))
    return paths


@pytest.fixture
def run(tmp_path):
    return RunFolder(tmp_path / "run")


@pytest.fixture
def config(features_file):
    return TrainingConfig(weights=STYLE, features=str(features_file))


def _caches(run):
    return list((run.path / "cache").glob("style-*.npz"))


def test_nothing_is_measured_that_no_term_needs(config, run, pictures):
    weights = LossWeights(target=1.0)
    config = dataclasses.replace(config, weights=weights, features="no such file")
    assert measure_style(config, run, pictures, False) == (None, None)


def test_content_needs_the_network_but_not_the_pictures(config, run, pictures):
    config = dataclasses.replace(config, weights=LossWeights(content=1.0))
    features, target = measure_style(config, run, pictures, False)
    assert list(features.output) == list(TRAINING_LAYERS)
    assert target is None and not _caches(run)


def test_style_is_measured_once(config, run, pictures):
    _, target = measure_style(config, run, pictures, False)
    (path,) = _caches(run)
    marked = {name: values + 1.0 for name, values in target.items()}
    np.savez(path, **marked)
    # What lies in the cache is believed.
    _, again = measure_style(config, run, pictures, False)
    for name in TRAINING_LAYERS:
        np.testing.assert_array_equal(again[name], marked[name])


def test_style_is_measured_anew_when_weights_or_pictures_change(
    config, run, pictures, features_file
):
    measure_style(config, run, pictures, False)
    measure_style(config, run, pictures[:2], False)
    assert len(_caches(run)) == 2
    with np.load(features_file) as archive:
        arrays = dict(archive)
    arrays["block2_conv1/kernel"] *= 2.0
    np.savez(features_file, **arrays)
    measure_style(config, run, pictures, False)
    assert len(_caches(run)) == 3


def test_training_s_terms_remember_and_validation_s_do_not(config, run, pictures):
    measured = measure_style(config, run, pictures, False)
    train, variables = build_training_terms(config, *measured)
    assert set(variables) == {"style/count", *(f"style/{k}" for k in TRAINING_LAYERS)}
    validate = build_validation_terms(config, *measured)
    rng = np.random.default_rng(0)
    noise, other = (
        to_float(rng.integers(0, 256, (1, 32, 32, 3), np.uint8)) for _ in "ab"
    )
    once = float(validate(noise, {})["style"])
    assert float(train(noise, {})["style"]) == pytest.approx(once, rel=1e-5)
    assert float(validate(other, {})["style"]) != pytest.approx(once, rel=1e-5)
    assert float(validate(noise, {})["style"]) == pytest.approx(once, rel=1e-5)
    train(other, {})
    assert float(train(noise, {})["style"]) != pytest.approx(once, rel=1e-5)


def test_terms_without_a_style_have_no_state(config):
    config = dataclasses.replace(config, weights=LossWeights(target=1.0))
    terms, variables = build_training_terms(config, None, None)
    assert variables == {}
    ones = np.ones((1, 8, 8, 3), "float32")
    assert float(terms(ones, {"target": -ones})["target"]) == pytest.approx(2.0)
