import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.recipes.adversary import Adversary, build_adversary_network

STEP = tf.constant(0, tf.int64)


def _pictures(level, channels=3):
    return tf.fill((1, 16, 16, channels), level)


def _judge_by_mean(adversary, gain=1.0):
    """Let the last layer alone speak: its bias is the verdict on every patch."""
    for variable in adversary.discriminator.trainable_variables:
        is_bias = "logits" in variable.path and variable.path.endswith("bias")
        variable.assign(np.full(variable.shape, gain if is_bias else 0.0))


@pytest.mark.parametrize("channels", [3, 6])
def test_adversary_sees_as_many_channels_as_said(unpaired_config, channels):
    adversary = Adversary(unpaired_config("cut"), seed=0, channels=channels)
    assert adversary.discriminator.input_shape == (None, None, None, channels)


def test_options_of_the_settings_come_before_the_recipe_s_shape(unpaired_config):
    options = {"width": 4, "num_downsamples": 1, "image_shape": (32, 32, 3)}
    config = unpaired_config("cut", discriminator_options=options)
    assert build_adversary_network(config, (None, None, 6)).input_shape[1] == 32


def test_network_has_the_precision_of_the_training(unpaired_config):
    config = unpaired_config("cut", precision="mixed_bfloat16")
    network = build_adversary_network(config, (None, None, 3))
    assert network.get_layer("stem").compute_dtype == "bfloat16"
    assert network.get_layer("logits").compute_dtype == "float32"


def test_verdicts_of_a_known_judge(unpaired_config):
    config = unpaired_config("cut", stabilizers={"real_label": 0.9})
    adversary = Adversary(config, seed=0, suffix="_back")
    _judge_by_mean(adversary, 0.25)
    # LSGAN, at the logit 0.25: towards 1 for the generator, to 0.9 and 0 for itself.
    fakes = _pictures(-0.5)
    assert float(adversary.generator_loss(fakes, STEP)) == pytest.approx(0.75**2)
    assert float(adversary.judge_for_generator(fakes)) == pytest.approx(0.75**2)
    scalars = adversary.step(_pictures(0.5), fakes, STEP)
    expected = 0.65**2 + 0.25**2
    assert float(scalars["discriminator_back"]) == pytest.approx(expected)


def test_held_out_results_are_judged_without_noise(unpaired_config):
    config = unpaired_config("cut", stabilizers={"instance_noise": 1.0})
    adversary = Adversary(config, seed=0)
    plain = Adversary(unpaired_config("cut"), seed=0)
    adversary.discriminator.set_weights(plain.discriminator.get_weights())
    fakes = _pictures(0.5)
    expected = float(plain.judge_for_generator(fakes))
    assert float(adversary.judge_for_generator(fakes)) == expected
    assert float(adversary.generator_loss(fakes, STEP)) != pytest.approx(expected)
