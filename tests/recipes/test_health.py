"""The health check in real trainings: it must fire in every recipe, and in time."""

import dataclasses
import json
import logging
import re
from pathlib import Path

import keras
import numpy as np
import pytest

from animegan_tf.models.generator_files import save_generator
from animegan_tf.models.generators import build_generator
from animegan_tf.training import health
from animegan_tf.training.health import TrainingDivergedError

# Discriminators without dropout or normalization, which certainty comes easily to.
PLAIN = {"discriminator": "conv", "discriminator_options": {"width": 4, "dropout": 0.0}}
OWN = {
    "anime": {"pretraining_steps": 0},
    "animegan_v2": {"pretraining_steps": 0},
    "dcgan": {"data": {"batch_size": 4, "validation": 0.0}, **PLAIN},
}
FAST = {
    "steps": 1000,
    "log_every": 1000,
    "sample_every": 1000,
    "checkpoint_every": 1000,
    "learning_rate_decay": "constant",
    "data": {"batch_size": 1, "validation": 0.0},
}


@pytest.fixture
def train(make_config, run_training, caplog, compiled):
    """A function that trains a recipe and returns the warnings of its steps.

    For the tens of steps that this takes, compiling pays.
    """

    def function(recipe, **changes):
        config = make_config(recipe, **FAST | OWN.get(recipe, {}) | changes)
        with caplog.at_level(logging.WARNING, "animegan_tf"):
            error = None
            try:
                run_training(config)
            except TrainingDivergedError as raised:
                error = str(raised)
        messages = [record.getMessage() for record in caplog.records]
        return error, [m for m in messages if m.startswith("step ")]

    return function


@pytest.mark.parametrize(
    ("recipe", "network"),
    [
        pytest.param("anime", "generator", marks=pytest.mark.slow),
        pytest.param("pix2pix", "generator", marks=pytest.mark.slow),
        pytest.param("animegan_v2", "generator", marks=pytest.mark.slow),
        pytest.param("cyclegan", "generator", marks=pytest.mark.slow),
        pytest.param("cut", "generator", marks=pytest.mark.slow),
        ("dcgan", "discriminator"),
    ],
)
def test_exploding_learning_rate_stops_the_training_after_20_bad_steps(
    recipe, network, train, tmp_path
):
    error, warnings = train(recipe, **{f"{network}_learning_rate": 1e18})
    assert "has not been finite for 20 steps" in error
    assert "diverged 4 times" in error
    recoveries = [w for w in warnings if "Restored step 0, with half" in w]
    assert ["(recovery 1 of 3)" in w for w in recoveries] == [True, False, False]
    # Every step counts, though none of them is logged.
    skipped = [w for w in warnings if w not in recoveries]
    assert len(skipped) == 4 * 19
    assert all("is not finite; this step's update was skipped" in w for w in skipped)
    first, last = (int(w.split(":")[0].split()[1]) for w in (skipped[0], skipped[18]))
    assert last - first == 18 and first <= 3
    lines = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    logged = [json.loads(line) for line in lines]
    assert [(line["step"], line["recovery"]) for line in logged] == [
        (0, 1.0),
        (0, 2.0),
        (0, 3.0),
    ]


# CUT's loss reaches the first half of the generator past a saturated output.
@pytest.mark.parametrize(
    ("recipe", "rate"),
    [
        pytest.param("anime", 100.0, marks=pytest.mark.slow),
        pytest.param("pix2pix", 100.0, marks=pytest.mark.slow),
        pytest.param("cyclegan", 100.0, marks=pytest.mark.slow),
        ("dcgan", 1e5),
    ],
)
def test_saturated_generator_stops_the_training(recipe, rate, train):
    error, warnings = train(recipe, generator_learning_rate=rate, steps=30)
    assert "The generator's gradient is 0: its output is saturated" in error
    assert len(warnings) == 3
    assert all("with half the learning rates" in warning for warning in warnings)


@pytest.mark.slow
def test_exploding_pretraining_stops_too(train):
    changes = {"pretraining_steps": 500, "pretraining_learning_rate": 1e18}
    # The learning rate rises over a twentieth of the pretraining.
    error, _ = train("anime", **changes)
    assert "has not been finite for 20 steps" in error


