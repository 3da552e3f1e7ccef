"""Proportions of faces, measured on images whose levels are coordinates."""

import numpy as np
import pytest

from animegan_tf.inference.faces.proportions import enlarge_eyes

# Eyes 40 pixels apart, the mouth 42 pixels below.
FACE = np.array([(60, 60), (100, 60), (80, 80), (66, 102), (94, 102)], float)
RADIUS = 20


def coordinates(height=170, width=160):
    """An image whose levels are the coordinates of its pixels, 256 x and 256 y."""
    y, x = np.mgrid[:height, :width]
    image = np.stack([256 * x, 256 * y, np.zeros_like(x)], axis=-1)
    return image.astype(np.uint16)


def sources(image):
    """Return the (x, y) that each pixel was sampled from."""
    return image[..., :2] / 256.0


def photo(seed=0, height=170, width=160):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def test_no_strength_and_no_faces_change_nothing():
    image = photo()
    for result in (
        enlarge_eyes(image, FACE[np.newaxis], 0.0),
        enlarge_eyes(image, np.empty((0, 5, 2)), 1.0),
        enlarge_eyes(image, [], 1.0),
    ):
        assert result is not image
        np.testing.assert_array_equal(result, image)


@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_growth_around_an_eye_worked_by_hand(strength):
    found = sources(enlarge_eyes(coordinates(), [FACE], strength))
    assert found[60, 60] == pytest.approx([60, 60])
    # Half the radius away the weight is (1 - 1/4)^2 = 9/16.
    vertical = 10 * (1 - 0.35 * strength * 9 / 16)
    horizontal = 10 * (1 - 0.75 * 0.35 * strength * 9 / 16)
    assert found[70, 60] == pytest.approx([60, 60 + vertical], abs=0.01)
    assert found[50, 60] == pytest.approx([60, 60 - vertical], abs=0.01)
    assert found[60, 70] == pytest.approx([60 + horizontal, 60], abs=0.01)
    assert found[60, 90] == pytest.approx([100 - horizontal, 60], abs=0.01)


def test_the_chin_is_narrowed_sideways_only():
    found = sources(enlarge_eyes(coordinates(), [FACE], 1.0))
    # The ellipse begins at the mouth; half its height is 0.65 * 42, half its width 64.
    middle = round(102 + 0.65 * 42)
    assert found[middle, 80] == pytest.approx([80, middle], abs=0.01)
    expected = 32 * (1 + 0.12 * 9 / 16)
    assert found[middle, 112] == pytest.approx([80 + expected, middle], abs=0.02)
    assert found[middle, 48] == pytest.approx([80 - expected, middle], abs=0.02)


def test_pixels_outside_the_eyes_and_the_chin_keep_their_values():
    image = photo()
    changed = (enlarge_eyes(image, [FACE], 1.0) != image).any(axis=-1)
    y, x = np.mgrid[:170, :160]
    near = np.zeros(changed.shape, bool)
    for eye in FACE[:2]:
        near |= np.hypot(x - eye[0], y - eye[1]) < RADIUS
    near |= ((x - 80) / 64) ** 2 + ((y - 129.3) / 27.3) ** 2 < 1
    assert changed.any()
    assert not (changed & ~near).any()


def test_nothing_is_folded_and_no_seam_is_visible():
    found = sources(enlarge_eyes(coordinates(), [FACE], 1.0))
    across, down = np.diff(found[..., 0], axis=1), np.diff(found[..., 1], axis=0)
    assert across.min() > 0.3
    assert down.min() > 0.3
    # The offsets are smooth, so their second differences are small.
    for values, axis in ((found[..., 0], 1), (found[..., 1], 0)):
        assert np.abs(np.diff(values, 2, axis=axis)).max() < 0.12


def test_a_higher_strength_enlarges_more():
    found = [
        sources(enlarge_eyes(coordinates(), [FACE], strength))[70, 60, 1]
        for strength in (0.0, 0.25, 0.5, 1.0)
    ]
    assert (np.diff(found) < 0).all()


def test_a_mirrored_face_gives_a_mirrored_image():
    image = photo()
    mirrored = FACE.copy()
    mirrored[:, 0] = image.shape[1] - 1 - FACE[:, 0]
    result = enlarge_eyes(image[:, ::-1], [mirrored], 0.7)[:, ::-1].astype(int)
    assert np.abs(result - enlarge_eyes(image, [FACE], 0.7)).max() <= 1


def test_a_rotated_face_gives_a_rotated_image():
    image = photo()
    rotated = np.stack([FACE[:, 1], image.shape[1] - 1 - FACE[:, 0]], axis=1)
    result = enlarge_eyes(np.rot90(image), [rotated], 0.7)
    expected = np.rot90(enlarge_eyes(image, [FACE], 0.7))
    assert np.abs(result.astype(int) - expected).max() <= 1


def test_order_of_eyes_and_faces_does_not_matter():
    image = photo(0, 170, 330)
    other = FACE[[1, 0, 2, 4, 3]] + (170, 10)
    results = [
        enlarge_eyes(image, faces, 1.0)
        for faces in ([FACE, other], [other, FACE], [FACE, other[[1, 0, 2, 4, 3]]])
    ]
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])
    alone = enlarge_eyes(image, [FACE], 1.0)
    np.testing.assert_array_equal(results[0][:, :140], alone[:, :140])


def test_faces_beyond_the_border_and_tiny_ones_are_accepted():
    image = photo()
    for move in ((-90, 0), (0, -100), (95, 120), (5000, 5000)):
        result = enlarge_eyes(image, [FACE + move], 1.0)
        assert (result.shape, result.dtype) == (image.shape, image.dtype)
    tiny = enlarge_eyes(image, [FACE[:1] + 0.01 * (FACE - FACE[:1])], 1.0)
    np.testing.assert_array_equal(tiny, image)
    assert enlarge_eyes(image[:1, :1], [FACE], 1.0).shape == (1, 1, 3)


def test_a_uniform_image_is_unchanged():
    image = np.full((170, 160, 3), 255, np.uint8)
    np.testing.assert_array_equal(enlarge_eyes(image, [FACE], 1.0), image)


@pytest.mark.parametrize("move", [160, 200, 450])
def test_faces_across_the_rows_computed_at_once_are_the_same(move):
    # Rows are computed 256 at a time.
    image = photo(0, 700, 160)
    expected = np.roll(enlarge_eyes(image, [FACE], 1.0), move, axis=0)
    moved = enlarge_eyes(np.roll(image, move, axis=0), [FACE + (0, move)], 1.0)
    np.testing.assert_array_equal(moved, expected)


@pytest.mark.parametrize("strength", [-0.1, 1.1, float("nan")])
def test_a_strength_out_of_range_is_refused(strength):
    with pytest.raises(ValueError, match=r"`strength` must be in \[0, 1\]"):
        enlarge_eyes(photo(), [FACE], strength)


@pytest.mark.parametrize(
    "landmarks", [FACE, [FACE[:4]], [np.full((5, 2), np.inf)], [1.0, 2.0]]
)
def test_invalid_landmarks_are_refused(landmarks):
    with pytest.raises(ValueError, match="`landmarks` must be finite and of shape"):
        enlarge_eyes(photo(), landmarks)


def test_arguments_that_are_not_images_are_refused():
    for image in (np.zeros((4, 4, 3)), np.zeros((4, 4), np.uint8)):
        with pytest.raises(ValueError, match="`image` must be uint8 or uint16 RGB"):
            enlarge_eyes(image, [FACE])
