import numpy as np
import pytest

from animegan_tf.inference.faces.crops import cut_face_crop, paste_face


def test_crop_is_a_square_with_the_margin_around_the_face():
    # Center (110, 120), half a side 40 * (0.5 + 0.5).
    crop = cut_face_crop((90, 100, 40, 40), (300, 300), margin=0.5)
    assert (crop.columns, crop.rows) == (slice(70, 150), slice(80, 160))
    assert crop.side == 80
    assert crop.weights.shape == (80, 80, 1)
    assert crop.weights.dtype == np.float32


def test_longer_side_of_the_face_determines_the_crop():
    crop = cut_face_crop((100, 100, 20, 40), (300, 300), margin=0.25)
    assert (crop.columns, crop.rows) == (slice(80, 140), slice(90, 150))


def test_weights_are_one_in_the_box_and_fall_smoothly_to_the_border():
    crop = cut_face_crop((90, 100, 40, 40), (300, 300), margin=0.5)
    weights = crop.weights[..., 0]
    assert (weights[20:60, 20:60] == 1.0).all()
    # Pixel 9's center is 10.5 of 20 pixels from the box: 1 - t^2 (3 - 2 t).
    assert weights[30, 9] == pytest.approx(1 - 0.525**2 * (3 - 2 * 0.525), abs=1e-6)
    edges = (weights[0], weights[-1], weights[:, 0], weights[:, -1])
    assert all(0.0 < edge.max() < 0.003 for edge in edges)
    # Smoothstep is nowhere steeper than 1.5 over its 20 pixels.
    for axis in (0, 1):
        assert np.abs(np.diff(weights, axis=axis)).max() <= 1.5 / 20


def test_crop_at_the_border_is_clipped_and_keeps_the_weight_of_the_face():
    crop = cut_face_crop((-10, 5, 40, 40), (60, 200), margin=0.5)
    assert (crop.columns, crop.rows) == (slice(0, 50), slice(0, 60))
    assert crop.side == 80
    # The face extends beyond the left border, where there is nothing to blend with.
    assert (crop.weights[10:40, 0] == 1.0).all()
    assert crop.weights[20, -1] < 0.003


def test_crop_of_a_face_larger_than_the_image_is_the_image():
    crop = cut_face_crop((-50, -40, 200, 180), (64, 48), margin=0.5)
    assert (crop.rows, crop.columns) == (slice(0, 64), slice(0, 48))
    assert (crop.weights == 1.0).all()


@pytest.mark.parametrize(
    "box",
    [
        (-40, 10, 40, 40),
        (100, 10, 40, 40),
        (10, -45, 40, 44),
        (10, 80, 40, 40),
        (10, 10, 0, 10),
        (10, 10, 10, -5),
    ],
)
def test_box_without_a_pixel_has_no_crop(box):
    assert cut_face_crop(box, (80, 100), margin=0.5) is None


def test_face_of_one_pixel_has_a_crop():
    crop = cut_face_crop((10.2, 10.2, 1, 1), (80, 100), margin=0.1)
    assert crop.weights.max() == 1.0
    assert (crop.rows, crop.columns) == (slice(10, 12), slice(10, 12))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_pasted_face_is_blended_by_the_weights_and_rounded(dtype):
    top = np.iinfo(dtype).max
    crop = cut_face_crop((90, 100, 40, 40), (300, 300), margin=0.5)
    image = np.zeros((300, 300, 3), dtype)
    paste_face(image, np.full((80, 80, 3), top, dtype), crop)
    expected = np.floor(top * crop.weights + 0.5)
    inside = image[crop.rows, crop.columns]
    assert np.abs(inside.astype(np.int64) - expected).max() <= (top > 255)
    image[crop.rows, crop.columns] = 0
    assert not image.any()
