import keras
import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.training.gradients import apply_gradients
from animegan_tf.training.optimizers import build_adam


def _step(optimizer, variables, slopes, clip_norm):
    """Take one step down a plane of these slopes; return the norm."""
    optimizer.build(variables)
    with tf.GradientTape() as tape:
        loss = sum(
            slope * tf.reduce_sum(variable.value)
            for slope, variable in zip(slopes, variables, strict=True)
        )
    return float(apply_gradients(optimizer, tape, loss, variables, clip_norm))


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_gradient_that_is_not_finite_changes_nothing(bad):
    variables = [keras.Variable([1.0]), keras.Variable([2.0])]
    optimizer = build_adam(0.1)
    assert not np.isfinite(_step(optimizer, variables, [1.0, bad], 1.0))
    assert [v.numpy()[0] for v in variables] == [1.0, 2.0]
    assert int(optimizer.iterations) == 0


def test_long_gradient_is_scaled_to_the_limit():
    variables = [keras.Variable([1.0]), keras.Variable([1.0])]
    # Of length 5, scaled to 2: 3/5 and 4/5 of that.
    norm = _step(keras.optimizers.SGD(1.0), variables, [3.0, 4.0], 2.0)
    assert norm == pytest.approx(5.0)
    moved = [v.numpy()[0] for v in variables]
    assert moved == pytest.approx([1.0 - 1.2, 1.0 - 1.6])


def test_short_gradient_is_left_as_it_is():
    variable = keras.Variable([1.0])
    assert _step(keras.optimizers.SGD(1.0), [variable], [0.25], 2.0) == 0.25
    assert variable.numpy()[0] == pytest.approx(0.75)


def test_half_precision_is_measured_in_float32():
    variable = keras.Variable(np.ones(4096), dtype="bfloat16")
    # 64 is a power of two, but a sum of 4096 ones in bfloat16 stops at 256.
    norm = _step(keras.optimizers.SGD(0.0), [variable], [1.0], 1e6)
    assert norm == pytest.approx(64.0)
