import struct

import numpy as np
import pytest
from PIL import Image

from animegan_tf.imaging.color.matrix_profile import MatrixProfile, read_curve
from animegan_tf.imaging.color.profiles import (
    ProfileConversion,
    build_conversion,
    convert_to_srgb,
    profile_mode,
    srgb_icc,
)

LEVELS = np.arange(65536) / 65535.0


def test_srgb_broken_and_missing_profiles_need_no_conversion(gray_icc):
    for icc in (None, srgb_icc(), b"broken", gray_icc):
        assert build_conversion(icc) is None


def test_conversion_requires_an_rgb_profile(gray_icc):
    with pytest.raises(ValueError, match="`icc` must be an RGB .*Received: mode L"):
        ProfileConversion(gray_icc)


def test_mode_of_a_profile(adobe_icc, gray_icc):
    assert profile_mode(adobe_icc) == "RGB"
    assert profile_mode(gray_icc) == "L"
    assert profile_mode(b"broken") is None


def test_srgb_to_profile_to_srgb_is_nearly_exact(adobe_icc):
    conversion = build_conversion(adobe_icc)
    for dtype, tolerance in ((np.uint8, 3), (np.uint16, 128)):
        high = np.iinfo(dtype).max
        colors = np.random.default_rng(0).integers(
            high // 8, high, (9, 7, 3), dtype=dtype
        )
        converted = conversion.from_srgb(colors)
        assert converted.dtype == dtype
        assert np.abs(converted.astype(int) - colors).max() > tolerance
        back = conversion.to_srgb(converted)
        assert np.abs(back.astype(int) - colors).max() <= tolerance


def test_8_and_16_bits_agree(adobe_icc):
    conversion = build_conversion(adobe_icc)
    colors = np.random.default_rng(0).integers(0, 256, (9, 7, 3), dtype=np.uint8)
    wide = conversion.to_srgb(colors.astype(np.uint16) * 257) / 257.0
    assert np.abs(wide - conversion.to_srgb(colors)).max() < 3


def test_linear_gray_gets_brighter(gray_icc):
    # 55/255 = 0.2157 linear is 0.5020 in sRGB, level 128.
    image = convert_to_srgb(Image.new("L", (2, 2), 55), gray_icc)
    assert image.mode == "RGB"
    assert abs(image.getpixel((0, 0))[1] - 128) <= 1


def test_embedded_profile_always_has_the_same_bytes():
    assert srgb_icc()[24:36] == bytes([7, 208, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0])


def random_colors(high):
    return np.random.default_rng(0).integers(0, high, (20, 30, 3), dtype=np.uint16)


def test_matrix_profile_of_srgb_is_the_identity():
    colors = random_colors(65536)
    profile = MatrixProfile.parse(srgb_icc())
    # The profile's matrix is rounded to 1/65536; half a level of 255 is 128.
    assert np.abs(profile.to_srgb(colors).astype(int) - colors).max() < 128


def test_matrix_profile_inverts_itself(adobe_icc):
    colors = random_colors(65536)
    profile = MatrixProfile.parse(adobe_icc)
    back = profile.to_srgb(profile.from_srgb(colors)).astype(int)
    # Under one level of 255, which is 257.
    assert np.abs(back - colors).max() < 128


def test_gray_of_a_gamma_curve_is_worked_by_hand(adobe_icc):
    # Half of Adobe RGB is 0.5^2.1992 = 0.2177 linear, 0.5041 in sRGB.
    half = np.full((1, 1, 3), 32768, np.uint16)
    srgb = MatrixProfile.parse(adobe_icc).to_srgb(half)[0, 0] / 65535.0
    assert srgb == pytest.approx([0.5041] * 3, abs=1e-3)


def test_green_outside_srgb_is_clipped(adobe_icc):
    green = np.array([[[0, 65535, 0]]], np.uint16)
    srgb = MatrixProfile.parse(adobe_icc).to_srgb(green)[0, 0]
    assert srgb[:2].tolist() == [0, 65535]


def parametric_curve(kind, *parameters):
    numbers = [round(65536 * value) for value in parameters]
    return read_curve(
        b"para\0\0\0\0" + struct.pack(f">HH{len(numbers)}i", kind, 0, *numbers)
    )


def test_parametric_curves():
    equal = np.testing.assert_allclose
    equal(parametric_curve(0, 2.0), LEVELS**2)
    # (2x - 1)^2 from 1/2 on, 0 below.
    expected = np.where(LEVELS >= 0.5, (2 * LEVELS - 1) ** 2, 0.0)
    equal(parametric_curve(1, 2.0, 2.0, -1.0), expected)
    equal(parametric_curve(2, 2.0, 2.0, -1.0, 0.25), expected + 0.25)
    expected = np.where(LEVELS >= 0.5, LEVELS**2, LEVELS / 4)
    equal(parametric_curve(3, 2.0, 1.0, 0.0, 0.25, 0.5), expected)
    expected = np.where(LEVELS >= 0.5, LEVELS**2 + 0.125, LEVELS / 4 + 0.25)
    equal(parametric_curve(4, 2.0, 1.0, 0.0, 0.25, 0.5, 0.125, 0.25), expected)


def test_curves_of_a_gamma_or_of_samples():
    def curve(*values):
        size = struct.pack(">I", len(values))
        data = struct.pack(f">{len(values)}H", *values)
        return read_curve(b"curv\0\0\0\0" + size + data)

    np.testing.assert_allclose(curve(), LEVELS)
    np.testing.assert_allclose(curve(512), LEVELS**2)
    np.testing.assert_allclose(curve(0, 0, 65535), np.maximum(2 * LEVELS - 1, 0))
    with pytest.raises(ValueError, match="unknown type of curve"):
        read_curve(b"text\0\0\0\0")


def test_gray_and_broken_profiles_are_not_matrix_profiles(gray_icc, adobe_icc):
    assert MatrixProfile.parse(gray_icc) is None
    assert MatrixProfile.parse(adobe_icc[:200]) is None
    assert MatrixProfile.parse(b"") is None
