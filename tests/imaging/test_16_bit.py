import io
import struct
import sys
import zlib

import numpy as np
import pytest
from PIL import ExifTags, Image

from animegan_tf.imaging.image_file import ImageFrame, Metadata
from animegan_tf.imaging.png16 import is_png16, read_png16, write_png16
from animegan_tf.imaging.reading import read_first_frame
from animegan_tf.imaging.tiff16 import is_tiff16, read_tiff16, write_tiff16
from animegan_tf.imaging.writing import write_frame

tifffile = pytest.importorskip("tifffile")

LEVELS = np.random.default_rng(0).integers(0, 65536, (37, 53, 4), dtype=np.uint16)
FORMATS = pytest.mark.parametrize(
    ("suffix", "read", "write"),
    [(".png", read_png16, write_png16), (".tif", read_tiff16, write_tiff16)],
)


def save(write, path, *pixels, **options):
    with path.open("w+b") as file:
        write(file, list(pixels), options)
    return path


def opens_as_tiff16(path):
    with Image.open(path) as image:
        return is_tiff16(image)


@FORMATS
# The last one takes two bands of rows.
@pytest.mark.parametrize("size", [(1, 1), (9, 7), (60, 9000)])
def test_written_pixels_are_read_back(tmp_path, suffix, read, write, size):
    levels = np.resize(LEVELS, (*size, 4))
    colors, alpha = levels[..., :3], levels[..., 3:]
    path = save(write, tmp_path / f"opaque{suffix}", colors)
    assert np.array_equal(read(path), colors)
    path = save(write, tmp_path / f"alpha{suffix}", colors, alpha)
    assert np.array_equal(read(path), levels)
    assert is_png16(path) if suffix == ".png" else opens_as_tiff16(path)


@FORMATS
def test_pillow_reads_the_high_bytes(tmp_path, suffix, read, write):
    path = save(write, tmp_path / f"a{suffix}", LEVELS[..., :3], dpi=(300.0, 300.0))
    with Image.open(path) as image:
        assert image.mode == "RGB"
        assert image.info["dpi"] == pytest.approx((300.0, 300.0), abs=0.01)
        assert np.array_equal(np.asarray(image), LEVELS[..., :3] >> 8)


