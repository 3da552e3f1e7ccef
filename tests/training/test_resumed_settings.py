import json

import keras
import pytest

from animegan_tf.training.resumed_settings import (
    apply_changes,
    change_rates,
    find_changes,
    record_changes,
)

BEFORE = {
    "steps": 9,
    "seed": 0,
    "generator_learning_rate": 1e-3,
    "weights": {"style": 0.5, "content": 0.0, "adversarial": 1.0},
    "smooth_weight": 0.5,
    "adversarial_loss": "lsgan",
    "regularization": {"real_label": 1.0, "diff_augment": [], "pool_size": 0},
}


def test_rates_and_weights_that_stay_on_may_change():
    now = BEFORE | {
        "steps": 12,
        "seed": 1,
        "generator_learning_rate": 1e-4,
        "weights": {"style": 0.25, "content": 1.0, "adversarial": 0.0},
        "smooth_weight": 0.25,
        "adversarial_loss": "hinge",
    }
    changes = find_changes(BEFORE, now)
    assert changes == {
        "generator_learning_rate": [1e-3, 1e-4],
        "weights.style": [0.5, 0.25],
        "smooth_weight": [0.5, 0.25],
    }
    applied = apply_changes(BEFORE, changes)
    # What may not change is left as it was, so that it is refused.
    assert applied == BEFORE | {
        "generator_learning_rate": 1e-4,
        "weights": {"style": 0.25, "content": 0.0, "adversarial": 1.0},
        "smooth_weight": 0.25,
    }
    assert BEFORE["weights"]["style"] == 0.5
    assert find_changes(BEFORE, BEFORE) == {}


def test_regularization_may_change_but_its_pool():
    now = {"real_label": 0.9, "diff_augment": ["translation"], "pool_size": 50}
    changes = find_changes(BEFORE, BEFORE | {"regularization": now})
    assert changes == {
        "regularization.real_label": [1.0, 0.9],
        "regularization.diff_augment": [[], ["translation"]],
    }
    applied = apply_changes(BEFORE, changes)
    assert applied["regularization"] == now | {"pool_size": 0}


def test_changes_are_appended(tmp_path):
    for step in (3, 5):
        record_changes(tmp_path, step, {"weights.style": [0.5, 0.25]})
    lines = (tmp_path / "changes.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [3, 5]
    assert json.loads(lines[0])["changes"] == {"weights.style": [0.5, 0.25]}


def test_constant_rates_are_multiplied_and_schedules_left_alone():
    schedule = keras.optimizers.schedules.CosineDecay(0.5, 10)
    optimizers = {
        "generator": keras.optimizers.Adam(0.5),
        "discriminator_back": keras.optimizers.Adam(0.5),
        "generator_main": keras.optimizers.Adam(schedule),
    }
    # Half the rate of the settings, as after a recovery.
    optimizers["generator"].learning_rate = 0.25
    changes = {"generator_learning_rate": [0.5, 0.1], "weights.style": [1.0, 2.0]}
    change_rates(optimizers, changes)
    rates = {name: float(o.learning_rate) for name, o in optimizers.items()}
    assert rates == pytest.approx(
        {"generator": 0.05, "discriminator_back": 0.5, "generator_main": 0.5}
    )
