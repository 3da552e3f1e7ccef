import numpy as np
import pytest
from PIL import Image

from animegan_tf.imaging.resizing import resize

# Away from 0 and 255: Pillow clips what a kernel overshoots after the first axis.
IMAGE = np.random.default_rng(0).integers(90, 166, (61, 47, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    "size", [(20, 15), (30, 23), (122, 94), (200, 9), (1, 1), (700, 900), (9, 20000)]
)
def test_bands_equal_the_whole_image(size):
    method = Image.Resampling.LANCZOS if size[0] < 61 else Image.Resampling.BICUBIC
    whole = np.asarray(Image.fromarray(IMAGE).resize(size[::-1], method))
    resized = resize(IMAGE, size)
    assert resized.shape == (*size, 3)
    # Pillow may process the axes in either order, and rounds after each.
    assert np.abs(resized.astype(int) - whole).max() <= 2


def test_bands_of_a_smaller_image_equal_the_whole():
    # Rows of 30000 pixels: 17 of them are a band.
    image = np.resize(IMAGE, (60, 30000, 3))
    whole = Image.fromarray(image).resize((15, 40), Image.Resampling.LANCZOS)
    difference = resize(image, (40, 15)).astype(int) - np.asarray(whole)
    assert np.abs(difference).max() <= 2


@pytest.mark.parametrize("size", [(20, 15), (122, 94)])
def test_16_bits_agree_with_8_bits(size):
    wide = resize(IMAGE.astype(np.uint16) * 257, size)
    assert wide.dtype == np.uint16
    # Pillow rounds 8 bits once for each axis.
    assert np.abs(wide / 257.0 - resize(IMAGE, size)).max() < 1.6


def test_same_size_returns_the_image_itself():
    assert resize(IMAGE, (61, 47)) is IMAGE