@FORMATS
def test_smooth_images_are_compressed(tmp_path, suffix, read, write):
    ramp = np.tile(np.arange(0, 64000, 64, dtype=np.uint16), (100, 1))
    path = save(write, tmp_path / f"ramp{suffix}", np.dstack([ramp] * 3))
    assert path.stat().st_size < 600000 / 50


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("size", [(6, 9), (60, 9000)])
def test_16_bit_files_keep_their_metadata(tmp_path, suffix, size, adobe_icc):
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    exif.get_ifd(ExifTags.IFD.Exif)[0x829A] = 0.01
    exif.get_ifd(ExifTags.IFD.GPSInfo).update({1: "N", 2: (48.0, 8.0, 30.5)})
    metadata = Metadata(adobe_icc, exif.tobytes(), b"<x/>", (300.0, 300.0))
    colors = np.zeros((*size, 3), np.uint16)
    colors[-1] = 513
    path = write_frame(ImageFrame(colors, None, metadata), tmp_path / f"a{suffix}")
    frame = read_first_frame(path)
    assert np.array_equal(frame.colors, colors)
    assert frame.metadata.icc == adobe_icc
    assert frame.metadata.dpi == pytest.approx((300.0, 300.0), abs=0.01)
    assert b"DigitalSourceType" in frame.metadata.xmp
    kept = Image.Exif()
    kept.load(frame.metadata.exif)
    assert kept[0x010F] == "Maker"
    assert kept.get_ifd(ExifTags.IFD.Exif)[0x829A] == pytest.approx(0.01)
    assert kept.get_ifd(ExifTags.IFD.GPSInfo)[2] == (48.0, 8.0, 30.5)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_16_bit_images_are_read_upright(tmp_path, suffix, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    colors = LEVELS[:6, :9, :3]
    stored = ImageFrame(colors, metadata=Metadata(exif=exif.tobytes()))
    path = write_frame(stored, tmp_path / f"a{suffix}")
    narrow = tmp_path / "b.png"
    Image.fromarray((colors >> 8).astype(np.uint8)).save(narrow, exif=exif)
    upright = read_first_frame(path)
    assert upright.bits == 16
    assert np.array_equal(upright.colors >> 8, read_first_frame(narrow).colors)


def test_16_bit_grayscale_becomes_rgb(tmp_path):
    Image.fromarray(LEVELS[..., 0]).save(tmp_path / "gray.png")
    frame = read_first_frame(tmp_path / "gray.png")
    assert frame.bits == 16
    assert np.array_equal(frame.colors, np.repeat(LEVELS[..., :1], 3, axis=-1))


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("part", [0.5, 0.9])
def test_truncated_16_bit_image_is_one_line_with_the_file(tmp_path, suffix, part):
    path = write_frame(ImageFrame(LEVELS[..., :3]), tmp_path / f"a{suffix}")
    data = path.read_bytes()
    path.write_bytes(data[: int(part * len(data))])
    with pytest.raises(ValueError, match=rf"damaged image: .*a\{suffix}") as raised:
        read_first_frame(path)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("layout", [{"compression": "lzw"}, {}, {"tile": (16, 16)}])
def test_tiff_with_missing_strips_is_damaged(tmp_path, layout):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, LEVELS[..., :3], photometric="rgb", **layout)
    with tifffile.TiffFile(path, mode="r+") as file:
        # More rows than there are strips or tiles for.
        file.pages[0].tags["ImageLength"].overwrite(50000)
    with pytest.raises(ValueError, match=r"damaged image: .*a\.tif"):
        read_first_frame(path)


def test_tiff_with_a_broken_second_page_is_damaged(tmp_path):
    path = tmp_path / "a.tif"
    pages = [Image.new("RGB", (8, 8), (60 * k, 0, 0)) for k in range(2)]
    pages[0].save(path, save_all=True, append_images=pages[1:])
    with tifffile.TiffFile(path) as file:
        offset = file.pages[1].tags["ImageWidth"].offset
    data = bytearray(path.read_bytes())
    # Without its tag the width is missing.
    data[offset : offset + 2] = b"\xff\xff"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"damaged image: .*a\.tif"):
        read_first_frame(path)


def test_8_bit_files_are_not_taken_for_16_bit(tmp_path):
    path = tmp_path / "plain.png"
    Image.new("RGB", (4, 4)).save(path)
    assert not is_png16(path)
    path.write_bytes(b"\x89PNG")
    assert not is_png16(path)
    for name, mode in (("a.tif", "RGB"), ("b.tif", "1"), ("c.png", "I;16")):
        Image.new(mode, (4, 4)).save(tmp_path / name)
        assert not opens_as_tiff16(tmp_path / name)


COLOR_TYPES = {1: 0, 3: 2, 2: 4, 4: 6}
ADAM7 = [
    (slice(0, None, 8), slice(0, None, 8)),
    (slice(0, None, 8), slice(4, None, 8)),
    (slice(4, None, 8), slice(0, None, 4)),
    (slice(0, None, 4), slice(2, None, 4)),
    (slice(2, None, 4), slice(0, None, 2)),
    (slice(0, None, 2), slice(1, None, 2)),
    (slice(1, None, 2), slice(0, None, 1)),
]


def paeth(left, up, corner):
    distances = [abs(left + up - corner - value) for value in (left, up, corner)]
    return (left, up, corner)[distances.index(min(distances))]


FILTERS = [
    lambda left, up, corner: 0,
    lambda left, up, corner: left,
    lambda left, up, corner: up,
    lambda left, up, corner: (left + up) // 2,
    paeth,
]


