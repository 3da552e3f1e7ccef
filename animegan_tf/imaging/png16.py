"""Read and write 16-bit PNG files, which Pillow reduces to 8 bits.

Pillow undoes the compression and the filters of the rows; asked for the high bytes and
then for the low ones, it loses nothing. So neither TensorFlow, which takes seconds to
import, nor a further decoder is needed. Nothing at hand writes 16-bit RGB with a color
profile, EXIF and XMP, so the chunks are written here.

Reference: PNG specification, third edition, https://www.w3.org/TR/png-3.
"""

import struct
import zlib

import numpy as np
from PIL import Image

from animegan_tf.imaging.arrays import row_bands

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_INCHES_PER_METER = 39.3701
_COMPRESSION = 5
# Of each color type the number of channels, and how Pillow decodes them: the mode, and
# the layouts of the bytes. Layouts of 8 bits with twice the channels keep both bytes;
# more than 4 channels have none, so that the high bytes and the low ones are decoded
# in turn.
_COLOR_TYPES = {
    0: (1, "LA", ("LA",)),
    2: (3, "RGB", ("RGB;16B", "RGB;16L")),
    4: (2, "RGBA", ("RGBA",)),
    6: (4, "RGBA", ("RGBA;16B", "RGBA;16L")),
}
# First column and row of each pass, and the steps between its columns and rows.
_ONE_PASS = ((0, 0, 1, 1),)
_ADAM7 = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)


def is_png16(path) -> bool:
    """Tell from its header whether a file is a 16-bit PNG."""
    with open(path, "rb") as file:
        head = file.read(26)
    return head[:8] == _SIGNATURE and head[12:16] == b"IHDR" and head[24:25] == b"\x10"


def read_png16(path) -> np.ndarray:
    """Read the pixels as stored, without applying an EXIF orientation.

    Args:
        path: The file.

    Returns:
        uint16 `(height, width, channels)` of 1 to 4 channels: grayscale or RGB, with or
        without alpha. A color that stands for transparent pixels, in a tRNS chunk,
        becomes alpha.

    Raises:
        ValueError: If the file is damaged.
    """
    header, transparent, data = _read_chunks(path)
    width, height, _, color_type, _, _, interlace = struct.unpack(">IIBBBBB", header)
    if color_type not in _COLOR_TYPES:
        raise ValueError(f"its color type is {color_type}, which has no 16-bit pixels")
    num_channels, mode, layouts = _COLOR_TYPES[color_type]
    _check_complete(data, (height, width), 2 * num_channels, interlace)
    pixels = np.zeros((height, width, num_channels), np.uint16)
    for layout in layouts:
        image = Image.frombytes(mode, (width, height), data, "zip", layout, interlace)
        for rows in row_bands((height, width)):
            box = (0, rows.start, width, min(rows.stop, height))
            band = np.asarray(image.crop(box))
            if len(layouts) == 1:
                pixels[rows] = band.view(">u2")
            else:
                pixels[rows] = pixels[rows] << 8 | band
    if transparent is None or num_channels in (2, 4):
        return pixels
    color = np.frombuffer(transparent[: 2 * num_channels], ">u2")
    opaque = (pixels != color).any(axis=-1, keepdims=True)
    return np.concatenate([pixels, opaque * np.uint16(65535)], axis=-1)


def _read_chunks(path):
    """Return the header, the transparent color or `None`, and the compressed pixels."""
    header, transparent, parts = b"", None, []
    with open(path, "rb") as file:
        file.seek(len(_SIGNATURE))
        while len(head := file.read(8)) == 8 and head[4:] != b"IEND":
            length, kind = int.from_bytes(head[:4], "big"), head[4:]
            if kind not in (b"IHDR", b"IDAT", b"tRNS"):
                file.seek(length + 4, 1)
                continue
            content = file.read(length)
            # Pillow does not compare the checksums of pixels.
            check = zlib.crc32(content, zlib.crc32(kind))
            if file.read(4) != check.to_bytes(4, "big"):
                raise ValueError(f"its chunk {kind.decode()} is cut off or changed")
            if kind == b"IHDR":
                header = content
            elif kind == b"tRNS":
                transparent = content
            else:
                parts.append(content)
    return header, transparent, b"".join(parts)


