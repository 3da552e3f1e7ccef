import numpy as np
import pytest
from PIL import Image

from animegan_tf.imaging.image_file import Metadata, Picture, PictureFile, Timing
from animegan_tf.imaging.reading import read_picture, read_picture_file
from animegan_tf.imaging.writing import (
    to_eight_bits,
    write_picture,
    write_picture_file,
)

DURATIONS = (100.0, 200.0, 50.0)


def random_picture(dtype=np.uint8):
    levels = np.random.default_rng(0).integers(
        0, np.iinfo(dtype).max, (20, 30, 4), dtype=dtype
    )
    return Picture(
        np.ascontiguousarray(levels[..., :3]), np.ascontiguousarray(levels[..., 3])
    )


def build_animation(clear):
    """A square of few colours that moves over a plain or a transparent ground."""
    frames = []
    for index in range(3):
        colors = np.full((20, 30, 3), (200, 220, 240), np.uint8)
        alpha = np.full((20, 30), 0 if clear else 255, np.uint8)
        place = slice(2 + 4 * index, 8 + 4 * index)
        colors[place, place], alpha[place, place] = (250, 60 * index, 10), 255
        # What is visible must not fill its bounding box, the only part that is stored.
        colors[0, 29], alpha[0, 29] = (200, 220, 240), 255
        frames.append(Picture(colors, alpha if clear else None))
    timing = Timing(DURATIONS, (0, 0, 0), loop=3)
    return PictureFile(tuple(frames), timing)


def visible(picture):
    alpha = picture.alpha
    return picture.colors if alpha is None else picture.colors * (alpha[..., None] > 0)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_lossless_formats_give_back_colors_and_alpha(tmp_path, suffix, dtype):
    picture = random_picture(dtype)
    back = read_picture(write_picture(picture, tmp_path / f"a{suffix}"))
    assert np.array_equal(back.colors, picture.colors)
    assert np.array_equal(back.alpha, picture.alpha)


def test_webp_keeps_alpha_bit_for_bit(tmp_path):
    picture = random_picture()
    back = read_picture(write_picture(picture, tmp_path / "a.webp"))
    assert np.array_equal(back.alpha, picture.alpha)


def test_jpeg_lays_transparent_pixels_on_white(tmp_path):
    clear = Picture(np.zeros((16, 16, 3), np.uint8), np.zeros((16, 16), np.uint8))
    back = read_picture(write_picture(clear, tmp_path / "a.jpg"))
    assert (back.colors > 252).all()


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".bmp"])
def test_sixteen_bits_are_rounded_where_they_must(tmp_path, suffix):
    picture = Picture(np.full((16, 16, 3), 32768, np.uint16))
    back = read_picture(write_picture(picture, tmp_path / f"a{suffix}"))
    assert np.abs(back.colors.astype(int) - 128).max() <= 1


def test_rounding_to_eight_bits_is_to_the_nearest():
    levels = np.array([0, 128, 129, 257, 65406, 65407, 65535], np.uint16)
    picture = Picture(np.repeat(levels.reshape(1, -1, 1), 3, axis=-1))
    assert to_eight_bits(picture).colors[0, :, 0].tolist() == [
        0, 0, 1, 1, 254, 255, 255,
    ]  # fmt: skip


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
def test_profile_is_embedded(tmp_path, adobe_icc, suffix):
    picture = Picture(random_picture().colors, metadata=Metadata(icc=adobe_icc))
    back = read_picture(write_picture(picture, tmp_path / f"a{suffix}"))
    assert back.metadata.icc == adobe_icc


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
def test_metadata_written_twice_are_written_once(tmp_path, suffix):
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    metadata = Metadata(exif=exif.tobytes(), xmp=None, dpi=(300.0, 300.0))
    first = tmp_path / f"a{suffix}"
    write_picture(Picture(random_picture().colors, metadata=metadata), first)
    once = read_picture(first)
    twice = read_picture(write_picture(once, tmp_path / f"b{suffix}"))
    assert twice.metadata == once.metadata


@pytest.mark.parametrize("clear", [False, True])
@pytest.mark.parametrize("suffix", [".gif", ".png", ".apng"])
def test_animations_play_as_before(tmp_path, suffix, clear):
    file = build_animation(clear)
    back = read_picture_file(write_picture_file(file, tmp_path / f"a{suffix}"))
    assert back.timing.durations == DURATIONS
    assert back.timing.loop == 3
    for frame, old in zip(back.frames, file.frames, strict=True):
        assert np.array_equal(visible(frame), visible(old))


@pytest.mark.parametrize("disposal", [0, 1, 2, 3])
def test_disposals_of_a_gif_are_kept(tmp_path, disposal):
    file = build_animation(False)
    timing = Timing(DURATIONS, (disposal,) * 3, loop=0)
    path = write_picture_file(PictureFile(file.frames, timing), tmp_path / "a.gif")
    back = read_picture_file(path)
    assert back.timing.disposals == ((1 if disposal == 3 else disposal),) * 3
    for frame, old in zip(back.frames, file.frames, strict=True):
        assert np.array_equal(visible(frame), visible(old))


def test_webp_animation_keeps_time_and_alpha(tmp_path):
    file = build_animation(True)
    back = read_picture_file(write_picture_file(file, tmp_path / "a.webp"))
    assert (back.timing.durations, back.timing.loop) == (DURATIONS, 3)
    for frame, old in zip(back.frames, file.frames, strict=True):
        assert np.array_equal(frame.alpha, old.alpha)


def test_animation_without_a_format_for_it_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"animation must end in one of.*a\.jpg"):
        write_picture_file(build_animation(False), tmp_path / "a.jpg")


def test_targets_that_cannot_be_are_named(tmp_path):
    with pytest.raises(ValueError, match=r"must end in one of.*a\.xyz"):
        write_picture(random_picture(), tmp_path / "a.xyz")
    with pytest.raises(FileNotFoundError, match="No such output folder"):
        write_picture(random_picture(), tmp_path / "gone" / "a.png")


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_failed_write_leaves_the_old_file_and_no_rest(tmp_path, dtype):
    path = write_picture(random_picture(dtype), tmp_path / "a.png")
    old = path.read_bytes()
    with pytest.raises((KeyError, TypeError, ValueError)):
        write_picture(Picture(np.zeros((2, 2, 7), dtype)), path)
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]
