import numpy as np
import pytest
from PIL import Image

from animegan_tf.imaging.decoding import decode, pixels_of


def test_alpha_and_hidden_colors_are_kept():
    pixels = np.random.default_rng(0).integers(0, 256, (9, 7, 4), dtype=np.uint8)
    decoded = decode(Image.fromarray(pixels))
    assert np.array_equal(decoded.colors, pixels[..., :3])
    assert np.array_equal(decoded.alpha, pixels[..., 3])


def test_transparent_entry_of_a_palette_is_alpha(tmp_path):
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.putdata([0, 1])
    image.save(tmp_path / "p.png", transparency=1)
    with Image.open(tmp_path / "p.png") as stored:
        decoded = decode(stored)
    assert decoded.colors.tolist() == [[[10, 20, 30], [40, 50, 60]]]
    assert decoded.alpha.tolist() == [[255, 0]]


def test_opaque_pictures_have_no_alpha():
    for mode in ("RGB", "L", "P", "1", "CMYK"):
        assert decode(Image.new(mode, (2, 2))).alpha is None


def test_profile_of_rgb_is_kept_and_grey_is_converted(adobe_icc, grey_icc):
    image = Image.new("RGB", (2, 2), (10, 20, 30))
    image.info["icc_profile"] = adobe_icc
    decoded = decode(image)
    assert decoded.icc == adobe_icc
    assert decoded.colors[0, 0].tolist() == [10, 20, 30]
    grey = Image.new("LA", (2, 2), (55, 99))
    grey.info["icc_profile"] = grey_icc
    decoded = decode(grey)
    assert decoded.icc is None
    assert abs(int(decoded.colors[0, 0, 0]) - 128) <= 1
    assert decoded.alpha[0, 0] == 99


def test_profile_of_another_color_space_is_left_out(grey_icc):
    image = Image.new("RGB", (2, 2), (10, 20, 30))
    image.info["icc_profile"] = grey_icc
    assert decode(image).icc is None


def test_floating_point_pixels_are_refused():
    with pytest.raises(ValueError, match="floating-point"):
        decode(Image.new("F", (2, 2)))


def test_pixels_of_several_bands_are_all_there():
    pixels = np.random.default_rng(0).integers(0, 256, (1100, 2000), dtype=np.uint8)
    assert np.array_equal(pixels_of(Image.fromarray(pixels)), pixels)