def _check_complete(data, size, bytes_per_pixel, interlace):
    """Count the decompressed bytes; Pillow leaves missing rows black."""
    expected = 0
    for column, row, columns_step, rows_step in _ADAM7 if interlace else _ONE_PASS:
        rows = -(-(size[0] - row) // rows_step)
        columns = -(-(size[1] - column) // columns_step)
        if rows > 0 and columns > 0:
            # Each row starts with the type of its filter.
            expected += rows * (1 + columns * bytes_per_pixel)
    decompressor, received = zlib.decompressobj(), 0
    compressed = memoryview(data)
    try:
        # A small part at a time, since it may grow a thousandfold.
        for start in range(0, len(data), 2**14):
            received += len(decompressor.decompress(compressed[start : start + 2**14]))
    except zlib.error as error:
        raise ValueError(f"its pixels cannot be decompressed: {error}") from error
    if received < expected:
        raise ValueError(f"it has {received} of {expected} bytes of pixels")


def write_png16(file, pixels: list[np.ndarray], options: dict) -> None:
    """Write a 16-bit PNG without copying all pixels.

    Args:
        file: Binary file, open for writing.
        pixels: uint16 arrays `(height, width, channels)`, concatenated along the
            channels: 3 channels in all, or 4 with alpha.
        options: `icc_profile`, `exif`, `dpi` and `pnginfo`, as Pillow's `save` takes
            them.
    """
    height, width = pixels[0].shape[:2]
    num_channels = sum(part.shape[2] for part in pixels)
    color_type = {3: 2, 4: 6}[num_channels]
    file.write(_SIGNATURE)
    head = struct.pack(">IIBBBBB", width, height, 16, color_type, 0, 0, 0)
    _write_chunk(file, b"IHDR", head)
    _write_metadata(file, options)
    compressor = zlib.compressobj(_COMPRESSION)
    for rows in row_bands((height, width)):
        band = np.concatenate([part[rows] for part in pixels], axis=-1)
        data = compressor.compress(_filter(band))
        if data:
            _write_chunk(file, b"IDAT", data)
    _write_chunk(file, b"IDAT", compressor.flush())
    _write_chunk(file, b"IEND", b"")


def _filter(band: np.ndarray) -> bytes:
    """Subtract from each byte that of the pixel to its left: filter type 1, "Sub"."""
    height, width, channels = band.shape
    # A row starts with its filter type; left of the first pixel, bytes count as 0.
    lines = np.ones((height, 1 + 2 * channels * width), np.uint8)
    raw = band.astype(">u2").view(np.uint8).reshape(height, -1)
    lines[:, 1:] = raw
    lines[:, 1 + 2 * channels :] -= raw[:, : -2 * channels]
    return lines.tobytes()


def _write_metadata(file, options):
    if "icc_profile" in options:
        profile = zlib.compress(options["icc_profile"])
        _write_chunk(file, b"iCCP", b"ICC Profile\0\0" + profile)
    if "dpi" in options:
        per_meter = [round(value * _INCHES_PER_METER) for value in options["dpi"]]
        _write_chunk(file, b"pHYs", struct.pack(">IIB", *per_meter, 1))
    for kind, data, *_ in options["pnginfo"].chunks if "pnginfo" in options else ():
        _write_chunk(file, kind, data)
    if "exif" in options:
        _write_chunk(file, b"eXIf", options["exif"].removeprefix(b"Exif\0\0"))


def _write_chunk(file, kind: bytes, data: bytes) -> None:
    file.write(struct.pack(">I", len(data)) + kind)
    file.write(data)
    file.write(struct.pack(">I", zlib.crc32(data, zlib.crc32(kind))))
