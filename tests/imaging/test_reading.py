import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from animegan_tf.imaging.reading import (
    decode,
    open_image,
    pil_to_array,
    read_first_frame,
    read_image,
    read_image_file,
)

ALL_LEVELS = np.arange(256, dtype=np.uint8)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(tmp_path, orientation):
    upright = np.zeros((2, 3, 3), dtype=np.uint8)
    upright[0, 0] = 255
    # How a camera stores the upright image in each of the eight orientations.
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: upright.transpose(1, 0, 2)[::-1],
        7: upright.transpose(1, 0, 2)[::-1, ::-1],
        8: upright.transpose(1, 0, 2)[:, ::-1],
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "photo.png"
    Image.fromarray(np.ascontiguousarray(stored)).save(path, exif=exif)
    assert np.array_equal(read_image(path), upright)


def test_grayscale_becomes_rgb():
    gray = Image.fromarray(ALL_LEVELS.reshape(16, 16))
    expected = np.repeat(ALL_LEVELS.reshape(16, 16, 1), 3, axis=-1)
    assert np.array_equal(pil_to_array(gray), expected)


def test_16_bit_grayscale_is_scaled_not_clipped(tmp_path):
    levels = np.array([[0, 257, 32896, 65535]], dtype=np.uint16)
    path = tmp_path / "gray.png"
    Image.fromarray(levels).save(path)
    assert read_image(path)[0, :, 0].tolist() == [0, 1, 128, 255]


def test_transparent_pixels_are_blended_with_white():
    pixels = np.array([[[10, 20, 30, 255], [10, 20, 30, 0]]], dtype=np.uint8)
    assert pil_to_array(Image.fromarray(pixels)).tolist() == [
        [[10, 20, 30], [255, 255, 255]]
    ]


def test_palette_and_cmyk_become_rgb():
    red = Image.new("RGB", (2, 2), (255, 0, 0))
    for mode in ("P", "CMYK", "1"):
        assert pil_to_array(red.convert(mode)).shape == (2, 2, 3)
    assert pil_to_array(red.convert("CMYK"))[0, 0].tolist() == [255, 0, 0]


def test_colors_are_converted_to_srgb(tmp_path, adobe_icc):
    # Half of Adobe RGB is 0.5041 in sRGB, and its green is outside the sRGB gamut.
    path = tmp_path / "wide.png"
    image = Image.new("RGB", (2, 1), (128, 128, 128))
    image.putpixel((1, 0), (90, 200, 90))
    image.save(path, icc_profile=adobe_icc)
    gray, green = read_image(path)[0].astype(int)
    assert np.abs(gray - 129).max() <= 1
    assert green[1] - green[0] > 110 + 5


def test_a_broken_profile_is_ignored(tmp_path, adobe_icc):
    # Its header stays valid, its tables do not.
    broken = adobe_icc[:140] + bytes(len(adobe_icc) - 140)
    Image.new("RGB", (2, 2), (90, 200, 90)).save(tmp_path / "a.png", icc_profile=broken)
    assert read_image(tmp_path / "a.png")[0, 0].tolist() == [90, 200, 90]


def test_decoding_keeps_alpha_and_hidden_colors():
    pixels = np.random.default_rng(0).integers(0, 256, (9, 7, 4), dtype=np.uint8)
    frame = decode(Image.fromarray(pixels))
    assert np.array_equal(frame.colors, pixels[..., :3])
    assert np.array_equal(frame.alpha, pixels[..., 3])


def test_transparent_palette_entry_becomes_alpha(tmp_path):
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.putdata([0, 1])
    image.save(tmp_path / "p.png", transparency=1)
    with Image.open(tmp_path / "p.png") as stored:
        frame = decode(stored)
    assert frame.colors.tolist() == [[[10, 20, 30], [40, 50, 60]]]
    assert frame.alpha.tolist() == [[255, 0]]


def test_opaque_images_have_no_alpha():
    for mode in ("RGB", "L", "P", "1", "CMYK"):
        assert decode(Image.new(mode, (2, 2))).alpha is None


def test_rgb_profile_is_kept_and_gray_is_converted(adobe_icc, gray_icc):
    image = Image.new("RGB", (2, 2), (10, 20, 30))
    image.info["icc_profile"] = adobe_icc
    frame = decode(image)
    assert frame.metadata.icc == adobe_icc
    assert frame.colors[0, 0].tolist() == [10, 20, 30]
    gray = Image.new("LA", (2, 2), (55, 99))
    gray.info["icc_profile"] = gray_icc
    frame = decode(gray)
    assert frame.metadata.icc is None
    assert abs(int(frame.colors[0, 0, 0]) - 128) <= 1
    assert frame.alpha[0, 0] == 99


def test_profile_of_another_color_space_is_dropped(gray_icc):
    image = Image.new("RGB", (2, 2), (10, 20, 30))
    image.info["icc_profile"] = gray_icc
    assert decode(image).metadata.icc is None


