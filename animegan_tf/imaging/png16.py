"""Read and write 16-bit PNG files, which Pillow reduces to 8 bits.

TensorFlow, which is installed anyway, decodes them; OpenCV and other readers would be
one more dependency. Nothing at hand writes 16-bit RGB with a color profile, EXIF and
XMP, so the chunks are written here.

Reference: PNG specification, third edition, https://www.w3.org/TR/png-3.
"""

import struct
import zlib

import numpy as np

from animegan_tf.imaging.arrays import row_bands
from animegan_tf.imaging.formats import MissingPackageError
from animegan_tf.utils.tensorflow_import import import_tensorflow_quietly

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_INCHES_PER_METER = 39.3701
_COMPRESSION = 5


def is_png16(path) -> bool:
    """Tell from its header whether a file is a 16-bit PNG."""
    with open(path, "rb") as file:
        head = file.read(26)
    return head[:8] == _SIGNATURE and head[12:16] == b"IHDR" and head[24:25] == b"\x10"


def read_png16(path, *, transparent: bool = False) -> np.ndarray:
    """Read the pixels as stored, without applying an EXIF orientation.

    Args:
        path: The file.
        transparent: Whether it names a color that stands for transparent pixels, in a
            tRNS chunk; then there are 4 channels.

    Returns:
        uint16 `(height, width, channels)` of 1 to 4 channels: grayscale or RGB, with or
        without alpha.

    Raises:
        ValueError: If the file is damaged, or TensorFlow is not installed.
    """
    try:
        import_tensorflow_quietly()
        import tensorflow as tf
    except ModuleNotFoundError as error:
        raise MissingPackageError(
            f"16-bit PNG images need TensorFlow ({error}). Received: {str(path)!r}"
        ) from error

    try:
        with open(path, "rb") as file:
            pixels = tf.io.decode_png(
                file.read(), channels=4 if transparent else 0, dtype=tf.uint16
            )
    except tf.errors.OpError as error:
        raise ValueError("its 16-bit pixels cannot be decoded") from error
    return pixels.numpy()


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
