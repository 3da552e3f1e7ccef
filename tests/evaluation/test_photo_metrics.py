"""Metrics of an image and its photo, on images with results worked out by hand."""

import math

import numpy as np
import pytest

from animegan_tf.evaluation import (
    chroma_drift,
    edge_f1,
    flat_texture,
    flatness,
    line_darkness,
    luminance_contrast_ratio,
    luminance_ssim,
)
from animegan_tf.evaluation.photo_metrics import (
    gaussian_blur,
    gray_levels,
    reduce_window,
)


def flat(level=200, size=(16, 16)):
    return np.full((*size, 3), level, dtype="uint8")


def random_image(seed=0, size=(16, 20)):
    return np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype="uint8")


def checker(low=0, high=255, size=16):
    board = np.indices((size, size)).sum(axis=0) % 2
    levels = np.where(board, high, low).astype("uint8")
    return np.repeat(levels[..., np.newaxis], 3, axis=-1)


def with_line(level, column=8, width=1, background=200):
    image = flat(background)
    image[:, column : column + width] = level
    return image


def test_ssim_of_constant_images_compares_means_only():
    c1 = (0.01 * 255) ** 2
    expected = (2 * 100 * 200 + c1) / (100**2 + 200**2 + c1)
    assert luminance_ssim(flat(100), flat(200)) == pytest.approx(expected, rel=1e-6)


def test_ssim_of_an_inverted_checkerboard_is_negative():
    assert luminance_ssim(checker(0, 255), checker(255, 0)) < -0.9


def test_ssim_equals_scikit_image(blocks):
    metrics = pytest.importorskip("skimage.metrics")
    photo = blocks(1, 64)
    output = np.clip(photo * 0.8 + random_image(2, (64, 64)) * 0.2, 0, 255)
    output = output.astype("uint8")
    lumas = [image @ np.array([0.299, 0.587, 0.114]) for image in (photo, output)]
    expected = metrics.structural_similarity(
        *lumas,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        data_range=255,
    )
    assert luminance_ssim(photo, output) == pytest.approx(expected, abs=1e-6)


def test_ssim_refuses_images_smaller_than_its_window():
    with pytest.raises(ValueError, match="at least 11x11 pixels"):
        luminance_ssim(flat(size=(10, 16)), flat(size=(10, 16)))


def test_edge_f1_tolerates_a_shift_of_one_pixel():
    # A step gives two columns of edge, on either side of it.
    steps = [with_line(0, column, 16) for column in (6, 7, 9, 12)]
    assert edge_f1(steps[0], steps[1]) == pytest.approx(1.0)
    # At a shift of three, columns 5 and 6 against 8 and 9, none is within one pixel.
    assert edge_f1(steps[0], steps[2]) == pytest.approx(0.0)
    assert edge_f1(steps[0], steps[3]) == pytest.approx(0.0)


def test_edge_f1_counts_lost_and_added_edges():
    step = with_line(0, 4, 12)
    two_steps = with_line(0, 4, 6)
    # All edges of the photo are found, half of those of the output are new.
    assert edge_f1(step, two_steps) == pytest.approx(2 * 0.5 / 1.5)
    assert edge_f1(two_steps, step) == pytest.approx(2 * 0.5 / 1.5)
    assert edge_f1(step, flat()) == 0.0
    assert edge_f1(flat(100), flat(200)) == 1.0


def test_edge_threshold_is_the_height_of_a_step():
    step = with_line(160, 8, 8)
    assert edge_f1(flat(), step, threshold=39.0) == 0.0
    assert edge_f1(flat(), step, threshold=41.0) == 1.0


def test_edge_f1_equals_that_computed_with_scipy(blocks):
    ndimage = pytest.importorskip("scipy.ndimage")
    photo = blocks(1, 64)
    output = np.roll(photo, 2, axis=1) // 2 + 60
    lumas = [image @ np.array([0.299, 0.587, 0.114]) for image in (photo, output)]
    edges = [
        # A step of 1 gives SciPy's Sobel filter 4.
        np.hypot(
            ndimage.sobel(x, 0, mode="nearest"), ndimage.sobel(x, 1, mode="nearest")
        )
        > 4 * 32
        for x in lumas
    ]
    near = [ndimage.binary_dilation(edge, np.ones((3, 3))) for edge in edges]
    recall = (edges[0] & near[1]).sum() / edges[0].sum()
    precision = (edges[1] & near[0]).sum() / edges[1].sum()
    assert 0.2 < recall < 0.9
    expected = 2 * precision * recall / (precision + recall)
    assert edge_f1(photo, output) == pytest.approx(expected)


