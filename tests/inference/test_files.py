import tracemalloc

import numpy as np
import pytest
from PIL import Image

from animegan_tf.imaging.image_file import ImageFrame, Metadata
from animegan_tf.imaging.reading import read_first_frame, read_image, read_image_file
from animegan_tf.imaging.writing import write_frame, write_image
from animegan_tf.inference.dials import Dials
from animegan_tf.inference.files import stylize_file, stylize_frame, stylize_image
from animegan_tf.inference.stylizer import Stylizer


@pytest.fixture(scope="module")
def negative(negative_generator):
    return Stylizer(negative_generator)


@pytest.fixture(scope="module")
def identity(identity_generator):
    return Stylizer(identity_generator)


def random_levels(*shape, dtype=np.uint8):
    high = np.iinfo(dtype).max + 1
    return np.random.default_rng(0).integers(0, high, shape, dtype=dtype)


def save(path, image, **options):
    Image.fromarray(image).save(path, **options)
    return path


def test_image_without_dials_equals_that_of_the_stylizer(negative, photo):
    assert np.array_equal(stylize_image(photo, negative), negative(photo))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_strength_of_zero_is_the_photo(negative, dtype):
    photo = random_levels(9, 7, 3, dtype=dtype)
    result = stylize_image(photo, negative, Dials(strength=0.0))
    assert np.array_equal(result, photo)
    assert result is not photo


def test_uint16_images_keep_all_levels(negative):
    photo = random_levels(20, 30, 3, dtype=np.uint16)
    result = stylize_image(photo, negative)
    assert result.dtype == np.uint16
    assert np.abs(result.astype(int) - (65535 - photo)).max() <= 1


@pytest.mark.parametrize("scale", [0.0625, 0.5, 0.73, 2.0])
@pytest.mark.parametrize("size", [(33, 65), (1, 1), (7, 100)])
def test_every_scale_keeps_the_size_of_the_image(identity, size, scale):
    photo = random_levels(*size, 3)
    assert stylize_image(photo, identity, Dials(scale=scale)).shape == photo.shape


def test_scale_makes_strokes_coarser(identity):
    photo = random_levels(64, 64, 3)
    coarse = stylize_image(photo, identity, Dials(scale=0.25))
    assert coarse.std() < 0.5 * photo.std()


def test_automatic_scale_changes_nothing_that_a_network_would_not(identity):
    photo = random_levels(800, 740, 3)
    assert np.array_equal(stylize_image(photo, identity, Dials(scale="auto")), photo)


def test_strokes_grow_with_large_images_and_fine_detail_stays():
    def striped(image, progress=None):
        """Draw stripes of 10 columns; neighboring columns differ by 20 levels."""
        columns = np.arange(image.shape[1])
        stripes = 100 + 40 * (columns // 10 % 2) + 20 * (columns % 2)
        return np.broadcast_to(stripes[:, None], image.shape).astype(np.uint8)

    photo = np.full((1440, 1600, 3), 200, np.uint8)
    auto = stylize_image(photo, striped, Dials(scale="auto"))
    columns = auto[700, 40:1560, 0].astype(float)
    # Those of half the size, enlarged, are twice as wide.
    stripes = columns.reshape(-1, 2).mean(axis=1)
    strength = np.abs(np.fft.rfft(stripes - stripes.mean()))
    assert np.argmax(strength) == len(stripes) / 20
    # The alternation is that of the full size.
    assert np.mean(columns[1::2] - columns[::2]) == pytest.approx(20, abs=2)
    small = photo[:720, :730]
    assert np.array_equal(stylize_image(small, striped), striped(small))


def test_scale_with_too_many_pixels_is_refused(identity):
    photo = np.zeros((2900, 2900, 3), np.uint8)
    with pytest.raises(ValueError, match="`scale` must leave at most.*scale=8"):
        stylize_image(photo, identity, Dials(scale=8.0))


@pytest.mark.parametrize(
    "image",
    [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)],
)
def test_argument_that_is_not_an_image_is_refused(identity, image):
    with pytest.raises(ValueError, match="`image` must be uint8 or uint16 RGB"):
        stylize_image(image, identity)


def test_network_does_not_see_transparent_colors(negative):
    colors = np.full((20, 20, 3), 200, np.uint8)
    alpha = np.zeros((20, 20), np.uint8)
    alpha[5:15, 5:15] = 255
    colors[alpha == 0] = 0
    stylized = stylize_frame(ImageFrame(colors, alpha), negative)
    # Black in transparent areas would become a white edge.
    assert (stylized.colors == 55).all()
    assert np.array_equal(stylized.alpha, alpha)


def test_network_sees_srgb_and_the_file_keeps_its_profile(
    negative, identity, adobe_icc
):
    # Colors that both sRGB and the profile contain are converted almost exactly.
    colors = random_levels(9, 7, 3) // 4 + 100
    frame = ImageFrame(colors, metadata=Metadata(icc=adobe_icc))
    same = stylize_frame(frame, identity)
    assert same.metadata.icc == adobe_icc
    assert np.abs(same.colors.astype(int) - colors).max() <= 2
    # The negative in sRGB differs from that of the values in the profile.
    changed = stylize_frame(frame, negative).colors.astype(int)
    assert np.abs(changed - (255 - colors)).max() > 5


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("dials", [{"strength": 0.0}, {"mask": 0}])
def test_unchanged_photo_with_a_profile_is_exactly_unchanged(
    tmp_path, negative, adobe_icc, suffix, dials
):
    if "mask" in dials:
        dials = {"mask": np.zeros((20, 30), np.uint8)}
    pixels = random_levels(20, 30, 4)
    source = save(tmp_path / f"a{suffix}", pixels, icc_profile=adobe_icc)
    stylize_file(source, tmp_path / f"b{suffix}", negative, Dials(**dials))
    back = read_first_frame(tmp_path / f"b{suffix}")
    assert np.array_equal(np.dstack([back.colors, back.alpha]), pixels)
    assert back.metadata.icc == adobe_icc


