import numpy as np
import pytest

from animegan_tf.imaging.exposure import brighten, exposure_curve


def test_the_curve_of_the_reciprocal_gain_is_the_inverse():
    light = np.linspace(0.0, 1.0, 11)
    dark = exposure_curve(light, 1 / 5.0)
    assert dark[1] < light[1]
    np.testing.assert_allclose(exposure_curve(dark, 5.0), light, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_dark_areas_get_the_gain_and_black_and_white_stay(dtype):
    top = np.iinfo(dtype).max
    levels = np.array([0, top // 50, top // 2, top], dtype)
    image = np.repeat(levels[None, :, None], 3, axis=2)
    result = brighten(image, 4.0)
    assert result.dtype == dtype
    assert result[0, 0].tolist() == [0, 0, 0] and result[0, 3].tolist() == [top] * 3
    # Levels are the light to the power of 1 / 2.2: four times the light is 1.878.
    assert result[0, 1, 0] == pytest.approx(1.878 * levels[1], rel=0.06)
    assert levels[2] < result[0, 2, 0] < top


def test_a_gain_of_one_changes_nothing():
    image = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    assert np.array_equal(brighten(image, 1.0), image)