@pytest.mark.parametrize(
    ("recipe", "loss"),
    [
        pytest.param("pix2pix", "bce", marks=pytest.mark.slow),
        pytest.param("pix2pix", "hinge", marks=pytest.mark.slow),
        pytest.param("cyclegan", "bce", marks=pytest.mark.slow),
        pytest.param("cut", "bce", marks=pytest.mark.slow),
        pytest.param("dcgan", "hinge", marks=pytest.mark.slow),
        ("dcgan", "bce"),
    ],
)
def test_discriminator_that_is_certain_for_200_steps_is_reported(recipe, loss, train):
    # A bounded gain keeps a small discriminator from certainty.
    options = {"width": 8, "num_downsamples": 1, "spectral_norm": False}
    options = {} if recipe == "dcgan" else {"discriminator_options": options}
    error, warnings = train(
        recipe,
        steps=300,
        generator_learning_rate=1e-12,
        discriminator_learning_rate=0.03,
        adversarial_loss=loss,
        **options,
    )
    assert error is None
    names = {w.split(": the ")[1].split(" has told")[0] for w in warnings}
    assert "discriminator" in names
    assert len(warnings) == len(names)
    assert all("near certainty for 200 steps" in warning for warning in warnings)


def _ignore_noise(generator):
    kernel, *others = generator.trainable_variables
    kernel.assign(0.0 * kernel)
    # What follows makes an image of these.
    for variable in others:
        if len(variable.shape) == 1:
            variable.assign(keras.random.uniform(variable.shape, -1.0, 1.0, seed=0))


def _paint_flat(level):
    def change(generator):
        *others, bias = generator.trainable_variables
        for variable in others:
            variable.assign(0.0 * variable)
        bias.assign(level + 0.0 * bias)

    return change


@pytest.mark.parametrize(
    ("recipe", "change", "description", "last"),
    [
        pytest.param(
            "pix2pix",
            _paint_flat(0.3),
            r"without contrast \(output_deviation is (0|\S+e-(0[8-9]|1\d))\)",
            60,
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "pix2pix",
            _paint_flat(4.0),
            r"black or white \(output_luminance is 0\.99",
            10,
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "dcgan",
            _ignore_noise,
            r"the same for every input \(output_change is 0\)",
            60,
            marks=pytest.mark.slow,
        ),
    ],
)
def test_collapsed_generator_stops_the_training(
    recipe, change, description, last, train, make_config, tmp_path
):
    config = make_config(recipe)
    options = {"name": config.generator, **config.generator_options}
    generator = build_generator(**options)
    change(generator)
    save_generator(generator, options, tmp_path / "start")
    error, warnings = train(
        recipe,
        steps=100,
        log_every=1,
        initial=str(tmp_path / "start"),
        generator_learning_rate=1e-12,
    )
    assert re.search(
        f"The generator has collapsed: its images are {description}", error
    )
    # Ten measurements, after 50 in which an untrained generator may lack contrast; the
    # first attempt and three with lower learning rates.
    assert [w.split(":")[0] for w in warnings] == [f"step {last}"] * 3


@pytest.mark.parametrize(
    ("recipe", "loss"),
    [
        pytest.param("pix2pix", "bce", marks=pytest.mark.slow),
        pytest.param("dcgan", "hinge", marks=pytest.mark.slow),
        ("dcgan", "bce"),
    ],
)
def test_healthy_training_is_silent_and_logs_what_is_measured(
    recipe, loss, train, tmp_path, monkeypatch
):
    # With 200 steps, 14 would be silent whatever they do.
    monkeypatch.setattr(health, "_MAX_SEPARATED_STEPS", 3)
    error, warnings = train(
        recipe, steps=14, log_every=1, checkpoint_every=7, adversarial_loss=loss
    )
    assert (error, warnings) == (None, [])
    lines = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    logged = [json.loads(line) for line in lines]
    assert all(line["output_change"] > 0.008 for line in logged)
    assert all(line["separation"] < 0.95 for line in logged)
    shares = [
        [value for name, value in line.items() if name.startswith("gradient_share_")]
        for line in logged
    ]
    assert [bool(values) for values in shares] == ([False] * 6 + [True]) * 2
    assert sum(shares[6]) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize(
    "recipe",
    [
        pytest.param("pix2pix", marks=pytest.mark.slow),
        "dcgan",
        pytest.param("anime", marks=pytest.mark.slow),
    ],
)
def test_measuring_changes_nothing_that_is_learned(recipe, make_config, run_training):
    weights = {"style": 1.0} if recipe == "anime" else {}
    changes = {"weights": weights} if weights else {}
    config = make_config(recipe, steps=3, **changes)
    states = []
    for every in (1, 1000):
        changed = dataclasses.replace(config, log_every=every, checkpoint_every=every)
        run = run_training(changed, path=Path(config.data.photos).parent / str(every))
        with np.load(run.latest_checkpoint()) as state:
            states.append(dict(state))
    for name, value in states[0].items():
        np.testing.assert_array_equal(value, states[1][name], name)
