import dataclasses

import pytest

from animegan_tf.config import DataConfig, LossWeights, Stabilizers, TrainingConfig
from animegan_tf.recipes.settings import (
    check_weights,
    scheduled_adam,
    stream_options,
)

ADVERSARIAL = LossWeights(adversarial=1.0)


def test_weights_of_known_terms_pass():
    config = TrainingConfig(weights=LossWeights(l1=2.0, adversarial=1.0))
    check_weights(config, {"l1", "adversarial", "color"}, required=("l1",))


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({}, r"must be of cycle, l1, with l1 among them. Received: \[\]"),
        ({"cycle": 1.0}, r"with l1 among them. Received: \['cycle'\]"),
        ({"l1": 1.0, "nce": 1.0}, r"Received: \['l1', 'nce'\]"),
    ],
)
def test_unknown_and_missing_terms_are_refused(weights, message):
    config = TrainingConfig(recipe="pix2pix", weights=LossWeights(**weights))
    with pytest.raises(ValueError, match=f"`weights` of the recipe pix2pix.*{message}"):
        check_weights(config, {"l1", "cycle"}, required=("l1",))


def test_each_network_has_its_rate():
    config = TrainingConfig(
        generator_learning_rate=1e-3, discriminator_learning_rate=2e-3
    )
    for network, rate in (("generator", 1e-3), ("discriminator", 2e-3)):
        optimizer = scheduled_adam(config, network)
        assert float(optimizer.learning_rate) == pytest.approx(rate)


def test_rate_falls_as_the_stabilizers_say():
    config = TrainingConfig(
        steps=100,
        generator_learning_rate=1e-3,
        stabilizers=Stabilizers(decay="linear", decay_start=0.5),
    )
    optimizer = scheduled_adam(config, "generator")
    optimizer.build([])
    for step, rate in ((50, 1e-3), (75, 0.5e-3), (100, 0.0)):
        optimizer.iterations.assign(step)
        assert float(optimizer.learning_rate) == pytest.approx(rate, abs=1e-9)


@pytest.mark.parametrize(
    ("weights", "momentum"), [(ADVERSARIAL, 0.5), (LossWeights(l1=1.0), 0.9)]
)
def test_momentum_is_short_only_between_adversaries(weights, momentum):
    config = TrainingConfig(weights=weights)
    assert scheduled_adam(config, "generator").beta_1 == momentum


def test_streams_are_as_the_data_says():
    data = DataConfig(crop_size=32, batch_size=3, coverage=(0.5, 0.75), flip=False)
    config = dataclasses.replace(TrainingConfig(seed=5), data=data)
    assert stream_options(config, 7) == {
        "crop_size": 32,
        "batch_size": 3,
        "seed": 5,
        "start_step": 7,
        "coverage": (0.5, 0.75),
        "flip": False,
    }
