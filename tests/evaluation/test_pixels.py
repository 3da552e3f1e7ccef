"""Laws of what the measures of pixels share."""

import numpy as np
import pytest

from animegan_tf.evaluation.pixels import check_same_size, luma, reduce_window


def test_luma_weighs_the_colors():
    colors = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [9, 9, 9]]], "uint8")
    expected = [[0.299 * 255, 0.587 * 255, 0.114 * 255, 9.0]]
    np.testing.assert_allclose(luma(colors), expected)


def test_window_reduces_the_square_around_a_pixel():
    values = np.zeros((5, 6))
    values[1, 2] = 7.0
    expected = np.zeros((5, 6))
    expected[0:3, 1:4] = 7.0
    np.testing.assert_array_equal(reduce_window(values, 3, np.maximum), expected)
    # The border is repeated, so that nothing dark lies beyond it.
    assert reduce_window(values + 1.0, 5, np.minimum).min() == 1.0


def test_sizes_are_compared():
    check_same_size(np.zeros((2, 3, 3)), np.ones((2, 3, 3)))
    with pytest.raises(ValueError, match=r"\(3, 2, 3\), photo of shape \(2, 3, 3\)"):
        check_same_size(np.zeros((2, 3, 3)), np.zeros((3, 2, 3)))
