"""Edge smoothing: blurs edges and keeps all other pixels."""

import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.data.targets.edge_smoothing import luminance, smooth_edges


def _step(low=40, high=200, size=24, channels=3):
    image = np.full((size, size, channels), low, "uint8")
    image[:, size // 2 :] = high
    return image


def test_luminance_weighs_green_most_and_keeps_gray():
    levels = tf.constant([[255.0, 0, 0], [0, 255.0, 0], [0, 0, 255.0], [9.0, 9, 9]])
    expected = [[76.245], [149.685], [29.07], [9.0]]
    np.testing.assert_allclose(luminance(levels), expected, rtol=1e-5)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_flat_image_is_unchanged(channels):
    image = np.full((12, 15, channels), 137, "uint8")
    np.testing.assert_array_equal(smooth_edges(image), image)


def test_texture_below_the_threshold_is_unchanged():
    texture = np.random.default_rng(0).integers(100, 115, (16, 16, 3)).astype("uint8")
    np.testing.assert_array_equal(smooth_edges(texture), texture)


def test_an_edge_is_blurred_and_pixels_away_from_it_are_unchanged():
    image = _step()
    smooth = smooth_edges(image).numpy()
    row = smooth[5, :, 0].astype(int)
    # Binomial weights (1, 4, 6, 4, 1) / 16 on the step from 40 to 200.
    np.testing.assert_array_equal(row[9:15], [40, 50, 90, 150, 190, 200])
    assert np.abs(np.diff(row)).max() < 160
    np.testing.assert_array_equal(smooth[:, :9], image[:, :9])
    np.testing.assert_array_equal(smooth[:, 15:], image[:, 15:])


def test_only_the_neighborhood_of_an_edge_changes():
    texture = np.random.default_rng(0).integers(100, 110, (40, 40, 3)).astype("uint8")
    texture[20, 20] = 255
    changed = (smooth_edges(texture).numpy() != texture).any(axis=-1)
    rows, columns = np.nonzero(changed)
    # Sobel reaches one pixel, the dilation two more.
    assert 17 <= rows.min() and rows.max() <= 23
    assert 17 <= columns.min() and columns.max() <= 23
    assert changed[20, 20]


def test_an_edge_is_detected_from_a_quarter_of_the_threshold():
    image = _step(100, 110)
    np.testing.assert_array_equal(smooth_edges(image, threshold=41), image)
    assert (smooth_edges(image, threshold=39).numpy() != image).any()


def test_rotating_the_image_rotates_the_result():
    image = np.random.default_rng(1).integers(0, 256, (20, 20, 3)).astype("uint8")
    turned = smooth_edges(np.rot90(image)).numpy()
    np.testing.assert_array_equal(turned, np.rot90(smooth_edges(image).numpy()))


def test_batches_dtypes_and_tf_data_give_the_same_image():
    rng = np.random.default_rng(2)
    images = rng.integers(0, 256, (3, 16, 18, 3)).astype("uint8")
    single = np.stack([smooth_edges(image) for image in images])
    np.testing.assert_array_equal(smooth_edges(images), single)
    streamed = tf.data.Dataset.from_tensor_slices(images).map(smooth_edges)
    np.testing.assert_array_equal(list(streamed.as_numpy_iterator()), single)
    levels = smooth_edges(images.astype("float32"))
    assert levels.dtype == tf.float32
    np.testing.assert_array_equal(np.floor(levels.numpy() + 0.5), single)


def test_agrees_with_canny_dilation_and_blur_on_a_line_drawing():
    cv2 = pytest.importorskip("cv2")
    image = np.full((64, 64, 3), 230, "uint8")
    cv2.circle(image, (30, 30), 18, (20, 20, 20), 2)
    cv2.rectangle(image, (40, 36), (60, 60), (60, 120, 200), -1)
    gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    near = cv2.dilate(cv2.Canny(gray, 100, 200), np.ones((5, 5), "uint8")) > 0
    blurred = cv2.GaussianBlur(image, (5, 5), 0)
    expected = np.where(near[..., None], blurred, image).astype(int)
    difference = np.abs(smooth_edges(image).numpy().astype(int) - expected)
    assert difference.mean() < 1.0


def test_other_shapes_are_rejected():
    with pytest.raises(ValueError, match="`images` must be .*Received: shape"):
        smooth_edges(np.zeros((8, 8), "uint8"))
    with pytest.raises(ValueError, match="1 or 3 channels"):
        smooth_edges(np.zeros((8, 8, 4), "uint8"))
