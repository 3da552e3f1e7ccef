import json
from pathlib import Path

import numpy as np
import pytest

from animegan_tf.config import (
    DataConfig,
    LossWeights,
    Stabilizers,
    TrainingConfig,
    from_dict,
    read_config,
    to_dict,
    write_config,
)


def test_json_round_trip_keeps_every_setting(tmp_path):
    config = TrainingConfig(
        steps=7,
        data=DataConfig(photos="a", scales=(64, 96), validation="held"),
        weights=LossWeights(style=0.5),
        generator_options={"width": 8},
    )
    write_config(config, tmp_path / "config.json")
    assert read_config(tmp_path / "config.json") == config


def test_active_terms_are_those_with_weight():
    weights = LossWeights(target=1.0, style=2.0)
    assert weights.active() == {"target": 1.0, "style": 2.0}


def test_unknown_setting_names_the_known_ones():
    with pytest.raises(ValueError, match="colour.*Known: .*color"):
        from_dict(LossWeights, {"colour": 1.0})


def test_whole_number_passes_for_a_float_but_not_the_other_way_round():
    assert from_dict(LossWeights, {"style": 2}).style == 2.0
    with pytest.raises(ValueError, match="`steps` must be an integer.*2.5"):
        from_dict(TrainingConfig, {"steps": 2.5})


def test_true_is_not_a_number():
    with pytest.raises(ValueError, match="steps=True"):
        from_dict(TrainingConfig, {"steps": True})


@pytest.mark.parametrize(
    ("kind", "values", "message"),
    [
        (DataConfig, {"crop_size": 20}, "crop_size.*multiple of 8"),
        (DataConfig, {"scales": ()}, "scales"),
        (DataConfig, {"validation": 1.0}, "validation"),
        (LossWeights, {"style": -1.0}, "style.*at least 0"),
        (Stabilizers, {"real_label": 1.1}, "real_label"),
        (Stabilizers, {"decay": "steps"}, "decay.*linear"),
        (Stabilizers, {"diff_augment": ("color",)}, "diff_augment.*cutout"),
        (DataConfig, {"pairing": "guess"}, "pairing.*side_by_side"),
        (TrainingConfig, {"ema_decay": 1.0}, "ema_decay"),
        (TrainingConfig, {"precision": "int8"}, "precision.*float32"),
        (TrainingConfig, {"steps": 0}, "steps"),
        (TrainingConfig, {"clip_norm": 0.0}, "clip_norm"),
    ],
)
def test_impossible_values_are_refused(kind, values, message):
    with pytest.raises(ValueError, match=message):
        kind(**values)


def test_damaged_file_is_named(tmp_path):
    path = tmp_path / "config.json"
    path.write_text("{")
    with pytest.raises(ValueError, match="config.json"):
        read_config(path)


def test_to_dict_is_plain_json():
    values = to_dict(TrainingConfig())
    assert json.loads(json.dumps(values)) == values


def test_fields_take_numpy_s_numbers_and_paths():
    data = DataConfig(photos=Path("photos"), scales=[np.int64(8)])
    assert (data.photos, data.scales) == ("photos", (8,))
    assert TrainingConfig(steps=np.int64(7), ema_decay=np.float64(0.5)).steps == 7


@pytest.mark.parametrize(
    ("kind", "values", "message"),
    [
        (TrainingConfig, {"steps": "many"}, "`steps` must be an integer.*'many'"),
        (TrainingConfig, {"steps": True}, "`steps` must be an integer"),
        (TrainingConfig, {"seed": -1}, r"`seed` must be in \[0, 2"),
        (LossWeights, {"style": float("inf")}, "`style` must be a number.*inf"),
        (LossWeights, {"style": 10**400}, "`style` must be a number"),
        (DataConfig, {"scales": "256"}, "`scales` must be a list of an integer"),
        (DataConfig, {"scales": [0]}, "`scales` must be a list of sizes"),
    ],
)
def test_values_of_other_types_are_refused_as_soon_as_they_are_given(
    kind, values, message
):
    with pytest.raises(ValueError, match=message):
        kind(**values)


def test_a_misspelt_setting_is_met_by_the_one_meant():
    with pytest.raises(ValueError, match="'stepss'. Did you mean 'steps'"):
        from_dict(TrainingConfig, {"stepss": 5})


def test_a_style_without_pictures_is_refused():
    with pytest.raises(ValueError, match="StyleConfig must have name, pictures"):
        from_dict(TrainingConfig, {"styles": [{"name": "ink"}]})
