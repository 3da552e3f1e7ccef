"""Pixel losses and color conversions."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.losses.pixel import (
    color_lab_loss,
    color_yuv_loss,
    gradient_loss,
    l1_loss,
    lab_to_rgb,
    rgb_to_gray,
    rgb_to_lab,
    rgb_to_yuv,
    total_variation_loss,
    weighted_gray,
)

LOSSES = [l1_loss, gradient_loss, color_yuv_loss, color_lab_loss]


def random_images(seed=0, shape=(2, 8, 6, 3)):
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype("float32")


def one_pixel(red, green, blue):
    """Make a 1x1 image of an 8-bit color."""
    color = np.array([red, green, blue], dtype="float32")
    return color.reshape(1, 1, 1, 3) / 127.5 - 1.0


@pytest.mark.parametrize("loss", LOSSES)
def test_losses_are_zero_for_equal_images_and_symmetric(loss):
    x, y = random_images(0), random_images(1)
    assert float(loss(x, x)) == 0.0
    assert float(loss(x, y)) > 0.0
    assert float(loss(x, y)) == pytest.approx(float(loss(y, x)), rel=1e-6)


@pytest.mark.parametrize("loss", [*LOSSES, lambda x, y: total_variation_loss(x - y)])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_losses_are_float32_for_half_precision_images(loss, dtype):
    x = tf.cast(random_images(0), dtype)
    value = loss(x, tf.zeros_like(x))
    assert value.dtype == tf.float32
    assert value.shape == ()


@pytest.mark.parametrize("loss", LOSSES)
def test_losses_compile_once_for_any_size(loss):
    signature = [tf.TensorSpec((None, None, None, 3))] * 2
    compiled = tf.function(loss, input_signature=signature)
    for shape in ((1, 4, 6, 3), (2, 8, 4, 3)):
        x, y = random_images(0, shape), random_images(1, shape)
        assert float(compiled(x, y)) == pytest.approx(float(loss(x, y)), rel=1e-5)


def test_l1_loss_is_the_mean_absolute_difference():
    x = np.array([[0.0, 1.0], [-1.0, 0.5]])
    assert float(l1_loss(x, np.zeros((2, 2)))) == pytest.approx(2.5 / 4)


def test_gradient_loss_ignores_a_constant_shift():
    x = random_images()
    assert float(gradient_loss(x, x + 0.25)) == pytest.approx(0.0, abs=1e-6)


def test_gradient_loss_adds_both_directions():
    ramp = np.zeros((1, 4, 4, 1), dtype="float32")
    ramp += np.arange(4, dtype="float32").reshape(1, 4, 1, 1) * 0.1
    ramp += np.arange(4, dtype="float32").reshape(1, 1, 4, 1) * 0.3
    loss = gradient_loss(ramp, np.zeros_like(ramp))
    assert float(loss) == pytest.approx(0.1 + 0.3, rel=1e-5)


def test_total_variation_of_flat_ramp_and_checker():
    assert float(total_variation_loss(np.full((1, 4, 4, 3), 0.3))) == 0.0
    ramp = np.broadcast_to(np.arange(4.0).reshape(1, 1, 4, 1), (1, 4, 4, 1))
    assert float(total_variation_loss(ramp)) == pytest.approx(0.5)
    checker = np.indices((4, 4)).sum(axis=0).reshape(1, 4, 4, 1) % 2 * 2.0 - 1.0
    assert float(total_variation_loss(checker)) == pytest.approx(4.0)


def test_gray_keeps_black_white_and_the_primaries_luma():
    assert rgb_to_gray(random_images()).shape == (2, 8, 6, 1)
    assert float(rgb_to_gray(one_pixel(0, 0, 0))[0, 0, 0, 0]) == pytest.approx(-1.0)
    white = rgb_to_gray(one_pixel(255, 255, 255))
    assert float(white[0, 0, 0, 0]) == pytest.approx(1.0, abs=1e-6)
    red = rgb_to_gray(one_pixel(255, 0, 0))
    assert float(red[0, 0, 0, 0]) == pytest.approx(2 * 0.299 - 1.0, abs=1e-6)


def test_yuv_equals_tensorflow():
    images = random_images()
    expected = tf.image.rgb_to_yuv((images + 1.0) / 2.0)
    np.testing.assert_allclose(rgb_to_yuv(images), expected, atol=1e-6)


def test_yuv_loss_of_opposite_colors_computed_by_hand():
    # Black to white moves Y by 1 and leaves U and V.
    loss = color_yuv_loss(one_pixel(0, 0, 0), one_pixel(255, 255, 255))
    assert float(loss) == pytest.approx(1.0, abs=1e-5)
    # Red against cyan: V differs by 1.23, on the linear side of the Huber loss.
    loss = color_yuv_loss(one_pixel(255, 0, 0), one_pixel(0, 255, 255))
    luma, chroma_u, chroma_v = 1 - 2 * 0.299, 2 * 0.14714119, 2 * 0.61497538
    expected = luma + 0.5 * chroma_u**2 + (chroma_v - 0.5)
    assert float(loss) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(
    ("color", "expected"),
    [
        ((0, 0, 0), (0.0, 0.0, 0.0)),
        ((255, 255, 255), (100.0, 0.0, 0.0)),
        ((119, 119, 119), (50.03, 0.0, 0.0)),
        ((255, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 255, 0), (87.73, -86.18, 83.18)),
        ((0, 0, 255), (32.30, 79.19, -107.86)),
    ],
)
def test_lab_of_known_colors(color, expected):
    lab = keras.ops.convert_to_numpy(rgb_to_lab(one_pixel(*color)))
    np.testing.assert_allclose(lab[0, 0, 0], expected, atol=0.02)


def test_lab_equals_scikit_image():
    color = pytest.importorskip("skimage.color")
    images = random_images()
    expected = color.rgb2lab((images + 1.0) / 2.0)
    np.testing.assert_allclose(rgb_to_lab(images), expected, atol=1e-3)


def test_lab_is_converted_back():
    images = random_images()
    np.testing.assert_allclose(lab_to_rgb(rgb_to_lab(images)), images, atol=1e-4)


def test_weighted_gray_is_a_mean_of_the_channels():
    image = np.array([[[[1.0, 0.0, -1.0]]]])
    # (2 * 1 + 1 * 0 - 5 * 1) / 8
    assert float(weighted_gray(image, [2.0, 1.0, 5.0])[0, 0, 0, 0]) == -3 / 8
    gray = np.full((1, 2, 2, 3), 0.4)
    np.testing.assert_allclose(weighted_gray(gray, [0.3, 0.5, 0.1]), 0.4, atol=1e-6)


def test_lab_loss_of_black_and_white_is_twice_the_full_lightness():
    loss = color_lab_loss(one_pixel(0, 0, 0), one_pixel(255, 255, 255))
    assert float(loss) == pytest.approx(2.0, abs=1e-4)


@pytest.mark.parametrize("loss", [color_lab_loss, color_yuv_loss])
@pytest.mark.parametrize("level", [-1.5, -1.0, -0.999, 0.0, 1.0, 1.5])
def test_color_gradients_are_finite_at_black_white_and_beyond(loss, level):
    images = tf.fill((1, 2, 2, 3), level)
    target = tf.constant(random_images(3, (1, 2, 2, 3)))
    with tf.GradientTape() as tape:
        tape.watch(images)
        value = loss(images, target)
    gradient = tape.gradient(value, images).numpy()
    assert np.isfinite(gradient).all()
    assert np.abs(gradient).max() > 0.0
