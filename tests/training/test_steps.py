import keras
import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.config import LossWeights
from animegan_tf.losses.objective import build_objective
from animegan_tf.models.discriminators import build_discriminator
from animegan_tf.models.generators import build_generator
from animegan_tf.training.optimizers import build_adam
from animegan_tf.training.steps import (
    build_discriminator_step,
    build_generator_step,
    build_pretraining_step,
    build_validation_step,
    standardize,
)
from animegan_tf.training.terms import build_terms

TINY = {"width": 4, "body_width": 4, "num_blocks": 1, "head_width": 4}


@pytest.fixture
def networks():
    keras.utils.set_random_seed(0)
    generator = build_generator("anime", **TINY)
    discriminator = build_discriminator("patch", image_shape=(None, None, 1), width=4)
    return generator, discriminator


@pytest.fixture
def batch():
    rng = np.random.default_rng(0)
    color = {k: rng.uniform(-1, 1, (2, 32, 32, 3)) for k in ("photo", "target")}
    gray = {
        k: rng.uniform(-1, 1, (2, 32, 32, 1)) for k in ("anime_gray", "anime_smooth")
    }
    return {k: tf.constant(v, tf.float32) for k, v in (color | gray).items()}


def _values(network):
    return [v.numpy() for v in network.variables]


def _same(before, after):
    return all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def _generator_step(generator, discriminator):
    weights = LossWeights(target=10.0, gradient=5.0, adversarial=1.0)
    return build_generator_step(
        generator,
        discriminator,
        build_adam(1e-3),
        build_objective(weights),
        build_terms(weights),
        "lsgan",
        10.0,
    )


def _discriminator_step(discriminator, smooth_weight=0.0, target_weight=0.0):
    return build_discriminator_step(
        discriminator,
        build_adam(1e-2),
        "lsgan",
        smooth_weight=smooth_weight,
        target_weight=target_weight,
        clip_norm=10.0,
    )


def test_generator_step_moves_only_the_generator(networks, batch):
    generator, discriminator = networks
    step = _generator_step(generator, discriminator)
    before = _values(generator), _values(discriminator)
    step(batch)
    assert not _same(before[0], _values(generator))
    assert _same(before[1], _values(discriminator))


def test_validation_step_measures_the_terms_and_moves_nothing(networks, batch):
    generator, _ = networks
    step = build_validation_step(generator, build_terms(LossWeights(target=10.0)))
    before = _values(generator)
    first, second = step(batch), step(batch)
    assert set(first) == {"target"}
    difference = generator(batch["photo"]).numpy() - batch["target"].numpy()
    # The weights are no part of it.
    assert float(first["target"]) == pytest.approx(np.abs(difference).mean(), rel=1e-4)
    assert float(first["target"]) == float(second["target"])
    assert _same(before, _values(generator))


def test_discriminator_step_moves_only_the_discriminator(networks, batch):
    generator, discriminator = networks
    step = _discriminator_step(discriminator, smooth_weight=0.5, target_weight=0.5)
    before = _values(generator), _values(discriminator)
    step(batch, generator(batch["photo"]))
    assert _same(before[0], _values(generator))
    assert not _same(before[1], _values(discriminator))


def test_discriminator_learns_to_tell_style_from_stylized(networks, batch):
    generator, discriminator = networks
    step = _discriminator_step(discriminator)
    stylized = generator(batch["photo"])
    losses = [float(step(batch, stylized)["discriminator"]) for _ in range(30)]
    assert losses[-1] < 0.5 * losses[0]


def test_pretraining_lowers_the_distance_to_the_target(networks, batch):
    generator, _ = networks
    weights = LossWeights(target=10.0, gradient=5.0)
    step = build_pretraining_step(
        generator,
        build_adam(1e-2, beta_1=0.9),
        build_objective(weights),
        build_terms(weights),
        10.0,
    )
    batch["target"] = tf.ones_like(batch["photo"]) * 0.5
    losses = [float(step(batch)["target"]) for _ in range(30)]
    assert losses[-1] < 0.5 * losses[0]


def test_one_trace_serves_every_batch(networks, batch):
    step = _generator_step(*networks)
    for _ in range(3):
        step({k: v + 0.01 for k, v in batch.items()})
    assert step.experimental_get_tracing_count() == 1


def test_haze_is_invisible_after_standardizing():
    gray = np.random.default_rng(0).uniform(-1, 1, (1, 8, 8, 1)).astype("float32")
    hazy = 0.6 * gray + 0.3
    clear, faded = standardize(gray).numpy(), standardize(hazy).numpy()
    np.testing.assert_allclose(clear, faded, atol=0.01)


def test_standardizing_leaves_an_empty_picture_empty():
    assert np.all(standardize(np.full((1, 8, 8, 1), 0.3, "float32")) == 0.0)
