"""The weighted sum of loss terms."""

import dataclasses

import pytest
import tensorflow as tf

from animegan_tf.config import LossWeights
from animegan_tf.losses.objective import build_objective


@dataclasses.dataclass(frozen=True)
class RecipeWeights(LossWeights):
    """The weights of a recipe with three terms."""

    target: float = 0.0
    adversarial: float = 0.0
    style: float = 0.0


NOTHING = {field.name: 0.0 for field in dataclasses.fields(RecipeWeights)}
WEIGHTS = RecipeWeights(**{**NOTHING, "target": 10.0, "adversarial": 0.5})


def test_total_is_the_weighted_sum_and_logs_are_unweighted():
    objective = build_objective(WEIGHTS)
    total, logs = objective({"adversarial": 4.0, "target": 0.25})
    assert float(total) == pytest.approx(10.0 * 0.25 + 0.5 * 4.0)
    assert list(logs) == ["total", "target", "adversarial"]
    assert float(logs["total"]) == pytest.approx(4.5)
    assert float(logs["target"]) == pytest.approx(0.25)
    assert float(logs["adversarial"]) == pytest.approx(4.0)


def test_every_field_of_loss_weights_is_a_term():
    weights = RecipeWeights(**dict.fromkeys(NOTHING, 2.0))
    total, logs = build_objective(weights)(dict.fromkeys(NOTHING, 1.5))
    assert float(total) == pytest.approx(3.0 * len(NOTHING))
    assert set(logs) == {"total", *NOTHING}


@pytest.mark.parametrize(
    "terms",
    [
        {"target": 1.0},
        {"target": 1.0, "adversarial": 1.0, "style": 1.0},
        {"target": 1.0, "adverserial": 1.0},
    ],
)
def test_terms_must_be_those_with_a_weight(terms):
    message = (
        r"`terms` must name exactly the losses with a non-zero weight, "
        r"\['adversarial', 'target'\]. Received: \["
    )
    with pytest.raises(ValueError, match=message):
        build_objective(WEIGHTS)(terms)


def test_terms_must_be_scalars():
    terms = {"target": tf.ones(3), "adversarial": 1.0}
    with pytest.raises(ValueError, match=r"scalars. Received: target of shape \(3,\)"):
        build_objective(WEIGHTS)(terms)


def test_an_objective_without_terms_is_rejected():
    with pytest.raises(ValueError, match="at least one non-zero weight"):
        build_objective(RecipeWeights(**NOTHING))


def test_total_is_float32_and_differentiable_inside_a_function():
    objective = build_objective(WEIGHTS)

    @tf.function
    def gradient(value):
        with tf.GradientTape() as tape:
            tape.watch(value)
            total, logs = objective(
                {"target": tf.square(value), "adversarial": tf.cast(value, tf.float16)}
            )
        return tape.gradient(total, value), total, logs

    slope, total, logs = gradient(tf.constant(3.0))
    assert float(slope) == pytest.approx(10.0 * 6.0 + 0.5)
    assert total.dtype == tf.float32
    assert {value.dtype for value in logs.values()} == {tf.float32}