def filter_rows(levels):
    """Filter each row by another type, as the PNG specification says, byte by byte."""
    height, width, channels = levels.shape
    step, result = 2 * channels, b""
    above = bytes(step * (width + 1))
    for index in range(height):
        row = bytes(step) + levels[index].astype(">u2").tobytes()
        predict = FILTERS[index % 5]
        result += bytes([index % 5]) + bytes(
            (row[k] - predict(row[k - step], above[k], above[k - step])) % 256
            for k in range(step, len(row))
        )
        above = row
    return result


def encode_png(levels, *, interlaced=False, transparent=None, parts=1, cut=0):
    """A PNG with all filters; `cut` is the number of bytes without which it ends."""
    height, width, channels = levels.shape
    header = (width, height, 16, COLOR_TYPES[channels], 0, 0, int(interlaced))
    passes = [levels[rows] for rows in ADAM7] if interlaced else [levels]
    rows = b"".join(filter_rows(part) for part in passes if part.size)
    pixels = zlib.compress(rows[: len(rows) - cut])
    cuts = np.linspace(0, len(pixels), parts + 1).astype(int)
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", *header))]
    if transparent is not None:
        chunks.append((b"tRNS", transparent.astype(">u2").tobytes()))
    chunks += [(b"IDAT", pixels[a:b]) for a, b in zip(cuts, cuts[1:], strict=False)]
    content = b"\x89PNG\r\n\x1a\n"
    for kind, data in [*chunks, (b"IEND", b"")]:
        content += struct.pack(">I", len(data)) + kind + data
        content += struct.pack(">I", zlib.crc32(kind + data))
    return content


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
# In the smaller ones, some passes are empty.
@pytest.mark.parametrize("size", [(1, 1), (1, 6), (5, 2), (3, 3), (23, 17)])
def test_every_kind_of_png_is_read(tmp_path, interlaced, channels, size):
    levels = LEVELS[: size[0], : size[1], :channels]
    path = tmp_path / "a.png"
    path.write_bytes(encode_png(levels, interlaced=interlaced, parts=3))
    assert np.array_equal(read_png16(path), levels)
    frame = read_first_frame(path)
    assert frame.bits == 16
    assert np.array_equal(frame.colors[..., 0], levels[..., 0])
    assert (frame.alpha is None) == (channels in (1, 3))


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_pixels_of_a_png_are_those_of_tensorflow(tmp_path, interlaced, channels):
    import tensorflow as tf

    content = encode_png(LEVELS[..., :channels], interlaced=interlaced)
    path = tmp_path / "a.png"
    path.write_bytes(content)
    expected = tf.io.decode_png(content, dtype=tf.uint16).numpy()
    np.testing.assert_array_equal(read_png16(path), expected)


@pytest.mark.parametrize("channels", [1, 3])
def test_color_that_a_16_bit_png_names_as_transparent_becomes_alpha(tmp_path, channels):
    levels = np.arange(12 * channels, dtype=np.uint16).reshape(3, 4, channels) * 999
    # One level off in the low byte is another color.
    levels[1, 2] = levels[0, 0] + 1
    path = tmp_path / "a.png"
    path.write_bytes(encode_png(levels, transparent=levels[0, 0]))
    frame = read_first_frame(path)
    alpha = np.full((3, 4), 65535)
    alpha[0, 0] = 0
    np.testing.assert_array_equal(frame.alpha, alpha)
    np.testing.assert_array_equal(frame.colors, np.broadcast_to(levels, (3, 4, 3)))


@pytest.mark.parametrize("interlaced", [False, True])
def test_png_without_its_last_byte_of_pixels_is_damaged(tmp_path, interlaced):
    path = tmp_path / "a.png"
    path.write_bytes(encode_png(LEVELS[..., :3], interlaced=interlaced, cut=1))
    with pytest.raises(ValueError, match=r"damaged image: .*a\.png.* bytes of pixels"):
        read_first_frame(path)


