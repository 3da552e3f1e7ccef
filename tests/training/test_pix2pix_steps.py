import keras
import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.config import LossWeights, Stabilizers
from animegan_tf.losses.objective import build_objective
from animegan_tf.models.discriminators import build_discriminator
from animegan_tf.models.generators import build_generator
from animegan_tf.training.optimizers import build_adam
from animegan_tf.training.pix2pix_steps import (
    build_pair_validation,
    build_pix2pix_generator_step,
    pair_with_condition,
    psnr,
)
from animegan_tf.training.regularization import build_generator_loss

STEP = tf.constant(0, tf.int64)


@pytest.fixture
def networks():
    keras.utils.set_random_seed(0)
    generator = build_generator(
        "anime", width=4, body_width=4, num_blocks=1, head_width=4
    )
    discriminator = build_discriminator(
        "patch", image_shape=(None, None, 6), width=4, num_downsamples=1
    )
    return generator, discriminator


@pytest.fixture
def batch():
    photo = np.random.default_rng(0).uniform(-1, 1, (2, 16, 16, 3))
    return {
        "photo": tf.constant(photo, tf.float32),
        "target": tf.constant(-photo, tf.float32),
    }


def _build(generator, discriminator, weights):
    adversarial = None
    if discriminator is not None:
        adversarial = build_generator_loss(
            discriminator, "lsgan", Stabilizers(), seed=0
        )
    return build_pix2pix_generator_step(
        generator,
        adversarial,
        build_adam(1e-3),
        build_objective(weights),
        [name for name in weights.active() if name != "adversarial"],
        10.0,
    )


def _values(network):
    return [v.numpy() for v in network.variables]


def _same(before, after):
    return all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def test_generator_step_moves_only_the_generator(networks, batch):
    generator, discriminator = networks
    step = _build(*networks, LossWeights(l1=100.0, gradient=1.0, adversarial=1.0))
    before = _values(generator), _values(discriminator)
    scalars, result = step(batch, STEP)
    assert not _same(before[0], _values(generator))
    assert _same(before[1], _values(discriminator))
    assert {"total", "l1", "gradient", "adversarial"} <= set(scalars)
    assert result.shape == (2, 16, 16, 3)


def test_adversary_sees_the_photo_beside_the_picture(batch):
    pairs = pair_with_condition(batch, batch["target"])
    assert pairs.shape == (2, 16, 16, 6)
    np.testing.assert_array_equal(pairs[..., :3], batch["photo"])
    np.testing.assert_array_equal(pairs[..., 3:], batch["target"])


def test_generator_without_an_adversary_regresses_alone(networks, batch):
    step = _build(networks[0], None, LossWeights(l1=1.0))
    losses = [float(step(batch, STEP)[0]["l1"]) for _ in range(20)]
    assert losses[-1] < losses[0]
    assert set(step(batch, STEP)[0]) == {"total", "l1", "generator_norm"}


def test_psnr_by_hand():
    pictures = tf.zeros((2, 4, 4, 3))
    # A difference of 0.2 is 1/10 of the peak, so 20 dB.
    assert float(psnr(pictures, pictures + 0.2)) == pytest.approx(20.0, abs=1e-3)
    one_wrong = tf.concat([pictures[:1] + 0.2, pictures[1:]], axis=0)
    assert float(psnr(pictures, one_wrong)) == pytest.approx((20 + 100) / 2, abs=1e-3)


def test_validation_compares_with_the_untouched_photo(identity_generator):
    photo = tf.zeros((1, 8, 8, 3))
    scalars = build_pair_validation(identity_generator)(
        {"photo": photo, "target": photo + 0.2}
    )
    assert float(scalars["l1"]) == pytest.approx(0.2, abs=1e-6)
    assert float(scalars["psnr"]) == pytest.approx(20.0, abs=1e-3)
    assert float(scalars["psnr_before"]) == pytest.approx(20.0, abs=1e-3)
