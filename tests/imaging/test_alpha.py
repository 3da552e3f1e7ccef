import numpy as np
import pytest

from animegan_tf.imaging.alpha import fill_transparent


def random_colors(height, width, dtype=np.uint8):
    high = np.iinfo(dtype).max + 1
    return np.random.default_rng(0).integers(0, high, (height, width, 3), dtype=dtype)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_opaque_pixels_keep_their_colors(dtype):
    colors = random_colors(13, 9, dtype)
    alpha = np.zeros((13, 9), dtype)
    alpha[3:8, 2:6] = np.iinfo(dtype).max
    filled = fill_transparent(colors, alpha)
    assert filled.dtype == dtype
    assert np.array_equal(filled[3:8, 2:6], colors[3:8, 2:6])


def test_one_visible_color_fills_everything():
    colors = np.zeros((37, 50, 3), np.uint8)
    colors[11, 40] = (200, 100, 50)
    alpha = np.zeros((37, 50), np.uint8)
    alpha[11, 40] = 255
    assert (fill_transparent(colors, alpha) == (200, 100, 50)).all()


def test_hidden_colors_do_not_matter():
    alpha = np.zeros((20, 20), np.uint8)
    alpha[5:15, 5:15] = 255
    colors = random_colors(20, 20)
    black, white = colors.copy(), colors.copy()
    black[alpha == 0], white[alpha == 0] = 0, 255
    assert np.array_equal(
        fill_transparent(black, alpha), fill_transparent(white, alpha)
    )


def test_fill_is_between_the_visible_colors():
    colors = np.zeros((16, 16, 3), np.uint8)
    colors[:, :4], colors[:, 12:] = 100, 180
    alpha = np.zeros((16, 16), np.uint8)
    alpha[:, :4] = alpha[:, 12:] = 255
    row = fill_transparent(colors, alpha)[8, :, 0].astype(int)
    assert row.min() == 100 and row.max() == 180
    assert (np.diff(row) >= 0).all()


def test_opaque_and_fully_transparent_images_stay():
    colors = random_colors(5, 7)
    assert np.array_equal(
        fill_transparent(colors, np.full((5, 7), 255, np.uint8)), colors
    )
    assert fill_transparent(colors, np.zeros((5, 7), np.uint8)).shape == (5, 7, 3)
    assert fill_transparent(colors[:1, :1], np.zeros((1, 1), np.uint8)).size == 3
