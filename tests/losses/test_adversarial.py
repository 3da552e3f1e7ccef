"""Adversarial losses."""

import dataclasses
import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.losses import adversarial
from animegan_tf.losses.adversarial import ADVERSARIAL_LOSSES, AdversarialLoss

REAL = np.array([[2.0], [0.0]], dtype="float32")
FAKE = np.array([[1.0], [-1.0]], dtype="float32")


def softplus(value):
    return math.log1p(math.exp(value))


# Computed by hand from the formulas in the docstrings: (generator, real, fake).
EXPECTED = {
    "lsgan": ((0 + 4) / 2, (1 + 1) / 2, (1 + 1) / 2),
    "bce": (
        (softplus(-1) + softplus(1)) / 2,
        (softplus(-2) + softplus(0)) / 2,
        (softplus(1) + softplus(-1)) / 2,
    ),
    "bce_saturating": (
        -(softplus(1) + softplus(-1)) / 2,
        (softplus(-2) + softplus(0)) / 2,
        (softplus(1) + softplus(-1)) / 2,
    ),
    "hinge": (0.0, (0 + 1) / 2, (2 + 0) / 2),
    "wasserstein": (0.0, -1.0, 0.0),
}


def test_registry_has_every_family():
    assert set(ADVERSARIAL_LOSSES) == set(EXPECTED)
    with pytest.raises(dataclasses.FrozenInstanceError):
        ADVERSARIAL_LOSSES["lsgan"].real = None


@pytest.mark.parametrize("name", EXPECTED)
def test_losses_computed_by_hand(name):
    loss = ADVERSARIAL_LOSSES[name]
    generator, real, fake = EXPECTED[name]
    assert isinstance(loss, AdversarialLoss)
    assert float(loss.generator(FAKE)) == pytest.approx(generator, abs=1e-6)
    assert float(loss.real(REAL)) == pytest.approx(real, abs=1e-6)
    assert float(loss.fake(FAKE)) == pytest.approx(fake, abs=1e-6)


@pytest.mark.parametrize("name", EXPECTED)
def test_discriminator_loss_is_the_weighted_sum_of_its_parts(name):
    loss = ADVERSARIAL_LOSSES[name]
    _, real, fake = EXPECTED[name]
    total = loss.discriminator(REAL, FAKE, real_weight=3.0, fake_weight=0.5)
    assert float(total) == pytest.approx(3.0 * real + 0.5 * fake, abs=1e-5)


@pytest.mark.parametrize("name", EXPECTED)
@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_losses_and_gradients_are_finite_float32_at_extreme_logits(name, dtype):
    loss = ADVERSARIAL_LOSSES[name]
    logits = tf.constant([[-3e4], [-100.0], [0.0], [100.0], [3e4]], dtype=dtype)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        terms = [loss.generator(logits), loss.real(logits), loss.fake(logits)]
        total = tf.add_n(terms)
    assert [term.dtype for term in terms] == [tf.float32] * 3
    assert np.isfinite([float(term) for term in terms]).all()
    assert np.isfinite(tf.cast(tape.gradient(total, logits), tf.float32)).all()


@pytest.mark.parametrize("name", EXPECTED)
def test_generator_loss_decreases_with_the_logits(name):
    generator_loss = ADVERSARIAL_LOSSES[name].generator
    assert float(generator_loss(FAKE + 0.5)) < float(generator_loss(FAKE - 0.5))


def test_lsgan_loss_is_zero_at_its_label():
    for label in (0.0, 0.1, 0.9, 1.0):
        logits = np.full((1, 2, 2, 1), label, "float32")
        assert float(adversarial.lsgan_loss(logits, label)) == pytest.approx(0.0)
    assert float(adversarial.lsgan_loss(REAL, 0.5)) == pytest.approx((2.25 + 0.25) / 2)


def test_non_saturating_gradient_does_not_vanish_for_a_confident_discriminator():
    logits = tf.constant([[-20.0]])
    gradients = []
    for name in ("bce", "bce_saturating"):
        with tf.GradientTape() as tape:
            tape.watch(logits)
            loss = ADVERSARIAL_LOSSES[name].generator(logits)
        gradients.append(float(tape.gradient(loss, logits)[0, 0]))
    assert gradients[0] == pytest.approx(-1.0, abs=1e-6)
    assert gradients[1] == pytest.approx(0.0, abs=1e-6)


def test_probabilities_and_logits_give_the_same_loss():
    for function in (
        adversarial.bce_generator_loss,
        adversarial.bce_saturating_generator_loss,
    ):
        from_logits = float(function(FAKE))
        probabilities = keras.ops.sigmoid(FAKE)
        from_probabilities = float(function(probabilities, from_logits=False))
        assert from_probabilities == pytest.approx(from_logits, abs=1e-6)
    expected = float(adversarial.bce_loss(REAL, 0.9))
    received = adversarial.bce_loss(keras.ops.sigmoid(REAL), 0.9, from_logits=False)
    assert float(received) == pytest.approx(expected, abs=1e-6)


def test_probabilities_of_0_and_1_give_finite_losses():
    outputs = tf.constant([[0.0], [1.0]])
    for label in (0.0, 1.0):
        with tf.GradientTape() as tape:
            tape.watch(outputs)
            loss = adversarial.bce_loss(outputs, label, from_logits=False)
        assert float(loss) == pytest.approx(-math.log(1e-7) / 2, rel=0.05)
        assert np.isfinite(tape.gradient(loss, outputs)).all()


def test_label_smoothing_moves_the_optimum_to_the_label():
    def loss_at(probability):
        logit = np.float32(math.log(probability / (1 - probability)))
        return float(adversarial.bce_loss(np.array([logit]), 0.9))

    assert loss_at(0.9) < loss_at(0.85)
    assert loss_at(0.9) < loss_at(0.95)


def test_labels_are_those_given():
    losses = adversarial.choose_losses(
        "lsgan", real_label=0.9, fake_label=0.1, generator_label=0.8
    )
    assert float(losses.real(REAL)) == pytest.approx((1.1**2 + 0.9**2) / 2)
    assert float(losses.fake(FAKE)) == pytest.approx((0.9**2 + 1.1**2) / 2)
    assert float(losses.generator(FAKE)) == pytest.approx((0.2**2 + 1.8**2) / 2)
    losses = adversarial.choose_losses("bce", fake_label=0.25, generator_label=0.75)
    fake = [0.25 * softplus(-x) + 0.75 * softplus(x) for x in (1, -1)]
    generator = [0.75 * softplus(-x) + 0.25 * softplus(x) for x in (1, -1)]
    assert float(losses.fake(FAKE)) == pytest.approx(sum(fake) / 2, abs=1e-6)
    assert float(losses.generator(FAKE)) == pytest.approx(sum(generator) / 2, abs=1e-6)


@pytest.mark.parametrize("label", ["fake_label", "generator_label"])
def test_labels_of_a_loss_without_labels_are_refused(label):
    with pytest.raises(ValueError, match=f"`{label}` must be"):
        adversarial.check_losses("hinge", **{label: 0.5})
    with pytest.raises(ValueError, match="`generator_label` must be 1"):
        adversarial.check_losses("bce_saturating", generator_label=0.5)
