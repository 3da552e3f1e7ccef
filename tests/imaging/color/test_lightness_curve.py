import numpy as np
import pytest

from animegan_tf.imaging.color.lightness_curve import apply_gamma, fit_gamma

RAMP = np.linspace(0.0, 100.0, 101)


def test_a_square_makes_a_quarter_of_a_half():
    values = apply_gamma(np.array([-1.0, 0.0, 50.0, 100.0]), 2.0)
    np.testing.assert_allclose(values, [0.0, 0.0, 25.0, 100.0])


def test_the_mean_goes_halfway():
    narrow = np.linspace(40.0, 60.0, 101)
    for target in (45.0, 56.0):
        mean = apply_gamma(narrow, fit_gamma(narrow, target)).mean()
        assert mean == pytest.approx((50.0 + target) / 2.0, abs=0.05)


def test_a_mean_that_is_there_is_left_alone():
    assert fit_gamma(RAMP, 50.0) == 1.0


@pytest.mark.parametrize(("target", "limit"), [(0.0, 1.5), (100.0, 1.0 / 1.5)])
def test_the_curve_is_bounded(target, limit):
    plain = np.full(9, 50.0)
    assert fit_gamma(plain, target) == pytest.approx(limit, rel=1e-4)


@pytest.mark.parametrize("target", [0.0, 30.0, 70.0, 100.0])
def test_nine_tenths_of_the_contrast_are_held(target):
    for lightness in (RAMP, np.linspace(0.0, 30.0, 50), np.linspace(70.0, 100.0, 50)):
        curved = apply_gamma(lightness, fit_gamma(lightness, target))
        assert curved.std() >= 0.9 * lightness.std() - 1e-9