def test_floating_point_pixels_are_refused():
    with pytest.raises(ValueError, match="floating-point"):
        decode(Image.new("F", (2, 2)))


def test_images_of_several_bands_are_decoded_completely():
    pixels = np.random.default_rng(0).integers(0, 256, (300, 2000), dtype=np.uint8)
    colors = decode(Image.fromarray(pixels)).colors
    assert np.array_equal(colors, np.dstack([pixels] * 3))


def test_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.jpg"):
        read_image(tmp_path / "nowhere.jpg")


def test_file_that_is_not_an_image_is_named(tmp_path):
    path = tmp_path / "notes.jpg"
    path.write_text("not an image")
    with pytest.raises(ValueError, match=r"Not an image .*notes\.jpg"):
        read_image(path)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif", ".gif"])
def test_truncated_image_is_named(tmp_path, photo, suffix):
    path = tmp_path / f"half{suffix}"
    Image.fromarray(photo).save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=rf"half\{suffix}") as raised:
        read_image(path)
    assert "\n" not in str(raised.value)


def test_errors_in_the_block_name_the_file(tmp_path, photo):
    path = tmp_path / "photo.png"
    Image.fromarray(photo).save(path)
    with pytest.raises(ValueError, match=r"damaged image: .*photo\.png.*\(why\)"):
        with open_image(path):
            raise OSError("why")


@pytest.mark.parametrize("name", ["EPS", "PPM", "TGA", "ICO", "PDF"])
def test_formats_other_than_those_promised_are_not_opened(tmp_path, photo, name):
    path = tmp_path / "a.jpg"
    Image.fromarray(photo).save(path, format=name)
    with pytest.raises(ValueError, match=r"Not an image that can be read: .*a\.jpg"):
        read_image(path)


@pytest.mark.parametrize("value", [None, 3, []])
def test_what_is_no_file_is_named(value):
    with pytest.raises(ValueError, match="`path` must be a path, bytes or an open"):
        read_image(value)


def test_images_above_the_pixel_limit_are_refused(tmp_path, photo):
    path = tmp_path / "photo.png"
    Image.fromarray(photo).save(path)
    with open_image(path, max_pixels=33 * 65) as image:
        assert image.size == (65, 33)
    with pytest.raises(ValueError, match=r"more than 2144 pixels.*photo\.png"):
        with open_image(path, max_pixels=33 * 65 - 1):
            pass


def test_images_above_the_limit_of_pillow_open(tmp_path, recwarn):
    path = tmp_path / "scan.png"
    Image.new("1", (1, 1)).save(path)
    data = bytearray(path.read_bytes())
    # The header chunk claims another size; its checksum follows.
    data[16:24] = struct.pack(">II", 20000, 20000)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    path.write_bytes(data)
    limit = Image.MAX_IMAGE_PIXELS
    with open_image(path) as image:
        assert image.size == (20000, 20000)
    assert Image.MAX_IMAGE_PIXELS == limit
    assert not recwarn.list


def test_heic_opens_with_the_plug_in(tmp_path):
    heif = pytest.importorskip("pillow_heif")
    heif.register_heif_opener()
    path = tmp_path / "photo.heic"
    Image.new("RGB", (64, 48), (10, 200, 30)).save(path)
    with open_image(path) as image:
        pixel = np.asarray(image.convert("RGB"))[20, 20]
    assert np.abs(pixel.astype(int) - (10, 200, 30)).max() < 8


def test_file_names_may_have_spaces_and_letters_of_any_script(tmp_path, photo):
    path = tmp_path / "mein Föto 写真.png"
    Image.fromarray(photo).save(path)
    assert np.array_equal(read_first_frame(path).colors, photo)


def test_still_images_have_no_timing(tmp_path, photo):
    Image.fromarray(photo).save(tmp_path / "a.png")
    assert read_image_file(tmp_path / "a.png").timing is None


def test_only_the_first_frame_is_read_with_a_warning(tmp_path, caplog):
    frames = [Image.new("RGB", (8, 8), (60 * k, 0, 0)) for k in range(3)]
    for name in ("a.gif", "a.tif"):
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:])
        file = read_image_file(tmp_path / name, animated=False)
        assert len(file.frames) == 1
        assert (file.frames[0].colors == 0).all()
        assert "only the first" in caplog.messages[-1]


def test_animations_with_too_many_pixels_in_total_are_refused(tmp_path, photo):
    frame = Image.fromarray(photo)
    path = tmp_path / "a.gif"
    turned = [frame.rotate(90 * k) for k in (1, 2)]
    frame.save(path, save_all=True, append_images=turned)
    total = 3 * frame.width * frame.height
    with pytest.raises(ValueError, match=r"a\.gif.*3 frames have more than"):
        read_image_file(path, max_pixels=total - 1)
    assert len(read_image_file(path, max_pixels=total).frames) == 3
