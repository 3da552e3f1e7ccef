import numpy as np
import pytest
from PIL import Image

from animegan_tf.imaging.color import profiles as color_profiles
from animegan_tf.imaging.resizing import resize

# Away from the ends: what a kernel overshoots, Pillow cuts off after the first axis.
PICTURE = np.random.default_rng(0).integers(90, 166, (61, 47, 3), dtype=np.uint8)


@pytest.mark.parametrize("size", [(20, 15), (30, 23), (122, 94), (200, 9), (1, 1)])
@pytest.mark.parametrize("pixels", [2**19, 400])
def test_bands_equal_the_whole(monkeypatch, size, pixels):
    monkeypatch.setattr(color_profiles, "BAND_PIXELS", pixels)
    smaller = size[0] < 61
    method = Image.Resampling.LANCZOS if smaller else Image.Resampling.BICUBIC
    whole = np.asarray(Image.fromarray(PICTURE).resize(size[::-1], method))
    resized = resize(PICTURE, size)
    assert resized.shape == (*size, 3)
    # Pillow may take the axes in either order, and rounds after each.
    assert np.abs(resized.astype(int) - whole).max() <= 2


@pytest.mark.parametrize("size", [(20, 15), (122, 94)])
def test_sixteen_bits_agree_with_eight(size):
    deep = resize(PICTURE.astype(np.uint16) * 257, size)
    assert deep.dtype == np.uint16
    # Pillow rounds 8 bits once for each axis.
    assert np.abs(deep / 257.0 - resize(PICTURE, size)).max() < 1.6


def test_same_size_is_the_picture_itself():
    assert resize(PICTURE, (61, 47)) is PICTURE
