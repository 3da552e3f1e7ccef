import keras
import numpy as np
import pytest

from animegan_tf.training.unconditional_validation import build_noise_validation


def _networks(verdict):
    """A generator of black pictures, and a judge of their mean brightness."""
    generator = keras.Sequential(
        [
            keras.Input((2,)),
            keras.layers.Dense(12, kernel_initializer="zeros"),
            keras.layers.Reshape((2, 2, 3)),
        ]
    )
    generator.layers[0].bias.assign(-np.ones(12))
    discriminator = keras.Sequential(
        [keras.Input((2, 2, 3)), keras.layers.Flatten(), verdict]
    )
    discriminator.layers[-1].kernel.assign(np.full((12, 1), 1 / 12))
    return generator, discriminator


def test_measures_by_hand():
    networks = _networks(keras.layers.Dense(1))
    validate = build_noise_validation(
        *networks, "wasserstein", seed=0, from_logits=True
    )
    values = validate({"image": np.full((5, 2, 2, 3), 0.5, "float32")})
    # The critic's loss is its verdict on fakes less that on reals.
    expected = {"real_logits": 0.5, "fake_logits": -1.0, "discriminator": -1.5}
    assert {k: float(v) for k, v in values.items()} == pytest.approx(expected)


def test_probabilities_are_taken_as_such():
    networks = _networks(keras.layers.Dense(1, activation="sigmoid"))
    validate = build_noise_validation(*networks, "bce", seed=0, from_logits=False)
    values = validate({"image": np.full((1, 2, 2, 3), 0.5, "float32")})
    real, fake = 1 / (1 + np.exp(-0.5)), 1 / (1 + np.exp(1.0))
    expected = -np.log(real) - np.log(1 - fake)
    assert float(values["discriminator"]) == pytest.approx(expected, rel=1e-4)