@pytest.mark.parametrize("metric", [luminance_ssim, edge_f1])
def test_similarity_of_equal_images_is_one(metric):
    for image in (random_image(), flat(), checker(), with_line(0)):
        assert metric(image, image) == pytest.approx(1.0, abs=1e-9)


def test_contrast_ratio_of_a_halved_checker():
    assert luminance_contrast_ratio(checker(0, 200), checker(50, 150)) == pytest.approx(
        0.5
    )
    shifted = checker(55, 255)
    assert luminance_contrast_ratio(checker(0, 200), shifted) == pytest.approx(1.0)
    assert math.isnan(luminance_contrast_ratio(flat(), checker()))
    assert luminance_contrast_ratio(checker(), flat()) == pytest.approx(0.0, abs=1e-9)


def test_chroma_drift_depends_on_color_but_not_on_brightness():
    assert chroma_drift(flat(40), flat(220)) == pytest.approx(0.0, abs=0.02)
    red = np.zeros((4, 4, 3), dtype="uint8")
    red[..., 0] = 255
    # Lab of pure red is (53.24, 80.09, 67.20).
    expected = math.hypot(80.09, 67.20)
    assert chroma_drift(red, np.zeros_like(red)) == pytest.approx(expected, abs=0.02)
    half = red.copy()
    half[:2] = 0
    assert chroma_drift(red, half) == pytest.approx(expected / 2, abs=0.02)


def test_flatness_counts_pixels_that_became_flat():
    assert flatness(checker(), flat()) == 1.0
    assert flatness(flat(), checker()) == -1.0
    # The step lies between columns 3 and 4 of the 15 pairs in a row.
    assert flatness(flat(), with_line(0, 4, 12)) == pytest.approx(-1 / 15)
    assert flatness(checker(100, 101), flat()) == 0.0


def test_line_darkness_measures_new_lines_only():
    line = with_line(50)
    assert line_darkness(flat(), line) == pytest.approx(150 / 255)
    assert line_darkness(with_line(100), line) == pytest.approx(50 / 255)
    # A line that gets lighter has negative darkness.
    assert line_darkness(line, with_line(100)) == pytest.approx(-50 / 255)


def test_line_darkness_ignores_a_darker_image_and_wide_areas():
    darker = with_line(50, background=170)
    assert line_darkness(flat(), darker) == pytest.approx((150 - 30) / 255)
    assert line_darkness(flat(), with_line(50, width=4)) == pytest.approx(150 / 255)
    assert line_darkness(flat(), with_line(50, width=5)) == 0.0
    assert line_darkness(flat(), with_line(185)) == 0.0


def test_lines_are_those_of_scipys_gray_closing():
    ndimage = pytest.importorskip("scipy.ndimage")
    output = random_image(3, (24, 30))
    levels = output @ np.array([0.299, 0.587, 0.114])
    lines = ndimage.grey_closing(levels, (5, 5), mode="nearest") - levels > 20.0
    darkening = (200.0 - levels) / 255.0
    expected = darkening[lines].mean() - darkening[~lines].mean()
    photo = flat(size=(24, 30))
    assert line_darkness(photo, output) == pytest.approx(expected)


def test_chroma_drift_equals_scikit_image():
    color = pytest.importorskip("skimage.color")
    photo, output = random_image(1), random_image(2)
    lab = [color.rgb2lab(image)[..., 1:] for image in (photo, output)]
    expected = np.sqrt(((lab[0] - lab[1]) ** 2).sum(axis=-1)).mean()
    assert chroma_drift(photo, output) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("metric", [chroma_drift, flatness, line_darkness])
def test_difference_of_equal_images_is_zero(metric):
    for image in (random_image(), flat(), checker(), with_line(0)):
        value = metric(image, image)
        assert isinstance(value, float)
        assert value == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(
    "metric",
    [luminance_ssim, edge_f1, chroma_drift, flatness, flat_texture, line_darkness],
)
def test_images_of_different_sizes_are_refused(metric):
    with pytest.raises(ValueError, match=r"Received: output of shape \(16, 18, 3\)"):
        metric(flat(), flat(size=(16, 18)))


