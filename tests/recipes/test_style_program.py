import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.config import LossWeights, TrainingConfig
from animegan_tf.recipes.style_program import (
    build_style_program,
    check_regression,
    regression_weights,
)
from animegan_tf.training.terms import build_terms

WEIGHTS = LossWeights(target=1.0, adversarial=1.0)


def _build(names, num_styles=None, **changes):
    settings = {
        "pretraining_steps": 1,
        "weights": WEIGHTS,
        "generator_options": {
            "width": 4,
            "body_width": 4,
            "num_blocks": 1,
            "head_width": 4,
        },
        "discriminator_options": {"width": 4, "num_downsamples": 1},
    }
    config = dataclasses.replace(TrainingConfig(), **settings | changes)
    terms = dict.fromkeys(names, build_terms(config.weights))
    return build_style_program(config, terms, num_styles=num_styles)


@pytest.fixture
def batch():
    rng = np.random.default_rng(0)
    pictures = {
        name: tf.constant(rng.uniform(-1, 1, (2, 16, 16, 3)), tf.float32)
        for name in ("photo", "target")
    }
    gray = rng.uniform(-1, 1, (2, 16, 16, 1))
    return {**pictures, "anime_gray": tf.constant(gray, tf.float32)}


def _moved(program, batch, step):
    """Return which networks an update changes."""
    before = {name: n.get_weights() for name, n in program.networks.items()}
    program.update(batch, step)
    return {
        name
        for name, old in before.items()
        if not all(map(np.array_equal, old, program.networks[name].get_weights()))
    }


def test_adversary_rests_until_the_pretraining_is_over(batch):
    program = _build(["discriminator"])
    assert set(program.networks) == {"generator", "discriminator"}
    assert _moved(program, batch, 0) == {"generator"}
    assert _moved(program, batch, 1) == {"generator", "discriminator"}


def test_styles_take_turns(batch):
    program = _build(["first", "second"], num_styles=2, pretraining_steps=0)
    batch["style"] = tf.constant(np.eye(2), tf.float32)
    assert _moved(program, batch, 0) == {"generator", "first"}
    assert _moved(program, batch, 1) == {"generator", "second"}


def test_no_adversary_is_built_without_weight(batch):
    program = _build(["discriminator"], weights=LossWeights(target=1.0))
    assert set(program.networks) == {"generator"}
    assert set(program.optimizers) == {"pretraining", "generator"}
    assert set(program.update(batch, 1)) == {"total", "target", "generator_norm"}


def test_optimizers_are_those_of_the_settings():
    program = _build(
        ["discriminator"],
        generator_learning_rate=1e-3,
        discriminator_learning_rate=2e-3,
    )
    optimizers = program.optimizers
    assert float(optimizers["generator"].learning_rate) == pytest.approx(1e-3)
    assert float(optimizers["discriminator"].learning_rate) == pytest.approx(2e-3)
    betas = {name: (o.beta_1, o.beta_2) for name, o in optimizers.items()}
    assert betas == {
        "pretraining": (0.9, 0.99),
        "generator": (0.5, 0.999),
        "discriminator": (0.5, 0.999),
    }


def test_pretraining_regresses_the_target_alone():
    weights = LossWeights(target=1.0, color=2.0, style=3.0, adversarial=4.0)
    assert regression_weights(weights).active() == {"target": 1.0, "color": 2.0}


def test_pretraining_needs_something_to_regress():
    check_regression(LossWeights(total_variation=1.0))
    with pytest.raises(ValueError, match=r"for the pretraining. Received: \['style'\]"):
        check_regression(LossWeights(style=1.0))
