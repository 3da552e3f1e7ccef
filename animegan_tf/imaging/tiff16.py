"""TIFF files of 16 bits a channel, which Pillow reduces to 8.

Reference: TIFF 6.0, 1992, and its supplement of 2002 on Deflate compression.
"""

import io
import struct
import zlib

import numpy as np
from PIL import ExifTags, Image, TiffImagePlugin

from animegan_tf.imaging.color.profiles import row_bands
from animegan_tf.imaging.opening import MAX_PIXELS, open_within

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262
_OFFSETS, _ORIENTATION, _SAMPLES, _STRIP_ROWS, _BYTE_COUNTS = 273, 274, 277, 278, 279
_X_RESOLUTION, _Y_RESOLUTION, _PLANAR, _UNIT, _PREDICTOR = 282, 283, 284, 296, 317
_TILE_WIDTH, _EXTRA_SAMPLES, _SAMPLE_FORMAT, _ICC = 322, 338, 339, 34675
_SHORT, _LONG = 3, 4


def is_deep_tiff(image: Image.Image) -> bool:
    """Tell whether an opened picture is a TIFF of 16 bits that can be read here.

    Planes one after another, colours multiplied by their opacity, and other colour
    spaces than grey and RGB cannot.
    """
    if image.format != "TIFF" or image.tag_v2._bigtiff:
        return False
    tags = image.tag_v2
    channels = tags.get(_SAMPLES, 1)
    extra = tags.get(_EXTRA_SAMPLES, ())
    return (
        set(tags.get(_BITS, (1,))) == {16}
        and set(tags.get(_SAMPLE_FORMAT, (1,))) == {1}
        and tags.get(_PLANAR, 1) == 1
        and tags.get(_PHOTOMETRIC) in (0, 1, 2)
        and (channels, extra) in ((1, ()), (3, ()), (4, (2,)))
    )


def read_deep_tiff(path) -> np.ndarray:
    """Read the stored pixels of the first page, before the orientation is applied.

    The file is decoded, whatever its compression, as the 8-bit grey picture of the
    same bytes that a few changed tags make of it.

    Returns:
        uint16 `(height, width, channels)` of 1, 3 or 4 channels.
    """
    with open(path, "rb") as file:
        data = bytearray(file.read())
    order = "<" if data[:2] == b"II" else ">"
    directory = _Directory(data, order)
    channels = directory.get(_SAMPLES, 1)
    predictor = directory.get(_PREDICTOR, 1)
    inverted = directory.get(_PHOTOMETRIC) == 0
    tile_width = directory.get(_TILE_WIDTH) or directory.get(_WIDTH)
    for tag in (_WIDTH, _TILE_WIDTH):
        if directory.get(tag) is not None:
            directory.set(tag, directory.get(tag) * channels * 2)
    plain = {_BITS: 8, _PHOTOMETRIC: 1, _SAMPLES: 1, _PREDICTOR: 1, _ORIENTATION: 1}
    for tag, value in plain.items():
        directory.set(tag, value)
    directory.remove(_EXTRA_SAMPLES)
    directory.set(_SAMPLE_FORMAT, 1)
    # In bytes, of at most four channels of two.
    image = open_within(io.BytesIO(data), 8 * MAX_PIXELS)
    levels = np.asarray(image).view(f"{order}u2")
    pixels = levels.reshape(image.height, -1, channels).astype(np.uint16)
    if predictor == 2:
        for rows in row_bands(pixels.shape):
            # Each tile starts anew.
            for left in range(0, pixels.shape[1], tile_width):
                tile = pixels[rows, left : left + tile_width]
                tile[...] = np.cumsum(tile, axis=1, dtype=np.uint16)
    return 65535 - pixels if inverted else pixels


