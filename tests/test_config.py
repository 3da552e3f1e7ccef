import json

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
