"""Laws of the kernel distance."""

import math

import numpy as np
import pytest

from animegan_tf.evaluation import kid


def test_kid_worked_by_hand():
    # Kernel (xy + 1)^3 of 0 with anything is 1; of 1 with 1 it is 8.
    x, y = np.zeros((3, 1)), np.ones((2, 1))
    assert kid(x, y)["kid"] == pytest.approx(1 + 8 - 2 * 1)
    # The pairs of y = (0, 1) are (0, 1) and (1, 0) only: no vector meets itself.
    y = np.array([[0.0], [1.0]])
    assert kid(y, y)["kid"] == pytest.approx(1 + 1 - 2 * (1 + 1 + 1 + 8) / 4)


def test_kid_is_zero_within_its_error_for_one_distribution():
    random = np.random.default_rng(0)
    x, y = random.normal(size=(60, 4)), random.normal(size=(80, 4))
    same, other = kid(x, y), kid(x, y + 1.0)
    assert 0.0 < same["standard_error"] < 0.5
    assert abs(same["kid"]) < 3 * same["standard_error"]
    assert other["kid"] > 3 * other["standard_error"]
    assert kid(x, y) == same


@pytest.mark.parametrize(("count", "kid_exists"), [(1, False), (3, True)])
def test_kid_of_too_few_pictures_has_no_error(count, kid_exists):
    estimate = kid(np.ones((count, 2)), np.ones((9, 2)))
    assert math.isnan(estimate["standard_error"])
    assert math.isfinite(estimate["kid"]) == kid_exists
