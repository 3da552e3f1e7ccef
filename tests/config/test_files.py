import pytest

from animegan_tf.config import (
    DataConfig,
    LossWeights,
    StyleConfig,
    TrainingConfig,
    read_config,
    write_config,
)


def test_a_file_keeps_every_setting(tmp_path):
    config = TrainingConfig(
        steps=7,
        data=DataConfig(photos="a", scales=(64, 96), validation="held"),
        weights=LossWeights(style=0.5),
        styles=(StyleConfig("ink", "pictures"),),
        generator_options={"width": 8},
    )
    write_config(config, tmp_path / "config.json")
    assert read_config(tmp_path / "config.json") == config


def test_other_kinds_of_settings_have_files_too(tmp_path):
    write_config(LossWeights(style=0.5), tmp_path / "weights.json")
    read = read_config(tmp_path / "weights.json", LossWeights)
    assert read == LossWeights(style=0.5)


@pytest.mark.parametrize("text", ["{", '{"stepss": 5}', '{"steps": "many"}', "[]"])
def test_a_file_that_is_no_config_is_named_on_one_line(tmp_path, text):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(ValueError, match="config.json") as error:
        read_config(tmp_path / "config.json")
    assert "\n" not in str(error.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="config.json"):
        read_config(tmp_path / "config.json")
