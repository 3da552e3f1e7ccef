import math

import numpy as np
import pytest

from animegan_tf.config import Contrast, LossWeights
from animegan_tf.models.generators import build_generator
from animegan_tf.recipes.cut import CONTRAST_LAYERS, build_cut, contrast_layers
from animegan_tf.recipes.defaults import default_config
from animegan_tf.recipes.runner import run_recipe
from animegan_tf.training.run_folder import RunFolder


def test_cut_learns_to_recall_the_place_in_the_photo(unpaired_config, logged, tmp_path):
    config = unpaired_config(
        "cut",
        steps=60,
        generator_learning_rate=2e-3,
        stabilizers={"decay": "constant"},
    )
    run = run_recipe(config, tmp_path / "run", progress=False)
    nce = logged(run, "nce")
    assert np.mean(nce[-10:]) < 0.5 * np.mean(nce[:3])
    # Guessing among 16 patches would cost that much.
    assert np.mean(nce[-10:]) < math.log(16)
    (held_out,) = logged(run, "validation_nce")
    assert held_out < math.log(16)


def test_resumed_training_equals_an_unbroken_one(
    unpaired_config, check_resumed, tmp_path
):
    config = unpaired_config("cut", steps=6, checkpoint_every=3)
    names = check_resumed(config, tmp_path / "run")
    assert any(name.startswith("network/heads") for name in names)


@pytest.mark.parametrize("name", sorted(CONTRAST_LAYERS))
def test_layers_that_cut_compares_exist_in_every_known_generator(name, unpaired_config):
    generator = build_generator(name, width=4)
    config = unpaired_config("cut", generator=name, contrast=Contrast())
    assert contrast_layers(config, generator) == CONTRAST_LAYERS[name]


def test_smaller_networks_are_compared_by_the_layers_that_they_have(unpaired_config):
    generator = build_generator("anime", width=4, num_blocks=1)
    config = unpaired_config("cut", contrast=Contrast())
    expected = ("photo", "stem", "down", "block1_add")
    assert contrast_layers(config, generator) == expected


def test_layers_named_in_the_settings_come_first(unpaired_config):
    config = unpaired_config("cut", contrast=Contrast(layers=("stem",)))
    assert contrast_layers(config, build_generator("anime", width=4)) == ("stem",)


def test_generator_without_known_layers_asks_for_them(unpaired_config, tmp_path):
    config = unpaired_config(
        "cut", generator="autoencoder", generator_options={"width": 4}
    )
    with pytest.raises(ValueError, match="`contrast.layers` must name layers"):
        build_cut(config, RunFolder(tmp_path / "run"), False)


def test_settings_that_do_not_fit_are_refused(unpaired_config, tmp_path):
    run = RunFolder(tmp_path / "run")
    weights = LossWeights(nce=1.0, adversarial=1.0, l1=1.0)
    with pytest.raises(ValueError, match="`weights` of the recipe cut.*l1"):
        build_cut(unpaired_config("cut", weights=weights), run, False)
    config = unpaired_config("cut", stabilizers={"critic_steps": 2})
    with pytest.raises(ValueError, match="`critic_steps` must be 1"):
        build_cut(config, run, False)


def test_papers_settings():
    config = default_config("cut")
    assert config.weights == LossWeights(nce=1.0, adversarial=1.0)
    assert config.contrast == Contrast(patches=256, width=256, temperature=0.07)
