import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from animegan_tf.data.crops import (
    build_reduced_reader,
    center_square,
    check_at_least,
    check_not_empty,
    check_stream,
    normalize_levels,
    read_squares,
)


def test_normalized_levels_span_minus_one_to_one_in_graphs_too():
    levels = np.array([0, 51, 255], np.uint8)
    expected = [-1.0, -0.6, 1.0]
    np.testing.assert_allclose(normalize_levels(levels), expected, atol=1e-6)
    dataset = tf.data.Dataset.from_tensors(levels).map(normalize_levels)
    (values,) = dataset.as_numpy_iterator()
    assert values.dtype == np.float32
    np.testing.assert_allclose(values, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("coverage", "side"), [((0.5, 1.0), 20), ((1.0, 1.0), 10), ((0.3, 1.0), 30)]
)
def test_images_are_downscaled_to_what_crops_need(tmp_path, coverage, side):
    # A crop of 10 pixels, 0.3 of the short side, needs 34 pixels; there are 30.
    path = tmp_path / "a.png"
    Image.new("RGB", (60, 30), (9, 9, 9)).save(path)
    read = build_reduced_reader([path], 10, coverage, 0)
    assert read(0).shape == (side, 2 * side, 3)


def test_the_center_square_is_cropped_and_resized():
    image = np.zeros((4, 10, 3), np.uint8)
    image[:, 3:7] = 255
    np.testing.assert_array_equal(center_square(image, 4), np.ones((4, 4, 3)))
    upright = image.swapaxes(0, 1)
    np.testing.assert_array_equal(center_square(upright, 2), np.ones((2, 2, 3)))


def test_squares_of_several_images_are_stacked_in_order(tmp_path):
    paths = []
    for level in (0, 255):
        paths.append(tmp_path / f"{level}.png")
        Image.new("RGB", (6 + level % 5, 9), (level,) * 3).save(paths[-1])
    squares = read_squares(paths, 3)
    assert squares.shape == (2, 3, 3, 3)
    assert squares.dtype == np.float32
    np.testing.assert_array_equal(squares[:, 0, 0, 0], [-1.0, 1.0])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (([], 8, 1, 0), r"`photos` must not be empty. Received: photos=\[\]"),
        (([1], 0, 1, 0), "`crop_size` must be at least 1. Received: crop_size=0"),
        (([1], 8, 0, 0), "`batch_size` must be at least 1. Received: batch_size=0"),
        (([1], 8, 1, -1), "`start_step` must be at least 0. Received: start_step=-1"),
    ],
)
def test_arguments_out_of_range_are_rejected(values, message):
    items, *numbers = values
    with pytest.raises(ValueError, match=message):
        check_stream(items, "photos", *numbers)


def test_the_minimum_values_are_accepted():
    check_stream([1], "photos", 1, 1, 0)
    check_not_empty("photos", np.zeros(1))
    check_at_least("size", 3, 3)
