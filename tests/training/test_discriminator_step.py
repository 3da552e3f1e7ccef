import keras
import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.config import Stabilizers
from animegan_tf.models.discriminators import build_discriminator
from animegan_tf.training.discriminator_step import build_adversary_step
from animegan_tf.training.optimizers import build_adam


@pytest.fixture
def discriminator():
    keras.utils.set_random_seed(0)
    return build_discriminator("patch", width=4, num_downsamples=1)


@pytest.fixture
def pictures():
    rng = np.random.default_rng(0)
    return [tf.constant(rng.uniform(-1, 1, (2, 16, 16, 3)), tf.float32) for _ in "ab"]


def _build(discriminator, **changes):
    settings = {"stabilizers": Stabilizers(), "seed": 0, "clip_norm": 10.0} | changes
    stabilizers = settings.pop("stabilizers")
    optimizer = build_adam(1e-2)
    return build_adversary_step(
        discriminator, optimizer, "lsgan", stabilizers, **settings
    )


def test_discriminator_learns_to_tell_reals_from_fakes(discriminator, pictures):
    step = _build(discriminator)
    logs = [step(*pictures, tf.constant(i, tf.int64)) for i in range(40)]
    assert float(logs[-1]["discriminator"]) < 0.7 * float(logs[0]["discriminator"])
    assert float(logs[-1]["real_logits"]) > float(logs[-1]["fake_logits"])


def test_one_trace_serves_every_step(discriminator, pictures):
    step = _build(discriminator)
    for index in range(3):
        step(*pictures, tf.constant(index, tf.int64))
    assert step.experimental_get_tracing_count() == 1


def test_names_end_in_the_suffix(discriminator, pictures):
    logs = _build(discriminator, suffix="_back")(*pictures, tf.constant(0, tf.int64))
    assert set(logs) == {
        "discriminator_back",
        "real_logits_back",
        "fake_logits_back",
        "discriminator_norm_back",
    }


def test_several_critic_steps_are_refused(discriminator):
    with pytest.raises(ValueError, match="`critic_steps` must be 1"):
        _build(discriminator, stabilizers=Stabilizers(critic_steps=5))