@pytest.mark.parametrize("suffix", [".png", ".webp", ".tif"])
def test_alpha_is_exactly_unchanged(tmp_path, negative, suffix):
    pixels = random_levels(20, 30, 4)
    source = save(tmp_path / "a.png", pixels)
    target = stylize_file(source, tmp_path / f"b{suffix}", negative)
    assert np.array_equal(read_first_frame(target).alpha, pixels[..., 3])


def test_bits_are_those_of_the_source_or_the_argument(tmp_path, negative, photo):
    frame = ImageFrame(random_levels(9, 7, 3, dtype=np.uint16))
    uint16_path = write_frame(frame, tmp_path / "uint16.png")
    uint8_path = save(tmp_path / "uint8.png", photo)

    def result(source, suffix, bits):
        target = tmp_path / f"out{suffix}"
        return read_first_frame(stylize_file(source, target, negative, bits=bits))

    assert result(uint16_path, ".tif", None).bits == 16
    assert result(uint16_path, ".png", 8).bits == 8
    assert result(uint16_path, ".jpg", None).bits == 8
    assert result(uint8_path, ".png", None).bits == 8
    widened = result(uint8_path, ".png", 16)
    expected = 257 * (255 - photo.astype(int))
    assert np.abs(widened.colors - expected).max() <= 1
    with pytest.raises(ValueError, match="`bits` may be 16 in .*png.* only"):
        result(uint8_path, ".jpg", 16)
    with pytest.raises(ValueError, match="`bits` must be 8 or 16"):
        result(uint8_path, ".png", 12)


def test_metadata_are_kept_or_stripped(tmp_path, negative, photo, adobe_icc):
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    exif[0x0112] = 6
    options = {"exif": exif, "icc_profile": adobe_icc}
    source = save(tmp_path / "a.jpg", photo, **options)
    kept = read_first_frame(stylize_file(source, tmp_path / "b.jpg", negative))
    assert b"Maker" in kept.metadata.exif
    assert kept.colors.shape == (65, 33, 3)
    stripped = stylize_file(
        source, tmp_path / "c.jpg", negative, keep_metadata=False, mark=False
    )
    metadata = read_first_frame(stripped).metadata
    assert (metadata.exif, metadata.xmp) == (None, None)
    assert metadata.icc == adobe_icc


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png"])
def test_every_frame_is_stylized(tmp_path, negative, suffix):
    frames = [Image.new("RGB", (20, 16), (80 * k, 0, 0)) for k in range(3)]
    source = tmp_path / f"a{suffix}"
    frames[0].save(
        source, save_all=True, append_images=frames[1:], duration=[50, 100, 150]
    )
    seen = []
    stylize_file(
        source,
        tmp_path / f"b{suffix}",
        negative,
        progress=lambda *counts: seen.append(counts),
    )
    assert seen == [(1, 3), (2, 3), (3, 3)]
    back = read_image_file(tmp_path / f"b{suffix}")
    assert back.timing.durations == (50.0, 100.0, 150.0)
    for index, frame in enumerate(back.frames):
        expected = (255 - 80 * index, 255, 255)
        assert np.abs(frame.colors.astype(int) - expected).max() <= 6


def test_cmyk_and_gray_become_rgb(tmp_path, negative):
    for mode, color in (("CMYK", (0, 255, 255, 0)), ("L", 100)):
        Image.new(mode, (16, 16), color).save(tmp_path / "a.tif")
        target = stylize_file(
            tmp_path / "a.tif", tmp_path / f"{mode}.png", negative, Dials()
        )
        with Image.open(target) as image:
            assert image.mode == "RGB"
    assert (read_image(tmp_path / "L.png") == 155).all()
    assert (read_image(tmp_path / "CMYK.png") == (0, 255, 255)).all()


def test_source_is_never_overwritten(tmp_path, negative, photo):
    source = write_image(photo, tmp_path / "a.png")
    before = source.read_bytes()
    with pytest.raises(ValueError, match="would overwrite the source"):
        stylize_file(source, source, negative)
    assert source.read_bytes() == before


def test_arguments_of_other_types_are_refused(tmp_path, negative, photo):
    source = write_image(photo, tmp_path / "a.png")
    with pytest.raises(ValueError, match="from_preset .* Received: stylizer='comic'"):
        stylize_image(photo, "comic")
    with pytest.raises(ValueError, match="`stylizer` must be"):
        stylize_file(source, tmp_path / "b.png", "comic")
    with pytest.raises(ValueError, match="`dials` must be .* Received: dials=0.5"):
        stylize_image(photo, negative, 0.5)
    assert not (tmp_path / "b.png").exists()


def test_large_images_are_held_twice_and_not_four_times():
    # Four times 12,000 x 12,000 pixels would be over 1.7 GB.
    photo = np.zeros((3000, 3000, 3), np.uint8)
    tracemalloc.start()
    stylize_image(photo, lambda image, progress=None: 255 - image)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert photo.nbytes <= peak < 2 * photo.nbytes
