import os

import numpy as np
import pytest
from PIL import Image

from animegan_tf.imaging.image_file import ImageFile, ImageFrame, Metadata, Timing
from animegan_tf.imaging.reading import read_first_frame, read_image, read_image_file
from animegan_tf.imaging.writing import write_frame, write_image, write_image_file

DURATIONS = (100.0, 200.0, 50.0)


def random_frame(dtype=np.uint8):
    levels = np.random.default_rng(0).integers(
        0, np.iinfo(dtype).max, (20, 30, 4), dtype=dtype
    )
    return ImageFrame(
        np.ascontiguousarray(levels[..., :3]), np.ascontiguousarray(levels[..., 3])
    )


def build_animation(transparent):
    """A square of few colors that moves over a plain or transparent background."""
    frames = []
    for index in range(3):
        colors = np.full((20, 30, 3), (200, 220, 240), np.uint8)
        alpha = np.full((20, 30), 0 if transparent else 255, np.uint8)
        place = slice(2 + 4 * index, 8 + 4 * index)
        colors[place, place], alpha[place, place] = (250, 60 * index, 10), 255
        # What is visible must not fill its bounding box, the only part that is stored.
        colors[0, 29], alpha[0, 29] = (200, 220, 240), 255
        frames.append(ImageFrame(colors, alpha if transparent else None))
    timing = Timing(DURATIONS, (0, 0, 0), loop=3)
    return ImageFile(tuple(frames), timing)


def visible(frame):
    alpha = frame.alpha
    return frame.colors if alpha is None else frame.colors * (alpha[..., None] > 0)


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".tiff"])
def test_lossless_formats_give_back_the_array(tmp_path, photo, suffix):
    path = write_image(photo, tmp_path / f"photo{suffix}")
    assert np.array_equal(read_image(path), photo)


@pytest.mark.parametrize("suffix", [".jpg", ".JPEG", ".webp"])
def test_lossy_formats_keep_smooth_images(tmp_path, suffix):
    ramp = np.linspace(0, 255, 32).astype(np.uint8)
    image = np.stack([np.tile(ramp, (16, 1))] * 3, axis=-1)
    path = write_image(image, tmp_path / f"ramp{suffix}")
    assert np.abs(read_image(path).astype(int) - image).max() <= 6


