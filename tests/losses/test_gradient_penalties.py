import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.losses.gradient_penalties import gradient_penalty, r1_penalty


@pytest.fixture
def gradients():
    """Gradients of two samples with the norms 5 and 0."""
    values = np.zeros((2, 1, 2, 1), dtype="float32")
    values[0, 0, :, 0] = 3.0, 4.0
    return values


def test_gradient_penalty_counts_each_sample_by_its_norm(gradients):
    assert float(gradient_penalty(gradients)) == pytest.approx((16 + 1) / 2, rel=1e-5)
    loss = gradient_penalty(gradients, target_norm=0.0)
    assert float(loss) == pytest.approx(12.5, rel=1e-5)


def test_r1_penalty_is_the_mean_of_the_squared_norms(gradients):
    assert float(r1_penalty(gradients)) == pytest.approx(12.5)


def test_gradient_penalty_is_differentiable_at_zero_gradients():
    gradients = tf.zeros((2, 4, 4, 3))
    with tf.GradientTape() as tape:
        tape.watch(gradients)
        loss = gradient_penalty(gradients)
    assert np.isfinite(tape.gradient(loss, gradients)).all()


def test_penalties_do_not_overflow_float16():
    gradients = np.full((1, 16, 16, 3), 300.0, dtype="float16")
    squared = 300.0**2 * 16 * 16 * 3
    assert float(r1_penalty(gradients)) == pytest.approx(squared)
    expected = (squared**0.5 - 1) ** 2
    assert float(gradient_penalty(gradients)) == pytest.approx(expected, rel=1e-5)
