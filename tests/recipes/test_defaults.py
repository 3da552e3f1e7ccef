import pytest

from animegan_tf.config import from_dict, to_dict
from animegan_tf.config.training import TrainingConfig
from animegan_tf.recipes import RECIPES
from animegan_tf.recipes.defaults import DEFAULTS, default_config


def test_every_recipe_has_settings_under_its_own_name():
    assert set(DEFAULTS) == set(RECIPES)
    assert all(config.recipe == name for name, config in DEFAULTS.items())


@pytest.mark.parametrize("recipe", DEFAULTS)
def test_settings_are_written_and_read_alike(recipe):
    config = default_config(recipe)
    assert from_dict(TrainingConfig, to_dict(config)) == config


def test_noise_recipes_have_no_weights_and_the_others_have():
    without = {name for name, c in DEFAULTS.items() if not c.weights.active()}
    assert without == {"dcgan", "wgan", "wgan_gp"}


def test_settings_are_those_of_the_papers():
    # Radford et al., 2016; Arjovsky et al., 2017; Gulrajani et al., 2017.
    dcgan, wgan, gp = (DEFAULTS[name] for name in ("dcgan", "wgan", "wgan_gp"))
    assert (dcgan.data.batch_size, dcgan.generator_learning_rate) == (128, 2e-4)
    assert (wgan.stabilizers.weight_clip, wgan.generator_learning_rate) == (0.01, 5e-5)
    assert (gp.stabilizers.gradient_penalty, gp.generator_learning_rate) == (10.0, 1e-4)
    assert wgan.stabilizers.critic_steps == gp.stabilizers.critic_steps == 5
    # Isola et al., 2017; Zhu et al., 2017; Park et al., 2020.
    for name in ("pix2pix", "cyclegan", "cut"):
        config = DEFAULTS[name]
        assert (config.data.crop_size, config.data.batch_size) == (256, 1)
        assert config.data.coverage == (256 / 286, 256 / 286)
        assert (config.stabilizers.decay, config.stabilizers.decay_start) == (
            "linear",
            0.5,
        )
    assert DEFAULTS["pix2pix"].weights.active() == {"adversarial": 1.0, "l1": 100.0}


def test_a_misspelt_recipe_is_met_by_the_one_meant():
    with pytest.raises(ValueError, match="Did you mean 'anime'.*recipe='anmie'"):
        default_config("anmie")
    with pytest.raises(ValueError, match="`recipe` must be one of anime, styles"):
        default_config("gan")
