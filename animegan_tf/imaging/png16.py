"""PNG files of 16 bits a channel, which Pillow reduces to 8.

Reference: PNG specification, third edition, https://www.w3.org/TR/png-3.
"""

import struct
import zlib

import numpy as np

from animegan_tf.imaging.color.profiles import row_bands
from animegan_tf.utils.tensorflow_import import import_tensorflow_quietly

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_INCHES_PER_METER = 39.3701
_COMPRESSION = 5


def is_deep_png(path) -> bool:
    """Tell from its header whether a file is a PNG of 16 bits."""
    with open(path, "rb") as file:
        head = file.read(26)
    return head[:8] == _SIGNATURE and head[12:16] == b"IHDR" and head[24:25] == b"\x10"


def read_deep_png(path) -> np.ndarray:
    """Read the stored pixels, before any EXIF orientation.

    Returns:
        uint16 `(height, width, channels)` of 1 to 4 channels: grey or RGB, and alpha.

    Raises:
        ValueError: If the file is damaged.
    """
    import_tensorflow_quietly()
    import tensorflow as tf

    try:
        with open(path, "rb") as file:
            pixels = tf.io.decode_png(file.read(), dtype=tf.uint16)
    except tf.errors.OpError as error:
        raise ValueError("its 16 bits cannot be decoded") from error
    return pixels.numpy()


def write_deep_png(file, pixels: list[np.ndarray], options: dict) -> None:
    """Write a PNG of 16 bits a channel, holding no second copy of the pixels.

    Args:
        file: Binary file, open for writing.
        pixels: uint16 arrays of `(height, width, channels)` to write side by side as
            channels, 3 in all or 4 with alpha.
        options: `icc_profile`, `exif`, `dpi` and `pnginfo`, as Pillow's `save` takes.
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
    """Take from each byte that of the pixel before it: the filter "Sub", number 1."""
    height, width, channels = band.shape
    # A row starts with its filter's number; the pixel before the first counts as 0.
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
