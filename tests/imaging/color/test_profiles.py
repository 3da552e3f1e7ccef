import numpy as np
from PIL import Image

from animegan_tf.imaging.color.profiles import (
    build_conversion,
    convert_to_srgb,
    profile_mode,
    row_bands,
    srgb_icc,
)


def test_srgb_broken_and_missing_profiles_need_no_conversion(gray_icc):
    for icc in (None, srgb_icc(), b"broken", gray_icc):
        assert build_conversion(icc) is None


def test_profile_mode(adobe_icc, gray_icc):
    assert profile_mode(adobe_icc) == "RGB"
    assert profile_mode(gray_icc) == "L"
    assert profile_mode(b"broken") is None


def test_colors_of_srgb_survive_both_ways(adobe_icc):
    conversion = build_conversion(adobe_icc)
    for dtype, tolerance in ((np.uint8, 3), (np.uint16, 128)):
        high = np.iinfo(dtype).max
        colors = np.random.default_rng(0).integers(
            high // 8, high, (9, 7, 3), dtype=dtype
        )
        there = conversion.from_srgb(colors)
        assert there.dtype == dtype
        assert np.abs(there.astype(int) - colors).max() > tolerance
        back = conversion.to_srgb(there)
        assert np.abs(back.astype(int) - colors).max() <= tolerance


def test_eight_and_sixteen_bits_agree(adobe_icc):
    conversion = build_conversion(adobe_icc)
    colors = np.random.default_rng(0).integers(0, 256, (9, 7, 3), dtype=np.uint8)
    deep = conversion.to_srgb(colors.astype(np.uint16) * 257) / 257.0
    assert np.abs(deep - conversion.to_srgb(colors)).max() < 3


def test_grey_of_linear_light_gets_brighter(gray_icc):
    # 55/255 = 0.2157 linear is 0.5020 in sRGB, level 128.
    image = convert_to_srgb(Image.new("L", (2, 2), 55), gray_icc)
    assert image.mode == "RGB"
    assert abs(image.getpixel((0, 0))[1] - 128) <= 1


def test_profile_to_embed_is_always_the_same_bytes():
    assert srgb_icc()[24:36] == bytes([7, 208, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0])


def test_bands_cover_every_row_once():
    shape = (1000, 3000, 3)
    rows = [row for band in row_bands(shape) for row in range(1000)[band]]
    assert rows == list(range(1000))
    assert len(row_bands(shape)) == 6
