import io
import zlib

import numpy as np
import pytest
from PIL import Image

from animegan_tf.imaging.png16 import (
    is_deep_png,
    read_deep_png,
    write_deep_png,
)


def random_levels(*shape):
    return np.random.default_rng(0).integers(0, 65536, shape, dtype=np.uint16)


def write(path, *pixels, **options):
    with path.open("w+b") as file:
        write_deep_png(file, list(pixels), options)
    return path


@pytest.mark.parametrize("size", [(1, 1), (9, 7), (700, 1500)])
def test_pixels_come_back(tmp_path, size):
    colors, alpha = random_levels(*size, 3), random_levels(*size, 1)
    path = write(tmp_path / "deep.png", colors)
    assert is_deep_png(path)
    assert np.array_equal(read_deep_png(path), colors)
    path = write(tmp_path / "alpha.png", colors, alpha)
    assert np.array_equal(read_deep_png(path), np.dstack([colors, alpha]))


def test_another_reader_sees_the_high_bytes(tmp_path):
    colors = random_levels(9, 7, 3)
    with Image.open(write(tmp_path / "deep.png", colors)) as image:
        assert image.mode == "RGB"
        assert np.array_equal(np.asarray(image), colors >> 8)


def test_smooth_pictures_are_small(tmp_path):
    ramp = np.tile(np.arange(0, 64000, 64, dtype=np.uint16), (100, 1))
    path = write(tmp_path / "ramp.png", np.dstack([ramp] * 3))
    assert path.stat().st_size < 600000 / 50


def test_eight_bits_are_not_deep(tmp_path):
    path = tmp_path / "plain.png"
    Image.new("RGB", (4, 4)).save(path)
    assert not is_deep_png(path)
    path.write_bytes(b"\x89PNG")
    assert not is_deep_png(path)


def test_damaged_pixels_are_an_error(tmp_path):
    path = write(tmp_path / "deep.png", random_levels(50, 50, 3))
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(ValueError, match="16 bits"):
        read_deep_png(path)


def test_chunks_carry_their_checksum():
    buffer = io.BytesIO()
    write_deep_png(buffer, [random_levels(2, 2, 3)], {"dpi": (254.0, 254.0)})
    data = buffer.getvalue()
    start = data.index(b"pHYs")
    # 254 dots per inch are 10000 per metre.
    assert data[start + 4 : start + 13] == bytes([0, 0, 39, 16, 0, 0, 39, 16, 1])
    checksum = int.from_bytes(data[start + 13 : start + 17], "big")
    assert checksum == zlib.crc32(data[start : start + 13])
