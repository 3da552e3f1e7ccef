import dataclasses
import json
import math

import keras
import numpy as np
import pytest
from PIL import Image

from animegan_tf.config import Contrast, LossWeights, Stabilizers
from animegan_tf.images import read_image, write_image
from animegan_tf.models.generators import build_generator
from animegan_tf.recipes.assembly import run_recipe
from animegan_tf.recipes.defaults import default_config
from animegan_tf.recipes.unpaired import (
    CONTRAST_LAYERS,
    build_cut,
    build_cyclegan,
    contrast_layers,
)
from animegan_tf.training.run_folder import RunFolder


@pytest.fixture
def folders(tmp_path):
    """Smooth photos, and drawings of few hard colours."""
    rng = np.random.default_rng(0)
    ways = {"photos": Image.BICUBIC, "style": Image.NEAREST}
    for name, way in ways.items():
        (tmp_path / name).mkdir()
        for index in range(6):
            coarse = rng.integers(0, 256, (4, 4, 3)).astype("uint8")
            picture = np.asarray(Image.fromarray(coarse).resize((40, 40), way))
            write_image(picture, tmp_path / name / f"{index}.png")
    return tmp_path


def _config(recipe, folders, steps=2, stabilizers=(), **changes):
    """Return the recipe's own settings, made tiny."""
    config = default_config(recipe)
    data = dataclasses.replace(
        config.data,
        photos=str(folders / "photos"),
        style=str(folders / "style"),
        crop_size=32,
        batch_size=2,
    )
    settings = {
        "steps": steps,
        "data": data,
        "stabilizers": dataclasses.replace(config.stabilizers, **dict(stabilizers)),
        "contrast": Contrast(patches=16, width=8),
        "generator": "anime",
        "generator_options": {
            "width": 8,
            "body_width": 8,
            "num_blocks": 1,
            "head_width": 8,
        },
        "discriminator_options": {"width": 4, "num_downsamples": 1},
        "log_every": 1,
    }
    return dataclasses.replace(config, **settings | changes)


def _train(config, run, **options):
    return run_recipe(config, run, progress=False, **options)


def _values(run, name):
    lines = (run.path / "metrics.jsonl").read_text().splitlines()
    return [line[name] for line in map(json.loads, lines) if name in line]


def test_cyclegan_learns_the_way_there_and_back(folders, tmp_path):
    config = _config(
        "cyclegan",
        folders,
        steps=60,
        generator_learning_rate=2e-3,
        stabilizers={"pool_size": 4, "decay": "constant"},
    )
    run = _train(config, tmp_path / "run")
    cycle = _values(run, "cycle")
    assert np.mean(cycle[-10:]) < 0.5 * np.mean(cycle[:3])
    (held_out,) = _values(run, "validation_cycle")
    assert held_out < cycle[0]
    assert len(_values(run, "validation_adversarial")) == 1
    # Photo, stylized, and the photo made of that again.
    sheet = read_image(run.path / "samples" / "step_000060.png")
    assert sheet.shape[1] == 3 * 32
    generator = keras.saving.load_model(run.path / "generator.keras")
    assert generator(np.zeros((1, 16, 24, 3), "float32")).shape == (1, 16, 24, 3)


def test_cut_learns_to_recall_the_place_in_the_photo(folders, tmp_path):
    config = _config(
        "cut",
        folders,
        steps=60,
        generator_learning_rate=2e-3,
        stabilizers={"decay": "constant"},
    )
    run = _train(config, tmp_path / "run")
    nce = _values(run, "nce")
    assert np.mean(nce[-10:]) < 0.5 * np.mean(nce[:3])
    # Guessing among 16 patches would cost that much.
    assert np.mean(nce[-10:]) < math.log(16)
    (held_out,) = _values(run, "validation_nce")
    assert held_out < math.log(16)


@pytest.mark.parametrize("recipe", ["cyclegan", "cut"])
def test_resumed_training_equals_an_unbroken_one(
    recipe, folders, tmp_path, forget_last_checkpoint
):
    # The break comes when the pool is full and decides at random.
    stabilizers = {"pool_size": 3, "decay": "linear"} if recipe == "cyclegan" else {}
    config = _config(
        recipe, folders, steps=6, checkpoint_every=3, stabilizers=stabilizers
    )
    whole = _train(config, tmp_path / "whole")
    expected = forget_last_checkpoint(whole)
    assert ("variable/pool/photo/images" in expected) == (recipe == "cyclegan")
    assert any(name.startswith("network/heads") for name in expected) == (
        recipe == "cut"
    )
    resumed = _train(config, whole.path, resume=True)
    with np.load(resumed.latest_checkpoint()) as state:
        assert set(state) == set(expected)
        for name in state:
            np.testing.assert_array_equal(state[name], expected[name], err_msg=name)


@pytest.mark.parametrize("name", sorted(CONTRAST_LAYERS))
def test_layers_that_cut_compares_exist_in_every_known_generator(name, folders):
    generator = build_generator(name, width=4)
    config = _config("cut", folders, generator=name, contrast=Contrast())
    assert contrast_layers(config, generator) == CONTRAST_LAYERS[name]


def test_layers_named_in_the_settings_come_first(folders):
    config = _config("cut", folders, contrast=Contrast(layers=("stem",)))
    assert contrast_layers(config, build_generator("anime", width=4)) == ("stem",)


def test_generator_without_known_layers_asks_for_them(folders, tmp_path):
    config = _config(
        "cut", folders, generator="autoencoder", generator_options={"width": 4}
    )
    with pytest.raises(ValueError, match="`contrast.layers` must name layers"):
        build_cut(config, RunFolder(tmp_path / "run"), False)


def test_settings_that_do_not_fit_are_refused(folders, tmp_path):
    run = RunFolder(tmp_path / "run")
    config = _config("cyclegan", folders, weights=LossWeights(cycle=1.0))
    with pytest.raises(ValueError, match="with adversarial, cycle among them"):
        build_cyclegan(config, run, False)
    weights = LossWeights(nce=1.0, adversarial=1.0, l1=1.0)
    with pytest.raises(ValueError, match="`weights` of the recipe cut.*l1"):
        build_cut(_config("cut", folders, weights=weights), run, False)
    config = _config("cut", folders, stabilizers={"critic_steps": 2})
    with pytest.raises(ValueError, match="`critic_steps` must be 1"):
        build_cut(config, run, False)


def test_papers_settings(folders):
    cyclegan, cut = default_config("cyclegan"), default_config("cut")
    assert cyclegan.weights == LossWeights(cycle=10.0, identity=5.0, adversarial=1.0)
    assert cut.weights == LossWeights(nce=1.0, adversarial=1.0)
    assert cut.contrast == Contrast(patches=256, width=256, temperature=0.07)
    assert cyclegan.stabilizers == Stabilizers(decay="linear", pool_size=50)
