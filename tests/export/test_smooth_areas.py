import numpy as np
import pytest

from animegan_tf.export.smooth_areas import measure_unevenness, smooth_images


def test_images_have_no_edges():
    for image in smooth_images():
        for axis in (0, 1):
            assert np.abs(np.diff(image.astype(int), axis=axis)).max() <= 2
        assert np.ptp(image[..., 0]) > 50


def unevenness(error):
    return measure_unevenness(100 + error, np.full(error.shape, 100.0))


def test_constant_and_slowly_growing_errors_are_even():
    assert unevenness(np.full((32, 40, 3), 3.0)) == (0.0, 0.0)
    slope = np.broadcast_to(np.linspace(0, 1, 64)[:, None, None], (64, 32, 3))
    pattern, step = unevenness(slope)
    assert pattern < 0.05 and step == pytest.approx(8 / 63)


def test_a_checkerboard_is_a_pattern_without_steps():
    rows, columns = np.mgrid[0:32, 0:40]
    error = np.repeat(((rows + columns) % 2 * 2 - 1.0)[..., np.newaxis], 3, axis=2)
    assert unevenness(0.5 * error) == (0.5, 0.0)


def test_a_band_is_a_step_without_pattern():
    error = np.zeros((32, 32, 3))
    error[16:, :, 1] = -2.5
    assert unevenness(error) == (0.0, 2.5)


def test_edges_do_not_count():
    expected = np.zeros((32, 32, 3))
    expected[12:] = 200.0
    result = expected.copy()
    result[8:16] += 9.0
    assert measure_unevenness(result, expected) == (0.0, 0.0)
    assert measure_unevenness(expected[8:16], expected[8:16] + 9.0) == (0.0, 0.0)


def test_sides_are_cut_to_whole_blocks():
    error = np.zeros((19, 17, 3))
    error[16:] = 9.0
    assert unevenness(error) == (0.0, 0.0)
