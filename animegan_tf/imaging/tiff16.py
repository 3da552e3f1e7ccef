"""Read and write 16-bit TIFF files, which Pillow reduces to 8 bits.

tifffile, of the extra `tiff`, reads them. Writing needs no extra: Pillow encodes the
tags, with the EXIF and GPS directories that tifffile does not write.

Reference: TIFF 6.0, 1992, and its supplement of 2002 on Deflate compression.
"""

import math
import zlib

import numpy as np
from PIL import ExifTags, Image, TiffImagePlugin

from animegan_tf.imaging.arrays import row_bands
from animegan_tf.imaging.formats import MAX_PIXELS, MissingPackageError
from animegan_tf.utils.messages import reason_of

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262
_OFFSETS, _SAMPLES, _STRIP_ROWS, _BYTE_COUNTS = 273, 277, 278, 279
_X_RESOLUTION, _Y_RESOLUTION, _PLANAR, _UNIT, _PREDICTOR = 282, 283, 284, 296, 317
_EXTRA_SAMPLES, _SAMPLE_FORMAT, _ICC = 338, 339, 34675
_LONG, _UNDEFINED = 4, 7
_WHITE_IS_ZERO, _SEPARATE_PLANES = 0, 2
_HEADER = b"II*\0\x08\0\0\0"


def is_tiff16(image: Image.Image) -> bool:
    """Tell whether an opened image is a TIFF that `read_tiff16` reads as 16 bits.

    It is if it is grayscale or RGB of 16-bit integers; with an alpha channel, only RGB
    that is not premultiplied by it.
    """
    if image.format != "TIFF":
        return False
    tags = image.tag_v2
    channels, extra = tags.get(_SAMPLES, 1), tags.get(_EXTRA_SAMPLES, ())
    return (
        set(tags.get(_BITS, (1,))) == {16}
        and set(tags.get(_SAMPLE_FORMAT, (1,))) == {1}
        and tags.get(_PHOTOMETRIC) in (0, 1, 2)
        and (channels, extra) in ((1, ()), (3, ()), (4, (2,)))
    )


def read_tiff16(path) -> np.ndarray:
    """Read the pixels of the first page as stored, without applying the orientation.

    Returns:
        uint16 `(height, width, channels)` of 1, 3 or 4 channels.

    Raises:
        MissingPackageError: If the packages of the extra `tiff` are not installed.
        ValueError: If the file is damaged.
    """
    try:
        # tifffile decompresses LZW and others with imagecodecs.
        import imagecodecs  # noqa: F401
        import tifffile
    except ImportError as error:
        raise MissingPackageError(
            '16-bit TIFF images need `pip install "animegan_tf[tiff]"`. '
            f"Received: {str(path)!r}"
        ) from error
    try:
        with tifffile.TiffFile(path) as file:
            page = file.pages[0]
            _check_segments(page, file.filehandle.size)
            pixels = page.asarray()
    # Every codec reports damage with exceptions of its own.
    except Exception as error:
        raise ValueError(
            f"its 16-bit pixels cannot be decoded: {reason_of(error)}"
        ) from error
    if page.samplesperpixel > 1 and page.planarconfig == _SEPARATE_PLANES:
        pixels = np.moveaxis(pixels, 0, -1)
    pixels = pixels.reshape(page.imagelength, page.imagewidth, page.samplesperpixel)
    return 65535 - pixels if page.photometric == _WHITE_IS_ZERO else pixels


def _check_segments(page, file_size):
    """Check that no strip or tile is missing; tifffile would fill it with zeros."""
    if page.size > 4 * MAX_PIXELS:
        raise ValueError(f"{page.size} values are too many")
    expected = 1 if page.is_contiguous else math.prod(page.chunked)
    segments = list(zip(page.dataoffsets, page.databytecounts, strict=True))
    if len(segments) < expected or not all(min(segment) for segment in segments):
        raise ValueError(f"{expected} strips or tiles expected")
    if max(sum(segment) for segment in segments) > file_size:
        raise ValueError("the file is shorter than its strips or tiles")


def write_tiff16(file, pixels: list[np.ndarray], options: dict) -> None:
    """Write a 16-bit TIFF, compressed with Deflate, without copying all pixels.

    Args:
        file: Binary file, open for writing.
        pixels: uint16 arrays `(height, width, channels)`, concatenated along the
            channels: 3 channels in all, or 4 with alpha.
        options: `icc_profile`, `exif` (as `PIL.Image.Exif`) and `dpi`, as Pillow's
            `save` takes them.
    """
    height, width = pixels[0].shape[:2]
    channels = sum(part.shape[2] for part in pixels)
    bands = row_bands((height, width))
    tags = TiffImagePlugin.ImageFileDirectory_v2(prefix=b"II")
    _set_metadata(tags, options)
    tags.tagtype[_OFFSETS] = tags.tagtype[_BYTE_COUNTS] = _LONG
    layout = {
        _WIDTH: width, _HEIGHT: height, _BITS: (16,) * channels, _COMPRESSION: 8,
        _PHOTOMETRIC: 2, _OFFSETS: (0,) * len(bands), _SAMPLES: channels,
        _STRIP_ROWS: min(height, bands[0].stop), _BYTE_COUNTS: (0,) * len(bands),
        _PLANAR: 1, _PREDICTOR: 2, _SAMPLE_FORMAT: (1,) * channels,
    }  # fmt: skip
    if channels == 4:
        layout[_EXTRA_SAMPLES] = 2
    for tag, value in layout.items():
        tags[tag] = value
    # The directory comes first. Its length does not depend on where the strips are, so
    # it is written once more when they are known, counted from its end as Pillow does.
    start = len(_HEADER) + len(tags.tobytes(len(_HEADER)))
    file.write(bytes(start))
    offsets, sizes = [], []
    for rows in bands:
        band = np.concatenate([part[rows] for part in pixels], axis=-1)
        band[:, 1:] = band[:, 1:] - band[:, :-1]
        strip = zlib.compress(band.astype("<u2").tobytes(), 5)
        offsets.append(file.tell() - start)
        sizes.append(len(strip))
        file.write(strip + b"\0" * (len(strip) % 2))
    tags[_OFFSETS], tags[_BYTE_COUNTS] = tuple(offsets), tuple(sizes)
    file.seek(0)
    file.write(_HEADER + tags.tobytes(len(_HEADER)))


def _set_metadata(tags, options):
    exif = options.get("exif", Image.Exif())
    for tag, value in exif.items():
        is_group = tag in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo)
        tags[tag] = exif.get_ifd(tag) if is_group else value
    if "icc_profile" in options:
        tags.tagtype[_ICC] = _UNDEFINED
        tags[_ICC] = options["icc_profile"]
    if "dpi" in options:
        tags[_X_RESOLUTION], tags[_Y_RESOLUTION] = options["dpi"]
        tags[_UNIT] = 2
