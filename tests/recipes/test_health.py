"""The health check in real trainings: it must fire in every recipe, and in time."""

import logging

import pytest

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
def train(make_config, run_training, caplog):
    """A function that trains a recipe and returns the warnings of its steps."""

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
        ("pix2pix", "generator"),
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
    # Every step counts, though none of them is logged.
    assert len(warnings) == 19
    assert all("is not finite; this step's update was skipped" in w for w in warnings)
    first, last = (int(w.split(":")[0].split()[1]) for w in (warnings[0], warnings[-1]))
    assert last - first == 18 and first <= 3
    assert not (tmp_path / "run" / "metrics.jsonl").exists()


# CUT's loss reaches the first half of the generator past a saturated output.
@pytest.mark.parametrize(
    ("recipe", "rate"),
    [("anime", 10.0), ("pix2pix", 10.0), ("cyclegan", 10.0), ("dcgan", 1e4)],
)
def test_saturated_generator_stops_the_training(recipe, rate, train):
    error, warnings = train(recipe, generator_learning_rate=rate, steps=30)
    assert "The generator's gradient is 0: its output is saturated" in error
    assert warnings == []


def test_exploding_pretraining_stops_too(train):
    changes = {"pretraining_steps": 500, "pretraining_learning_rate": 1e18}
    # The learning rate rises over a twentieth of the pretraining.
    error, _ = train("anime", **changes)
    assert "has not been finite for 20 steps" in error


@pytest.mark.parametrize(
    "recipe",
    [
        pytest.param(recipe, marks=[] if recipe == "dcgan" else pytest.mark.slow)
        for recipe in ("pix2pix", "cyclegan", "cut", "dcgan")
    ],
)
def test_discriminator_that_is_certain_for_200_steps_is_reported(
    recipe, train, compiled
):
    # A bounded gain keeps a small discriminator from certainty.
    options = {"width": 8, "num_downsamples": 1, "spectral_norm": False}
    options = {} if recipe == "dcgan" else {"discriminator_options": options}
    error, warnings = train(
        recipe,
        steps=300,
        generator_learning_rate=1e-12,
        discriminator_learning_rate=0.03,
        adversarial_loss="bce",
        **options,
    )
    assert error is None
    names = {w.split(": the ")[1].split(" has told")[0] for w in warnings}
    assert "discriminator" in names
    assert len(warnings) == len(names)
    assert all("near certainty for 200 steps" in warning for warning in warnings)
