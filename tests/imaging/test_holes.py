"""Holes are filled from their surroundings and marked; the rest is unchanged."""

import numpy as np
import pytest

from animegan_tf.imaging.holes import fill_holes


@pytest.fixture
def mask():
    mask = np.zeros((24, 33), bool)
    mask[5:12, 7:19] = True
    mask[20, 2:30] = True
    return mask


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_outside_the_holes_nothing_changes(mask, dtype):
    top = np.iinfo(dtype).max
    rng = np.random.default_rng(0)
    image = rng.integers(0, top + 1, (*mask.shape, 3), dtype=dtype)
    filled = fill_holes(image, mask)
    assert filled.dtype == dtype
    assert np.array_equal(filled[~mask], image[~mask])
    # What is in the holes does not matter.
    image[mask] = 0
    assert np.array_equal(fill_holes(image, mask), filled)


@pytest.mark.parametrize("level", [0, 100, 255])
def test_marks_are_a_checkerboard_of_green_against_red_and_blue(mask, level):
    image = np.full((*mask.shape, 3), level, np.uint8)
    filled = fill_holes(image, mask).astype(int)
    mean = np.clip(level, 12, 255 - 12)
    rows, columns = np.nonzero(mask)
    expected = np.where((rows + columns) % 2 == 0, 12, -12)[:, None] * [1, -1, 1]
    assert np.array_equal(filled[mask], mean + expected)


def test_a_gradient_is_continued_through_a_hole():
    columns = np.arange(64)
    image = np.repeat((2 * columns + 50)[None, :, None], 48, 0).repeat(3, 2)
    mask = np.zeros((48, 64), bool)
    mask[18:30, 24:40] = True
    filled = fill_holes(image.astype(np.uint8), mask).astype(int)
    # Means of 2x2 pixels have no marks.
    means = filled.reshape(24, 2, 32, 2, 3).mean((1, 3))
    expected = image.reshape(24, 2, 32, 2, 3).mean((1, 3))
    assert np.abs(means - expected).max() < 12


def test_an_image_without_holes_is_copied_and_one_of_holes_is_gray():
    image = np.full((3, 5, 3), 7, np.uint8)
    filled = fill_holes(image, np.zeros((3, 5), bool))
    assert np.array_equal(filled, image) and filled is not image
    nothing = fill_holes(image, np.ones((3, 5), bool))
    assert np.abs(nothing.astype(int) - 127).max() == 12
