import struct

import numpy as np
import pytest

from animegan_tf.imaging.color.matrix_profile import MatrixProfile, _parametric_curve
from animegan_tf.imaging.color.profiles import srgb_icc

LEVELS = np.arange(65536) / 65535.0


def random_colors(high):
    return np.random.default_rng(0).integers(0, high, (20, 30, 3), dtype=np.uint16)


def test_srgb_is_the_identity():
    colors = random_colors(65536)
    profile = MatrixProfile.parse(srgb_icc())
    # The profile's matrix is rounded to 1/65536; half a level of 255 is 128.
    assert np.abs(profile.to_srgb(colors).astype(int) - colors).max() < 128


def test_srgb_comes_back_from_a_larger_space(adobe_icc):
    colors = random_colors(65536)
    profile = MatrixProfile.parse(adobe_icc)
    back = profile.to_srgb(profile.from_srgb(colors)).astype(int)
    # Under one level of 255, which is 257.
    assert np.abs(back - colors).max() < 128


def test_grey_of_gamma_is_worked_by_hand(adobe_icc):
    # Half of Adobe RGB is 0.5^2.1992 = 0.2177 linear, 0.5041 in sRGB.
    half = np.full((1, 1, 3), 32768, np.uint16)
    srgb = MatrixProfile.parse(adobe_icc).to_srgb(half)[0, 0] / 65535.0
    assert srgb == pytest.approx([0.5041] * 3, abs=1e-3)


def test_green_beyond_srgb_is_clipped(adobe_icc):
    green = np.array([[[0, 65535, 0]]], np.uint16)
    assert MatrixProfile.parse(adobe_icc).to_srgb(green)[0, 0, :2].tolist() == [
        0,
        65535,
    ]


def curve(kind, *parameters):
    numbers = [round(65536 * value) for value in parameters]
    return _parametric_curve(
        b"para\0\0\0\0" + struct.pack(f">HH{len(numbers)}i", kind, 0, *numbers)
    )


def test_parametric_curves():
    assert curve(0, 2.0) == pytest.approx(LEVELS**2)
    # (2x - 1)^2 from 1/2 on, 0 below.
    expected = np.where(LEVELS >= 0.5, (2 * LEVELS - 1) ** 2, 0.0)
    assert curve(1, 2.0, 2.0, -1.0) == pytest.approx(expected)
    assert curve(2, 2.0, 2.0, -1.0, 0.25) == pytest.approx(expected + 0.25)
    expected = np.where(LEVELS >= 0.5, LEVELS**2, LEVELS / 4)
    assert curve(3, 2.0, 1.0, 0.0, 0.25, 0.5) == pytest.approx(expected)
    expected = np.where(LEVELS >= 0.5, LEVELS**2 + 0.125, LEVELS / 4 + 0.25)
    assert curve(4, 2.0, 1.0, 0.0, 0.25, 0.5, 0.125, 0.25) == pytest.approx(expected)


def test_grey_and_broken_profiles_are_none(gray_icc, adobe_icc):
    assert MatrixProfile.parse(gray_icc) is None
    assert MatrixProfile.parse(adobe_icc[:200]) is None
    assert MatrixProfile.parse(b"") is None