def test_lower_quality_makes_smaller_files(tmp_path, photo):
    low = write_image(photo, tmp_path / "low.jpg", quality=10)
    high = write_image(photo, tmp_path / "high.jpg", quality=95)
    assert low.stat().st_size < high.stat().st_size


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
def test_arrays_that_are_not_images_are_refused(tmp_path, image):
    with pytest.raises(ValueError, match="`image` must be uint8 .* Received: dtype"):
        write_image(image, tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []


def test_quality_out_of_range_is_refused(tmp_path, photo):
    with pytest.raises(ValueError, match=r"`quality` must be in \[1, 100\].*1000"):
        write_image(photo, tmp_path / "a.jpg", quality=1000)


def test_unknown_suffix_and_missing_folder_are_refused(tmp_path, photo):
    for write, image in ((write_image, photo), (write_frame, random_frame())):
        with pytest.raises(ValueError, match=r"must end in one of .*photo\.xyz"):
            write(image, tmp_path / "photo.xyz")
        with pytest.raises(FileNotFoundError, match="No such output folder.*gone"):
            write(image, tmp_path / "gone" / "photo.png")


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


def test_failed_write_of_an_array_leaves_the_old_file(tmp_path, photo):
    path = write_image(photo, tmp_path / "photo.png")
    old = path.read_bytes()
    with pytest.raises((TypeError, ValueError)):
        write_image(np.zeros((2, 2, 7), dtype=np.uint8), path)
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_failed_write_of_a_frame_leaves_the_old_file(tmp_path, dtype):
    path = write_frame(random_frame(dtype), tmp_path / "a.png")
    old = path.read_bytes()
    with pytest.raises((KeyError, TypeError, ValueError)):
        write_frame(ImageFrame(np.zeros((2, 2, 7), dtype)), path)
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_lossless_formats_give_back_colors_and_alpha(tmp_path, suffix, dtype):
    frame = random_frame(dtype)
    back = read_first_frame(write_frame(frame, tmp_path / f"a{suffix}"))
    assert np.array_equal(back.colors, frame.colors)
    assert np.array_equal(back.alpha, frame.alpha)


def test_webp_keeps_alpha_exactly(tmp_path):
    frame = random_frame()
    back = read_first_frame(write_frame(frame, tmp_path / "a.webp"))
    assert np.array_equal(back.alpha, frame.alpha)


def test_jpeg_blends_transparent_pixels_with_white(tmp_path):
    black = ImageFrame(np.zeros((16, 16, 3), np.uint8), np.zeros((16, 16), np.uint8))
    back = read_first_frame(write_frame(black, tmp_path / "a.jpg"))
    assert (back.colors > 252).all()


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".bmp"])
def test_16_bits_are_rounded_in_8_bit_formats(tmp_path, suffix):
    frame = ImageFrame(np.full((16, 16, 3), 32768, np.uint16))
    back = read_first_frame(write_frame(frame, tmp_path / f"a{suffix}"))
    assert np.abs(back.colors.astype(int) - 128).max() <= 1


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
def test_profile_is_embedded(tmp_path, adobe_icc, suffix):
    frame = ImageFrame(random_frame().colors, metadata=Metadata(icc=adobe_icc))
    back = read_first_frame(write_frame(frame, tmp_path / f"a{suffix}"))
    assert back.metadata.icc == adobe_icc


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
def test_writing_metadata_twice_changes_nothing(tmp_path, suffix):
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    metadata = Metadata(exif=exif.tobytes(), xmp=None, dpi=(300.0, 300.0))
    first = tmp_path / f"a{suffix}"
    write_frame(ImageFrame(random_frame().colors, metadata=metadata), first)
    once = read_first_frame(first)
    twice = read_first_frame(write_frame(once, tmp_path / f"b{suffix}"))
    assert twice.metadata == once.metadata


@pytest.mark.parametrize("transparent", [False, True])
@pytest.mark.parametrize("suffix", [".gif", ".png", ".apng"])
def test_animations_play_as_before(tmp_path, suffix, transparent):
    file = build_animation(transparent)
    back = read_image_file(write_image_file(file, tmp_path / f"a{suffix}"))
    assert back.timing.durations == DURATIONS
    assert back.timing.loop == 3
    for frame, old in zip(back.frames, file.frames, strict=True):
        assert np.array_equal(visible(frame), visible(old))


@pytest.mark.parametrize("disposal", [0, 1, 2, 3])
def test_disposals_of_a_gif_are_kept(tmp_path, disposal):
    file = build_animation(False)
    timing = Timing(DURATIONS, (disposal,) * 3, loop=0)
    path = write_image_file(ImageFile(file.frames, timing), tmp_path / "a.gif")
    back = read_image_file(path)
    assert back.timing.disposals == ((1 if disposal == 3 else disposal),) * 3
    for frame, old in zip(back.frames, file.frames, strict=True):
        assert np.array_equal(visible(frame), visible(old))


def test_webp_animation_keeps_timing_and_alpha(tmp_path):
    file = build_animation(True)
    back = read_image_file(write_image_file(file, tmp_path / "a.webp"))
    assert (back.timing.durations, back.timing.loop) == (DURATIONS, 3)
    for frame, old in zip(back.frames, file.frames, strict=True):
        assert np.array_equal(frame.alpha, old.alpha)


def test_animation_in_a_format_without_animation_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"animation must end in one of.*a\.jpg"):
        write_image_file(build_animation(False), tmp_path / "a.jpg")