def gray(levels):
    levels = np.clip(np.round(levels), 0, 255).astype("uint8")
    return np.repeat(np.asarray(levels)[..., np.newaxis], 3, axis=-1)


def slope(per_pixel, size=64):
    return gray(np.tile(20 + per_pixel * np.arange(size), (size, 1)))


def test_twice_the_slope_is_twice_the_texture():
    assert flat_texture(slope(1), slope(2)) == pytest.approx(2.0, rel=0.01)
    assert flat_texture(slope(1), slope(1) + np.uint8(30)) == pytest.approx(1.0)
    even = gray(np.full((64, 64), 90))
    assert flat_texture(even, even) == 1.0
    # The minimum of 0.25 over a slope of 1, which the mirrored border reduces to 0.95.
    assert flat_texture(slope(1), even) == pytest.approx(0.25, rel=0.1)


def test_texture_of_waves_worked_by_hand():
    # After the Gaussian and the central difference, the gradient of a sine of amplitude
    # a and period p is a sine of amplitude a exp(-(s k)^2 / 2) sin(k), whose mean
    # magnitude is 2 / pi of it. The photo has none, which counts as 0.25.
    amplitude, period = 20.0, 16
    photo = gray(np.full((240, 64), 120))
    waves = 120 + amplitude * np.sin(2 * np.pi * np.arange(240) / period)
    output = gray(np.tile(waves[:, np.newaxis], (1, 64)))
    k = 2 * np.pi / period
    slopes = amplitude * math.exp(-((1.5 * k) ** 2) / 2) * math.sin(k) * 2 / math.pi
    assert flat_texture(photo, output) == pytest.approx(slopes / 0.25, rel=0.05)


def test_contours_and_lines_along_them_are_no_texture():
    levels = np.full((64, 64), 60.0)
    levels[:, 32:] = 180.0
    drawn = levels.copy()
    drawn[:, 29:35] = 0.0
    assert flat_texture(gray(levels), gray(drawn)) == 1.0
    drawn[:, 10:13] = 0.0
    assert flat_texture(gray(levels), gray(drawn)) > 5.0


def test_grain_counts_much_less_than_waves_of_the_same_deviation():
    photo = slope(1)
    random = np.random.default_rng(0)
    grain = photo[..., 0] + random.normal(0, 8, photo.shape[:2])
    waves = 8 * np.sqrt(2) * np.sin(np.arange(64) * 2 * np.pi / 12)[:, np.newaxis]
    outputs = grain, photo[..., 0] + waves
    results = [flat_texture(photo, gray(levels)) for levels in outputs]
    assert results[0] < 1.5
    assert results[1] > 2.5


def test_removing_the_grain_of_a_slope_keeps_its_texture():
    grain = np.random.default_rng(0).normal(0, 4, (64, 64))
    photo = gray(slope(1)[..., 0] + grain)
    assert flat_texture(photo, slope(1)) == pytest.approx(1.0, abs=0.1)


def test_texture_of_a_photo_without_flat_regions_is_nan():
    noise = random_image(0, (64, 64))
    assert math.isnan(flat_texture(noise, noise))


def test_gaussian_blur_equals_scipy():
    ndimage = pytest.importorskip("scipy.ndimage")
    values = np.random.default_rng(0).normal(size=(20, 31))
    expected = ndimage.gaussian_filter(values, 1.5, mode="reflect")
    np.testing.assert_allclose(gaussian_blur(values, 1.5), expected, atol=1e-12)


def test_gray_levels_weight_the_colors():
    colors = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [9, 9, 9]]], "uint8")
    expected = [[0.299 * 255, 0.587 * 255, 0.114 * 255, 9.0]]
    np.testing.assert_allclose(gray_levels(colors), expected)


def test_window_reduces_the_square_around_a_pixel():
    values = np.zeros((5, 6))
    values[1, 2] = 7.0
    expected = np.zeros((5, 6))
    expected[0:3, 1:4] = 7.0
    np.testing.assert_array_equal(reduce_window(values, 3, np.maximum), expected)
    # The border is repeated, so that nothing dark lies beyond it.
    assert reduce_window(values + 1.0, 5, np.minimum).min() == 1.0