@pytest.mark.parametrize("position", [0.2, 0.5, 0.99])
def test_changed_byte_in_the_pixels_of_a_png_is_damage(tmp_path, position):
    path = tmp_path / "a.png"
    data = bytearray(encode_png(LEVELS[..., :3]))
    data[int(position * len(data))] ^= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"damaged image: .*a\.png.*IDAT"):
        read_first_frame(path)


def test_png_chunks_have_their_checksum():
    buffer = io.BytesIO()
    write_png16(buffer, [LEVELS[:2, :2, :3]], {"dpi": (254.0, 254.0)})
    data = buffer.getvalue()
    start = data.index(b"pHYs")
    # 254 dots per inch are 10000 per meter.
    assert data[start + 4 : start + 13] == bytes([0, 0, 39, 16, 0, 0, 39, 16, 1])
    checksum = int.from_bytes(data[start + 13 : start + 17], "big")
    assert checksum == zlib.crc32(data[start : start + 13])


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize(
    "layout",
    [
        {},
        {"compression": "deflate", "predictor": True},
        {"compression": "lzw", "predictor": True, "rowsperstrip": 5},
        {"compression": "packbits"},
        {"tile": (16, 16)},
        {"tile": (16, 16), "compression": "lzw", "predictor": True},
        {"planarconfig": "separate"},
    ],
    ids=str,
)
def test_every_tiff_layout_is_read(tmp_path, byteorder, channels, layout):
    if channels == 1:
        levels, kind = LEVELS[..., 0], {"photometric": "minisblack"}
        layout = {key: layout[key] for key in layout if key != "planarconfig"}
    else:
        levels, kind = LEVELS[..., :channels], {"photometric": "rgb"}
    if channels == 4:
        kind["extrasamples"] = ["unassalpha"]
    path = tmp_path / "a.tif"
    planes = np.moveaxis(levels, -1, 0) if "planarconfig" in layout else levels
    tifffile.imwrite(path, planes, byteorder=byteorder, **layout, **kind)
    assert opens_as_tiff16(path)
    assert np.array_equal(read_tiff16(path), LEVELS[..., :channels])
    frame = read_first_frame(path)
    assert np.array_equal(frame.colors[..., 0], LEVELS[..., 0])
    assert (frame.alpha is None) == (channels < 4)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_bigtiff_is_read(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, LEVELS[..., :3], photometric="rgb", bigtiff=True)
    assert np.array_equal(read_first_frame(path).colors, LEVELS[..., :3])


def test_tiff_whose_zero_is_white_is_inverted(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, LEVELS[..., 0], photometric="miniswhite")
    assert np.array_equal(read_tiff16(path)[..., 0], 65535 - LEVELS[..., 0])


def test_tiff_with_premultiplied_alpha_is_read_with_8_bits(tmp_path):
    path = tmp_path / "a.tif"
    options = {"photometric": "rgb", "extrasamples": ["assocalpha"]}
    tifffile.imwrite(path, np.full((4, 5, 4), 65535, np.uint16), **options)
    frame = read_first_frame(path)
    assert frame.bits == 8
    assert (frame.colors == 255).all()


@pytest.mark.parametrize("package", ["tifffile", "imagecodecs"])
def test_reading_16_bit_tiff_without_its_packages_names_the_extra(
    tmp_path, monkeypatch, package
):
    path = write_frame(ImageFrame(LEVELS[..., :3]), tmp_path / "a.tif")
    # None in sys.modules makes an import fail as if it were not installed.
    monkeypatch.setitem(sys.modules, package, None)
    match = r'^16-bit TIFF images need `pip install "animegan_tf\[tiff\]"`.*a\.tif'
    with pytest.raises(ValueError, match=match) as raised:
        read_first_frame(path)
    assert "\n" not in str(raised.value)
