import keras
import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.training.gradients import apply_gradients
from animegan_tf.training.optimizers import (
    build_adam,
    build_learning_rate,
    build_rmsprop,
)


def test_cosine_starts_at_the_rate_and_ends_at_a_hundredth():
    optimizer = build_adam(0.1, cosine_steps=10)
    variable = keras.Variable([0.0])
    optimizer.build([variable])
    assert float(optimizer.learning_rate) == pytest.approx(0.1)
    for _ in range(10):
        optimizer.apply([keras.ops.ones((1,))], [variable])
    assert float(optimizer.learning_rate) == pytest.approx(0.001)


def test_cosine_over_many_updates_rises_in_the_first_twentieth():
    optimizer = build_adam(0.1, cosine_steps=100)
    variable = keras.Variable([0.0])
    optimizer.build([variable])
    rates = []
    for _ in range(6):
        rates.append(float(optimizer.learning_rate))
        optimizer.apply([keras.ops.ones((1,))], [variable])
    assert rates[0] == 0.0
    assert rates[2] == pytest.approx(0.04)
    assert rates[5] == pytest.approx(0.1)


def test_rate_is_constant_without_a_schedule():
    optimizer = build_adam(0.1)
    variable = keras.Variable([0.0])
    optimizer.build([variable])
    optimizer.apply([keras.ops.ones((1,))], [variable])
    assert float(optimizer.learning_rate) == pytest.approx(0.1)
    # Adam's first step has the length of the rate, whatever the gradient.
    assert variable.numpy()[0] == pytest.approx(-0.1, rel=1e-4)


def test_constant_rate_is_a_plain_number():
    assert build_learning_rate(0.2, 10) == 0.2


@pytest.mark.parametrize(
    ("decay", "expected"),
    [
        # Of 100 updates it is constant for 20, then falls over 80.
        ("linear", {0: 0.4, 20: 0.4, 40: 0.3, 60: 0.2, 100: 0.0, 150: 0.0}),
        # Half a wave: 60 degrees after a third of the fall leaves 3/4.
        ("cosine", {0: 0.4, 20: 0.4, 60: 0.2, 20 + 80 / 3: 0.3, 100: 0.0, 150: 0.0}),
    ],
)
def test_rate_falls_to_0_from_its_start_on(decay, expected):
    schedule = build_learning_rate(0.4, 100, decay, 0.2)
    rates = {step: float(schedule(step)) for step in expected}
    assert rates == pytest.approx(expected, abs=1e-6)


def test_optimizer_follows_the_schedule_and_can_be_saved():
    optimizer = build_adam(build_learning_rate(0.1, 4, "linear", 0.0))
    variable = keras.Variable([0.0])
    optimizer.build([variable])
    rates = []
    for _ in range(5):
        rates.append(float(optimizer.learning_rate))
        optimizer.apply([keras.ops.ones((1,))], [variable])
    assert rates == pytest.approx([0.1, 0.075, 0.05, 0.025, 0.0])
    config = keras.optimizers.serialize(optimizer)
    restored = keras.optimizers.deserialize(config)
    restored.build([variable])
    assert float(restored.learning_rate) == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("name", "value"),
    [("rate", 0.0), ("steps", 0), ("decay", "step"), ("start", 1.0)],
)
def test_senseless_schedules_are_refused(name, value):
    settings = {"rate": 0.1, "steps": 5, "decay": "linear", "start": 0.5}
    with pytest.raises(ValueError, match=f"`{name}` must .*Received: {name}="):
        build_learning_rate(**settings | {name: value})


def test_rmsprop_divides_by_the_root_of_the_mean_square():
    optimizer = build_rmsprop(0.1)
    variable = keras.Variable([0.0])
    optimizer.build([variable])
    optimizer.apply([keras.ops.full((1,), 5.0)], [variable])
    # The mean starts at 0 and takes in 1/100 of 25: 5 / sqrt(0.25) = 10.
    assert variable.numpy()[0] == pytest.approx(-1.0, rel=1e-3)


# Clipped gradients


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


def test_a_rate_factor_lengthens_the_step_of_its_variable_alone():
    for optimizer in (build_adam(0.1), keras.optimizers.SGD(0.1)):
        variables = [keras.Variable([1.0]), keras.Variable([1.0])]
        optimizer.build(variables)
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(sum(variable.value for variable in variables))
        apply_gradients(optimizer, tape, loss, variables, 10.0, [1.0, 4.0])
        moved = [v.numpy()[0] for v in variables]
        assert moved == pytest.approx([0.9, 0.6], rel=1e-4)
