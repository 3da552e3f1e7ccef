import dataclasses

import pytest

from animegan_tf.config import DataConfig, StyleConfig, TrainingConfig
from animegan_tf.recipes.defaults import DEFAULTS
from animegan_tf.recipes.names import check_names


@pytest.mark.parametrize("recipe", DEFAULTS)
def test_the_settings_of_every_recipe_pass(recipe):
    check_names(DEFAULTS[recipe])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"generator": "anmie"}, "`generator` must be .*Did you mean 'anime'"),
        (
            {"generator_options": {"widht": 4}},
            "no option `widht`. Did you mean 'width'",
        ),
        ({"discriminator": "pacth"}, "`discriminator` must be .*Did you mean 'patch'"),
        ({"discriminator_options": {"width": "4"}}, "`width` must be an integer"),
        ({"adversarial_loss": "lsgna"}, "`adversarial_loss` .*Did you mean 'lsgan'"),
        ({"data": DataConfig(target="oli")}, "`target` must be .*Did you mean 'oil'"),
        ({"styles": (StyleConfig("a", "b", "sotf"),)}, "Did you mean 'soft'"),
    ],
)
def test_a_misspelt_name_is_refused_with_the_one_meant(change, message):
    with pytest.raises(ValueError, match=message):
        check_names(dataclasses.replace(TrainingConfig(), **change))