def write_deep_tiff(file, pixels: list[np.ndarray], options: dict) -> None:
    """Write a Deflate-compressed TIFF of 16 bits, holding no copy of the pixels.

    Args:
        file: Binary file, open for writing.
        pixels: uint16 arrays of `(height, width, channels)` to write side by side as
            channels, 3 in all or 4 with alpha.
        options: `icc_profile`, `exif` (as `PIL.Image.Exif`) and `dpi`, as Pillow's
            `save` takes them.
    """
    height, width = pixels[0].shape[:2]
    channels = sum(part.shape[2] for part in pixels)
    file.write(b"II*\0\0\0\0\0")
    offsets, sizes, bands = [], [], row_bands((height, width))
    for rows in bands:
        band = np.concatenate([part[rows] for part in pixels], axis=-1)
        band[:, 1:] = band[:, 1:] - band[:, :-1]
        strip = zlib.compress(band.astype("<u2").tobytes(), 5)
        offsets.append(file.tell())
        sizes.append(len(strip))
        file.write(strip + b"\0" * (len(strip) % 2))
    tags = TiffImagePlugin.ImageFileDirectory_v2(prefix=b"II")
    _set_metadata(tags, options)
    tags.tagtype[_OFFSETS] = tags.tagtype[_BYTE_COUNTS] = _LONG
    plain = {
        _WIDTH: width, _HEIGHT: height, _BITS: (16,) * channels, _COMPRESSION: 8,
        _PHOTOMETRIC: 2, _OFFSETS: (0,) * len(bands), _SAMPLES: channels,
        _STRIP_ROWS: min(height, bands[0].stop), _BYTE_COUNTS: tuple(sizes),
        _PLANAR: 1, _PREDICTOR: 2, _SAMPLE_FORMAT: (1,) * channels,
    }  # fmt: skip
    if channels == 4:
        plain[_EXTRA_SAMPLES] = 2
    for tag, value in plain.items():
        tags[tag] = value
    start = file.tell()
    data = bytearray(b"II*\0" + struct.pack("<I", start) + tags.tobytes(start))
    # Pillow lets strips follow the directory; here they come before it.
    _Directory(data, "<", shift=start - 8).set_all(_OFFSETS, offsets)
    file.write(data[8:])
    file.seek(4)
    file.write(struct.pack("<I", start))


class _Directory:
    """The first directory of a TIFF file in memory, to change in place.

    `shift` is what to take from offsets that count more than is in memory.
    """

    def __init__(self, data: bytearray, order: str, *, shift: int = 0):
        self.data, self.order, self.shift = data, order, shift
        self.start = struct.unpack_from(f"{order}I", data, 4)[0] - shift

    def get(self, tag: int, default=None):
        position, kind, _ = self._find(tag)
        if position is None:
            return default
        code = "H" if kind == _SHORT else "I"
        return struct.unpack_from(self.order + code, self.data, position + 8)[0]

    def set(self, tag: int, value: int) -> None:
        """Change an entry, if it is there, to a single number."""
        position, _, _ = self._find(tag)
        if position is not None:
            entry = struct.pack(f"{self.order}HHII", tag, _LONG, 1, value)
            self.data[position : position + 12] = entry

    def set_all(self, tag: int, values: list[int]) -> None:
        """Change the numbers of an entry of as many longs."""
        position, _, count = self._find(tag)
        place = position + 8
        if count > 1:
            (place,) = struct.unpack_from(f"{self.order}I", self.data, place)
            place -= self.shift
        struct.pack_into(f"{self.order}{count}I", self.data, place, *values)

    def remove(self, tag: int) -> None:
        position, _, _ = self._find(tag)
        if position is None:
            return
        count = self._count()
        end = self.start + 2 + 12 * count
        self.data[position : end - 12] = self.data[position + 12 : end]
        # The directory ends earlier now, with the offset of no further one.
        self.data[end - 12 : end - 8] = bytes(4)
        struct.pack_into(f"{self.order}H", self.data, self.start, count - 1)

    def _count(self):
        return struct.unpack_from(f"{self.order}H", self.data, self.start)[0]

    def _find(self, tag):
        for index in range(self._count()):
            position = self.start + 2 + 12 * index
            found, kind, count = struct.unpack_from(
                f"{self.order}HHI", self.data, position
            )
            if found == tag:
                return position, kind, count
        return None, None, None


def _set_metadata(tags, options):
    exif = options.get("exif", Image.Exif())
    for tag, value in exif.items():
        is_group = tag in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo)
        tags[tag] = exif.get_ifd(tag) if is_group else value
    if "icc_profile" in options:
        tags.tagtype[_ICC] = 7
        tags[_ICC] = options["icc_profile"]
    if "dpi" in options:
        tags[_X_RESOLUTION], tags[_Y_RESOLUTION] = options["dpi"]
        tags[_UNIT] = 2
