import numpy as np
import pytest
from keras import ops

from animegan_tf.imaging.arrays import to_float
from animegan_tf.imaging.color.lab import lab_to_rgb, rgb_to_lab
from animegan_tf.losses import pixel


def every_color(step):
    levels = np.arange(0, 256, step, dtype=np.uint8)
    return np.stack(np.meshgrid(levels, levels, levels), axis=-1)


def test_known_colors_have_their_published_values():
    # IEC 61966-2-1 primaries under D65, to the accuracy usually printed.
    image = np.array([[255, 255, 255], [0, 0, 0], [255, 0, 0], [0, 0, 255]], np.uint8)
    expected = [[100, 0, 0], [0, 0, 0], [53.24, 80.09, 67.20], [32.30, 79.19, -107.86]]
    np.testing.assert_allclose(rgb_to_lab(image), expected, atol=0.02)


def test_rgb_to_lab_to_rgb_is_exact():
    colors = every_color(15)
    assert np.array_equal(lab_to_rgb(rgb_to_lab(colors)), colors)


def test_lab_equals_that_of_the_losses():
    colors = every_color(51)
    expected = ops.convert_to_numpy(pixel.rgb_to_lab(to_float(colors)))
    np.testing.assert_allclose(rgb_to_lab(colors), expected, atol=2e-3)


@pytest.mark.parametrize("lightness", [20.0, 50.0, 90.0])
@pytest.mark.parametrize("angle", np.linspace(0, 2 * np.pi, 8, endpoint=False))
def test_out_of_gamut_colors_keep_lightness_and_hue(lightness, angle):
    direction = np.array([np.cos(angle), np.sin(angle)])
    wanted = np.array([[lightness, *(200.0 * direction)]])
    (found,) = rgb_to_lab(lab_to_rgb(wanted))
    assert found[0] == pytest.approx(lightness, abs=1.0)
    chroma = found[1:] @ direction
    assert 10.0 < chroma < 150.0
    assert found[1:] @ [-direction[1], direction[0]] == pytest.approx(0.0, abs=2.0)


def test_lightness_out_of_range_is_black_or_white():
    lab = np.array([[-5.0, 30.0, 0.0], [120.0, 0.0, 40.0]])
    expected = [[0, 0, 0], [255, 255, 255]]
    np.testing.assert_allclose(lab_to_rgb(lab), expected, atol=2)


def test_argument_is_not_modified():
    lab = np.full((2, 3), 200.0, np.float32)
    lab_to_rgb(lab)
    assert (lab == 200.0).all()
