import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.losses.pixel import rgb_to_gray, rgb_to_yuv
from animegan_tf.recipes.anime import (
    blur_flat_regions,
    downscale,
    random_crop,
    random_hue,
    shift_loss,
    standardize,
)


@pytest.fixture
def images():
    random = np.random.default_rng(0)
    coarse = random.uniform(-1, 1, (2, 8, 8, 3))
    return np.kron(coarse, np.ones((1, 4, 4, 1))).astype("float32")


def test_chroma_has_one_size_whatever_the_saturation(images):
    gray = np.asarray(rgb_to_gray(images))
    for saturation in (0.5, 1.0):
        pale = gray + saturation * (images - gray)
        chroma = 2.0 * np.asarray(rgb_to_yuv(random_hue(pale, (1, 2))))[..., 1:]
        power = np.square(chroma).sum(axis=-1).mean(axis=(1, 2))
        np.testing.assert_allclose(np.sqrt(power), 0.25, rtol=2e-2)


def test_hues_turn_and_brightness_stays(images):
    first, second = (np.asarray(random_hue(images, (seed, 5))) for seed in (2, 31))
    assert np.abs(first - second).max() > 0.1
    np.testing.assert_allclose(rgb_to_gray(first), 0.0, atol=1e-3)


def test_gray_images_stay_gray():
    gray = np.full((1, 8, 8, 3), 0.3, "float32")
    np.testing.assert_allclose(random_hue(gray, (1, 2)), 0.0, atol=1e-3)


def test_an_empty_sky_is_not_amplified(images):
    gray = np.asarray(rgb_to_gray(images))
    assert float(np.std(standardize(0.01 * gray))) < 0.05
    assert float(np.std(standardize(gray, 0.0))) == pytest.approx(1.0, abs=1e-3)


def test_pointwise_networks_commute_with_shifts_and_grid_textures_do_not(images):
    assert float(shift_loss(lambda x: -x, images, -images, (1, 2))) == 0.0
    rows = np.arange(32)[:, None, None] % 8 < 4
    grid = np.broadcast_to(np.where(rows, 0.5, 0.0), (32, 32, 3)).astype("float32")
    loss = shift_loss(lambda x: x + grid, images, images + grid, (1, 2))
    assert float(loss) > 0.1


def test_texture_of_flat_regions_is_hidden_and_teaches_nothing(images):
    images = tf.constant(images)
    left = np.zeros((2, 32, 32, 1), "float32")
    left[:, :, :16] = 1.0
    with tf.GradientTape() as tape:
        tape.watch(images)
        seen = blur_flat_regions(images, left, 0.1)
        loss = tf.reduce_sum(seen)
    np.testing.assert_allclose(seen[:, :, :16], images[:, :, :16], atol=1e-6)
    assert np.std(seen[:, :, 20:]) < 0.5 * np.std(images[:, :, 20:])
    gradient = tape.gradient(loss, images)
    np.testing.assert_allclose(gradient[:, :, :16], 1.0, atol=1e-6)
    np.testing.assert_allclose(gradient[:, :, 16:], 0.1, atol=1e-6)


def test_random_crops_are_parts_of_the_image_at_every_place():
    rows, columns = np.mgrid[:80, :96].astype("float32")
    images = np.stack([rows, columns], axis=-1)[None]
    corners = set()
    for seed in range(60):
        crop = np.asarray(random_crop(images, (seed, 1)))
        top, left = (int(value) for value in crop[0, 0, 0])
        assert np.array_equal(crop, images[:, top : top + 72, left : left + 88])
        corners.add((top, left))
    assert {top for top, _ in corners} == {left for _, left in corners} == set(range(9))
    assert np.array_equal(random_crop(images, (3, 1)), random_crop(images, (3, 1)))
    assert random_crop(images[:, :32], (3, 1)).shape == (1, 28, 92, 2)


def test_downscaled_views_keep_means_and_drop_single_pixels():
    flat = np.full((1, 12, 16, 3), 0.25, "float32")
    np.testing.assert_allclose(downscale(flat, 4), np.full((1, 3, 4, 3), 0.25))
    # Stripes of two pixels vanish wherever they begin; a ramp stays one.
    stripes = np.tile(np.float32([1.0, -1.0]), 8)[None, None, :, None]
    for place in (0, 1):
        row = np.roll(np.repeat(stripes, 8, axis=1), place, axis=2)
        np.testing.assert_allclose(downscale(row, 2)[:, :, 1:-1], 0.0, atol=1e-6)
    ramp = np.arange(16, dtype="float32")[None, None, :, None] + np.zeros((1, 8, 1, 1))
    halved = np.asarray(downscale(tf.cast(ramp, tf.float32), 2))
    assert halved.shape == (1, 4, 8, 1)
    np.testing.assert_allclose(halved[0, 0, 1:-1, 0], np.arange(2.5, 14, 2))
    assert downscale(flat[:, :11], 2).shape == (1, 5, 8, 3)
    assert downscale(flat, 1) is flat
