import json

import numpy as np
import pytest

from animegan_tf.config import (
    DataConfig,
    LossWeights,
    StyleConfig,
    TrainingConfig,
    from_dict,
    to_dict,
)


def test_settings_are_plain_json():
    values = to_dict(TrainingConfig())
    assert json.loads(json.dumps(values)) == values
    assert from_dict(TrainingConfig, values) == TrainingConfig()


def test_parts_may_be_given_as_objects():
    config = from_dict(
        TrainingConfig,
        {
            "data": {"photos": "a"},
            "weights": {"style": 1},
            "styles": [{"name": "ink", "pictures": "b"}],
        },
    )
    assert config.data == DataConfig(photos="a")
    assert config.weights == LossWeights(style=1.0)
    assert config.styles == (StyleConfig("ink", "b"),)


def test_numbers_of_numpy_become_python_s():
    config = TrainingConfig(steps=np.int64(7), ema_decay=np.float64(0.5))
    assert (config.steps, config.ema_decay) == (7, 0.5)
    assert type(config.steps) is int


def test_a_misspelt_setting_is_met_by_the_one_meant():
    with pytest.raises(ValueError, match="'stepss'. Did you mean 'steps'"):
        from_dict(TrainingConfig, {"stepss": 5})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"seed": -1}, r"`seed` must be in \[0, 2\*\*32\)"),
        ({"seed": 2**32}, r"`seed` must be in \[0, 2\*\*32\)"),
        ({"steps": 0}, "`steps` must be at least 1. Received: steps=0"),
        ({"log_every": 0}, "`log_every` must be at least 1"),
        ({"sample_every": 0}, "`sample_every` must be at least 1"),
        ({"checkpoint_every": 0}, "`checkpoint_every` must be at least 1"),
        ({"pretraining_steps": -1}, "`pretraining_steps` must be at least 0"),
        ({"smooth_weight": -0.1}, "`smooth_weight` must be at least 0"),
        ({"target_weight": -0.1}, "`target_weight` must be at least 0"),
        ({"pretraining_learning_rate": 0.0}, "`pretraining_.*` must be positive"),
        ({"generator_learning_rate": 0.0}, "`generator_learning_rate` must be pos"),
        ({"discriminator_learning_rate": 0}, "`discriminator_learning_rate` must be"),
        ({"clip_norm": 0.0}, "`clip_norm` must be positive"),
        ({"ema_decay": 1.0}, r"`ema_decay` must be in \[0, 1\)"),
        ({"style_momentum": 1.0}, r"`style_momentum` must be in \[0, 1\)"),
        ({"precision": "int8"}, "`precision` must be one of .*float32"),
    ],
)
def test_impossible_values_are_refused(values, message):
    with pytest.raises(ValueError, match=message):
        TrainingConfig(**values)
