import numpy as np
import pytest

from animegan_tf.imaging.color.luminance import (
    LUMA,
    compose,
    luma,
    shift_luma,
    with_luma_gain,
    with_photo_chroma,
)

PHOTO, STYLIZED = np.random.default_rng(0).random((2, 30, 40, 3)).astype(np.float32)


def test_luminance_weights_add_up_to_one():
    assert LUMA.sum() == pytest.approx(1.0)
    assert luma(np.array([1.0, 0.0, 0.0]))[0] == pytest.approx(0.299)


@pytest.mark.parametrize("recolor", [with_photo_chroma, with_luma_gain])
def test_luminance_is_that_of_the_stylized_image(recolor):
    result = recolor(PHOTO, STYLIZED)
    assert luma(result) == pytest.approx(luma(STYLIZED), abs=1e-5)
    assert result.min() >= 0.0 and result.max() <= 1.0


def test_chroma_is_that_of_the_photo_where_it_fits():
    photo, stylized = 0.4 + 0.2 * PHOTO, 0.4 + 0.2 * STYLIZED
    result = with_photo_chroma(photo, stylized)
    assert result - luma(result) == pytest.approx(photo - luma(photo), abs=1e-5)


def test_out_of_range_colors_are_desaturated_at_the_same_hue():
    chroma = np.array([0.6, -0.3, 0.0], np.float32) - luma(np.array([0.6, -0.3, 0.0]))
    result = compose(np.array([0.9], np.float32), chroma)
    # Red can increase by 0.1.
    share = 0.1 / chroma.max()
    assert result - 0.9 == pytest.approx(share * chroma, abs=1e-6)


def test_gain_keeps_the_ratios_of_the_channels():
    photo = np.array([[0.4, 0.2, 0.1]], np.float32)
    result = with_luma_gain(photo, 0.5 * photo)
    # Half as bright, except for the constant that bounds the ratio.
    assert result[0, 0] / result[0, 1] == pytest.approx(2.0, rel=0.1)
    assert with_luma_gain(photo, photo) == pytest.approx(photo, abs=1e-6)


def test_black_photo_becomes_gray_not_colorful():
    photo = np.array([[0.004, 0.0, 0.0]], np.float32)
    result = with_luma_gain(photo, np.full((1, 3), 0.5, np.float32))
    assert np.ptp(result) < 0.08


def test_shift_moves_all_channels_equally():
    shifted = shift_luma(np.full((2, 3), 0.5, np.float32), np.float32(0.25))
    assert shifted == pytest.approx(np.full((2, 3), 0.75))
