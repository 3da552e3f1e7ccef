import os

import numpy as np
import pytest
from PIL import Image

from animegan_tf.imaging.image_io import (
    list_images,
    pil_to_array,
    read_image,
    to_float,
    to_uint8,
    write_image,
)

ALL_LEVELS = np.arange(256, dtype=np.uint8)


def test_uint8_to_float_to_uint8_is_exact():
    assert np.array_equal(to_uint8(to_float(ALL_LEVELS)), ALL_LEVELS)


def test_to_float_maps_the_ends_to_minus_one_and_one():
    floats = to_float(np.array([0, 255], dtype=np.uint8))
    assert floats.dtype == np.float32
    assert floats.tolist() == [-1.0, 1.0]


@pytest.mark.parametrize(
    ("value", "level"),
    [
        (0.0, 128),  # 127.5 rounds up
        (-1.5, 0),
        (1.5, 255),
        (float("nan"), 128),
        (float("inf"), 255),
        (float("-inf"), 0),
    ],
)
def test_to_uint8_rounds_half_up_and_clips(value, level):
    assert to_uint8(np.array([value], dtype=np.float32)).tolist() == [level]


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".tiff"])
def test_lossless_formats_give_back_the_picture(tmp_path, photo, suffix):
    path = write_image(photo, tmp_path / f"photo{suffix}")
    assert np.array_equal(read_image(path), photo)


@pytest.mark.parametrize("suffix", [".jpg", ".JPEG", ".webp"])
def test_lossy_formats_keep_smooth_pictures(tmp_path, suffix):
    ramp = np.linspace(0, 255, 32).astype(np.uint8)
    picture = np.stack([np.tile(ramp, (16, 1))] * 3, axis=-1)
    path = write_image(picture, tmp_path / f"ramp{suffix}")
    assert np.abs(read_image(path).astype(int) - picture).max() <= 6


def test_lower_quality_makes_smaller_files(tmp_path, photo):
    low = write_image(photo, tmp_path / "low.jpg", quality=10)
    high = write_image(photo, tmp_path / "high.jpg", quality=95)
    assert low.stat().st_size < high.stat().st_size


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(tmp_path, orientation):
    upright = np.zeros((2, 3, 3), dtype=np.uint8)
    upright[0, 0] = 255
    # How a camera in each of the eight positions stores the upright picture.
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


def test_grey_becomes_rgb():
    grey = Image.fromarray(ALL_LEVELS.reshape(16, 16))
    expected = np.repeat(ALL_LEVELS.reshape(16, 16, 1), 3, axis=-1)
    assert np.array_equal(pil_to_array(grey), expected)


def test_sixteen_bit_grey_is_scaled_not_clipped(tmp_path):
    levels = np.array([[0, 257, 32896, 65535]], dtype=np.uint16)
    path = tmp_path / "deep.png"
    Image.fromarray(levels).save(path)
    assert read_image(path)[0, :, 0].tolist() == [0, 1, 128, 255]


def test_transparent_pixels_are_laid_on_white():
    pixels = np.array([[[10, 20, 30, 255], [10, 20, 30, 0]]], dtype=np.uint8)
    assert pil_to_array(Image.fromarray(pixels)).tolist() == [
        [[10, 20, 30], [255, 255, 255]]
    ]


def test_palette_and_cmyk_become_rgb():
    red = Image.new("RGB", (2, 2), (255, 0, 0))
    for mode in ("P", "CMYK", "1"):
        assert pil_to_array(red.convert(mode)).shape == (2, 2, 3)
    assert pil_to_array(red.convert("CMYK"))[0, 0].tolist() == [255, 0, 0]


def test_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.jpg"):
        read_image(tmp_path / "nowhere.jpg")


def test_file_that_is_no_picture_is_named(tmp_path):
    path = tmp_path / "notes.jpg"
    path.write_text("not a picture")
    with pytest.raises(ValueError, match=r"Not an image .*notes\.jpg"):
        read_image(path)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif", ".gif"])
def test_truncated_picture_is_named(tmp_path, photo, suffix):
    whole = write_image(photo, tmp_path / f"whole{suffix}").read_bytes()
    path = tmp_path / f"half{suffix}"
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=rf"half\{suffix}") as raised:
        read_image(path)
    assert "\n" not in str(raised.value)


def test_unknown_suffix_is_refused(tmp_path, photo):
    with pytest.raises(ValueError, match=r"must end in one of .*photo\.xyz"):
        write_image(photo, tmp_path / "photo.xyz")


def test_missing_output_folder_is_named(tmp_path, photo):
    with pytest.raises(FileNotFoundError, match="No such output folder.*gone"):
        write_image(photo, tmp_path / "gone" / "photo.png")


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere"
)
def test_unwritable_output_folder_is_an_os_error(tmp_path, photo):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(OSError):
            write_image(photo, tmp_path / "photo.png")
    finally:
        tmp_path.chmod(0o700)


def test_failed_write_leaves_the_old_file_and_no_rest(tmp_path, photo):
    path = write_image(photo, tmp_path / "photo.png")
    old = path.read_bytes()
    with pytest.raises((TypeError, ValueError)):
        write_image(np.zeros((2, 2, 7), dtype=np.uint8), path)
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]


def test_list_images_sorts_and_leaves_out_the_rest(tmp_path):
    for name in ("b.jpg", "a.PNG", "notes.txt", ".hidden.jpg", "deep/c.webp"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    names = [path.name for path in list_images(tmp_path)]
    assert names == ["a.PNG", "b.jpg"]
    names = [path.name for path in list_images(tmp_path, recursive=True)]
    assert names == ["a.PNG", "b.jpg", "c.webp"]


def test_list_images_wants_a_folder(tmp_path):
    with pytest.raises(FileNotFoundError):
        list_images(tmp_path / "gone")
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        list_images(tmp_path / "file")


def test_colors_are_managed_to_srgb(tmp_path, adobe_icc):
    # Half of Adobe RGB is 0.5041 in sRGB, and its green is beyond sRGB's.
    path = tmp_path / "wide.png"
    image = Image.new("RGB", (2, 1), (128, 128, 128))
    image.putpixel((1, 0), (90, 200, 90))
    image.save(path, icc_profile=adobe_icc)
    grey, green = read_image(path)[0].astype(int)
    assert np.abs(grey - 129).max() <= 1
    assert green[1] - green[0] > 110 + 5


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((8, 8, 3)),
        np.zeros((1, 8, 8, 3), np.uint8),
        np.zeros((8, 8, 2), np.uint8),
        np.zeros((0, 8, 3), np.uint8),
        [[1, 2], [3, 4]],
    ],
)
def test_what_is_no_picture_is_not_written(tmp_path, image):
    with pytest.raises(ValueError, match="`image` must be uint8 .* Received: dtype"):
        write_image(image, tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []


def test_impossible_quality_is_refused(tmp_path, photo):
    with pytest.raises(ValueError, match=r"`quality` must be in \[1, 100\].*1000"):
        write_image(photo, tmp_path / "a.jpg", quality=1000)


def test_a_broken_profile_is_passed_over(tmp_path, adobe_icc):
    # Its header stays sound, its tables do not.
    broken = adobe_icc[:140] + bytes(len(adobe_icc) - 140)
    Image.new("RGB", (2, 2), (90, 200, 90)).save(tmp_path / "a.png", icc_profile=broken)
    assert read_image(tmp_path / "a.png")[0, 0].tolist() == [90, 200, 90]
