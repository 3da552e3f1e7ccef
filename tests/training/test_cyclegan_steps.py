import keras
import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.config import LossWeights, Stabilizers
from animegan_tf.losses.objective import build_objective
from animegan_tf.models.discriminators import build_discriminator
from animegan_tf.models.generators import build_generator
from animegan_tf.training.cyclegan_steps import build_cyclegan_generator_step
from animegan_tf.training.optimizers import build_adam
from animegan_tf.training.regularization import build_generator_loss

STEP = tf.constant(0, tf.int64)


@pytest.fixture
def networks():
    keras.utils.set_random_seed(0)
    options = {"width": 4, "body_width": 4, "num_blocks": 1, "head_width": 4}
    generators = [build_generator("anime", **options) for _ in "ab"]
    discriminators = [
        build_discriminator("patch", width=4, num_downsamples=1) for _ in "ab"
    ]
    return generators, discriminators


@pytest.fixture
def batch():
    rng = np.random.default_rng(0)
    return {
        name: tf.constant(rng.uniform(-1, 1, (1, 16, 16, 3)), tf.float32)
        for name in ("photo", "anime")
    }


def _build(generators, discriminators, identity=5.0):
    weights = LossWeights(cycle=10.0, identity=identity, adversarial=1.0)
    adversarial = [
        build_generator_loss(d, "lsgan", Stabilizers(), seed=0) for d in discriminators
    ]
    return build_cyclegan_generator_step(
        *generators,
        *adversarial,
        build_adam(1e-3),
        build_objective(weights),
        identity=identity > 0.0,
        clip_norm=10.0,
    )


def _values(network):
    return [v.numpy() for v in network.variables]


def _same(before, after):
    return all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def test_generator_step_moves_both_generators_and_nothing_else(networks, batch):
    generators, discriminators = networks
    step = _build(*networks)
    before = [_values(n) for n in (*generators, *discriminators)]
    scalars, fakes = step(batch, STEP)
    moved = [
        not _same(b, _values(n))
        for b, n in zip(before, (*generators, *discriminators), strict=True)
    ]
    assert moved == [True, True, False, False]
    assert {"adversarial", "cycle", "identity", "total"} <= set(scalars)
    assert fakes["anime"].shape == fakes["photo"].shape == (1, 16, 16, 3)


def test_fakes_are_those_of_the_right_generator(networks, batch):
    generators, _ = networks
    expected = [generators[0](batch["photo"]), generators[1](batch["anime"])]
    _, fakes = _build(*networks)(batch, STEP)
    np.testing.assert_allclose(fakes["anime"], expected[0], atol=1e-5)
    np.testing.assert_allclose(fakes["photo"], expected[1], atol=1e-5)


def test_generators_that_undo_each_other_have_no_cycle_error(
    networks, batch, negative_generator
):
    _, discriminators = networks
    twin = keras.models.clone_model(negative_generator)
    twin.set_weights(negative_generator.get_weights())
    scalars, _ = _build([negative_generator, twin], discriminators)(batch, STEP)
    assert float(scalars["cycle"]) == pytest.approx(0.0, abs=1e-6)
    expected = 2 * np.mean(np.abs(batch["photo"]) + np.abs(batch["anime"]))
    assert float(scalars["identity"]) == pytest.approx(expected, rel=1e-5)


def test_identity_of_weight_0_is_not_computed(networks, batch):
    scalars, _ = _build(*networks, identity=0.0)(batch, STEP)
    assert "identity" not in scalars
