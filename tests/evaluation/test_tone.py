"""Laws of contrast, colour, flatness and lines, on pictures worked out by hand."""

import math

import numpy as np
import pytest

from animegan_tf.evaluation import (
    chroma_drift,
    flatness,
    line_darkness,
    luminance_contrast_ratio,
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


def test_contrast_ratio_of_a_halved_checker():
    assert luminance_contrast_ratio(checker(0, 200), checker(50, 150)) == pytest.approx(
        0.5
    )
    shifted = checker(55, 255)
    assert luminance_contrast_ratio(checker(0, 200), shifted) == pytest.approx(1.0)
    assert math.isnan(luminance_contrast_ratio(flat(), checker()))
    assert luminance_contrast_ratio(checker(), flat()) == pytest.approx(0.0, abs=1e-9)


def test_chroma_drift_sees_color_but_not_brightness():
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


def test_line_darkness_measures_new_ink_only():
    line = with_line(50)
    assert line_darkness(flat(), line) == pytest.approx(150 / 255)
    assert line_darkness(with_line(100), line) == pytest.approx(50 / 255)
    # A line that gets lighter counts against it.
    assert line_darkness(line, with_line(100)) == pytest.approx(-50 / 255)


def test_line_darkness_ignores_a_darker_picture_and_wide_areas():
    darker = with_line(50, background=170)
    assert line_darkness(flat(), darker) == pytest.approx((150 - 30) / 255)
    assert line_darkness(flat(), with_line(50, width=4)) == pytest.approx(150 / 255)
    assert line_darkness(flat(), with_line(50, width=5)) == 0.0
    assert line_darkness(flat(), with_line(185)) == 0.0


def test_lines_are_those_of_scipys_grey_closing():
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


@pytest.mark.parametrize("measure", [chroma_drift, flatness, line_darkness])
def test_equal_pictures_have_changed_by_nothing_and_others_need_its_size(measure):
    for image in (random_image(), flat(), checker(), with_line(0)):
        value = measure(image, image)
        assert isinstance(value, float)
        assert value == pytest.approx(0.0, abs=1e-9)
    with pytest.raises(ValueError, match=r"Received: output of shape \(16, 18, 3\)"):
        measure(flat(), flat(size=(16, 18)))
