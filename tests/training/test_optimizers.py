import keras
import pytest

from animegan_tf.training.optimizers import build_adam


def test_cosine_starts_at_the_rate_and_ends_at_a_hundredth():
    optimizer = build_adam(0.1, cosine_steps=10)
    variable = keras.Variable([0.0])
    optimizer.build([variable])
    assert float(optimizer.learning_rate) == pytest.approx(0.1)
    for _ in range(10):
        optimizer.apply([keras.ops.ones((1,))], [variable])
    assert float(optimizer.learning_rate) == pytest.approx(0.001)


def test_rate_is_constant_without_a_schedule():
    optimizer = build_adam(0.1)
    variable = keras.Variable([0.0])
    optimizer.build([variable])
    optimizer.apply([keras.ops.ones((1,))], [variable])
    assert float(optimizer.learning_rate) == pytest.approx(0.1)
    # Adam's first step has the length of the rate, whatever the gradient.
    assert variable.numpy()[0] == pytest.approx(-0.1, rel=1e-4)
