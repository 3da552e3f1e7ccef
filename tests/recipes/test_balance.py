"""`auto_balance`: loss weights by the gradients that they give."""

import dataclasses
import itertools
import json

import keras
import pytest

from animegan_tf.recipes.runner import load_builder
from animegan_tf.training.run_folder import RunFolder


def _shares(config, path):
    """Measure the shares of an untrained network, as at the training's end."""
    keras.utils.set_random_seed(config.seed)
    training = load_builder(config.recipe)(config, RunFolder(path), False)
    found = [
        training.program.gradient_shares(batch, config.steps - 1)
        for batch in itertools.islice(training.build_dataset(0), 4)
    ]
    return {name: sum(s[name] for s in found) / 4 for name in found[0]}


@pytest.mark.slow
def test_balanced_weights_give_the_shares_of_the_recipe(
    make_config, run_training, tmp_path
):
    # Ten times the usual adversarial loss, and a term that the recipe leaves out.
    weights = {"l1": 10.0, "gradient": 3.0}
    config = make_config("pix2pix", steps=1, weights=weights)
    run = run_training(config, auto_balance=True)
    facts = json.loads((run.path / "balance.json").read_text())
    saved = json.loads((run.path / "config.json").read_text())["weights"]
    assert facts["weights"] == config.weights.active()
    assert facts["balanced"] == {n: w for n, w in saved.items() if w}
    assert saved["gradient"] == 3.0
    assert saved["l1"] != 10.0
    balanced = dataclasses.replace(
        config, weights=dataclasses.replace(config.weights, **saved)
    )
    found, wanted = _shares(balanced, tmp_path / "again"), facts["recipe_shares"]
    before = facts["shares"]
    assert found["l1"] / found["adversarial"] == pytest.approx(
        wanted["l1"] / wanted["adversarial"], rel=0.02
    )
    assert before["l1"] / before["adversarial"] != pytest.approx(
        wanted["l1"] / wanted["adversarial"], rel=0.1
    )
    assert found["gradient"] == pytest.approx(before["gradient"], rel=0.02)
    # A resume keeps them.
    resumed = dataclasses.replace(balanced, steps=2)
    run_training(resumed, resume=True)


@pytest.mark.parametrize("recipe", ["wgan_gp", "styles"])
def test_recipe_without_several_terms_is_refused(recipe, make_config, run_training):
    styles = {"styles": [{"name": "ink", "images": "x"}]} if recipe == "styles" else {}
    config = make_config(recipe, **styles)
    with pytest.raises(ValueError, match="`auto_balance` needs a recipe with several"):
        run_training(config, auto_balance=True)


@pytest.mark.slow
def test_resumed_training_is_not_balanced_again(make_config, run_training):
    config = make_config("pix2pix", steps=1)
    run_training(config)
    with pytest.raises(ValueError, match="`auto_balance` is for the start"):
        run_training(config, auto_balance=True, resume=True)
