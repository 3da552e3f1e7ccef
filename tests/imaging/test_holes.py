"""Holes are filled from their surroundings; the rest is unchanged."""

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


def test_flat_areas_are_continued_exactly(mask):
    image = np.full((*mask.shape, 3), (10, 200, 90), np.uint8)
    damaged = np.where(mask[..., None], 255, image).astype(np.uint8)
    assert np.array_equal(fill_holes(damaged, mask), image)


def test_the_fill_satisfies_the_equation_of_laplace_in_a_small_hole():
    image = np.random.default_rng(0).integers(0, 256, (9, 9, 3), "uint8")
    mask = np.zeros((9, 9), bool)
    mask[4, 3:6] = True
    filled = fill_holes(image, mask).astype(float)
    for column in (3, 4, 5):
        around = filled[3, column] + filled[5, column]
        around += filled[4, column - 1] + filled[4, column + 1]
        assert np.abs(filled[4, column] - around / 4).max() <= 1


def test_a_gradient_is_continued_through_a_hole():
    columns = np.arange(64)
    image = np.repeat((2 * columns + 50)[None, :, None], 48, 0).repeat(3, 2)
    mask = np.zeros((48, 64), bool)
    mask[18:30, 24:40] = True
    filled = fill_holes(image.astype(np.uint8), mask).astype(int)
    assert np.abs(filled - image).max() < 6


def test_an_image_without_holes_is_copied_and_one_of_holes_is_gray():
    image = np.full((3, 5, 3), 7, np.uint8)
    filled = fill_holes(image, np.zeros((3, 5), bool))
    assert np.array_equal(filled, image) and filled is not image
    nothing = fill_holes(image, np.ones((3, 5), bool))
    assert (nothing == 127).all()
