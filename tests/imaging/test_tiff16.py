import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from animegan_tf.imaging.tiff16 import (
    is_deep_tiff,
    read_deep_tiff,
    write_deep_tiff,
)

LEVELS = np.random.default_rng(0).integers(0, 65536, (37, 53, 4), dtype=np.uint16)


def write(path, *pixels, **options):
    with path.open("w+b") as file:
        write_deep_tiff(file, list(pixels), options)
    return path


def write_by_hand(path, levels, order="<", *, tile=None, predictor=1, packed=True):
    """Write a TIFF of one tile row's worth of strips or tiles, after TIFF 6.0."""
    height, width, channels = levels.shape
    side = tile or max(width, height)
    parts, size = [], (side, side) if tile else (height, width)
    for top in range(0, height, size[0]):
        for left in range(0, width, size[1]):
            part = np.zeros((*size, channels), np.uint16)
            cut = levels[top : top + size[0], left : left + size[1]]
            part[: cut.shape[0], : cut.shape[1]] = cut
            if predictor == 2:
                part[:, 1:] = part[:, 1:] - part[:, :-1]
            data = part.astype(f"{order}u2").tobytes()
            parts.append(zlib.compress(data) if packed else data)
    start = 8 + sum(len(part) for part in parts)
    offsets = [8 + sum(len(p) for p in parts[:k]) for k in range(len(parts))]
    entries = {
        256: (4, [width]),
        257: (4, [height]),
        258: (3, [16] * channels),
        259: (3, [8 if packed else 1]),
        262: (3, [1 if channels == 1 else 2]),
        277: (3, [channels]),
        317: (3, [predictor]),
    }
    if tile:
        entries |= {322: (4, [tile]), 323: (4, [tile])}
        entries |= {324: (4, offsets), 325: (4, [len(part) for part in parts])}
    else:
        entries |= {273: (4, offsets), 278: (4, [height]), 279: (4, [len(parts[0])])}
    if channels == 4:
        entries[338] = (3, [2])
    extra, table = b"", struct.pack(f"{order}H", len(entries))
    after = start + 2 + 12 * len(entries) + 4
    for tag, (kind, values) in sorted(entries.items()):
        data = struct.pack(f"{order}{len(values)}{'H' if kind == 3 else 'I'}", *values)
        if len(data) > 4:
            place = struct.pack(f"{order}I", after + len(extra))
            extra += data
            data = place
        table += struct.pack(f"{order}HHI4s", tag, kind, len(values), data)
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", start)
    path.write_bytes(head + b"".join(parts) + table + bytes(4) + extra)
    return path


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize(
    "layout",
    [
        {"packed": False},
        {"predictor": 2},
        {"tile": 16},
        {"tile": 16, "predictor": 2},
    ],
)
def test_every_layout_is_read(tmp_path, order, channels, layout):
    levels = LEVELS[..., :channels]
    path = write_by_hand(tmp_path / "deep.tif", levels, order, **layout)
    with Image.open(path) as image:
        assert is_deep_tiff(image)
    assert np.array_equal(read_deep_tiff(path), levels)


@pytest.mark.parametrize("size", [(1, 1), (37, 53), (700, 1500)])
def test_pixels_come_back(tmp_path, size):
    levels = np.resize(LEVELS, (*size, 4))
    path = write(tmp_path / "deep.tif", levels[..., :3])
    assert np.array_equal(read_deep_tiff(path), levels[..., :3])
    path = write(tmp_path / "alpha.tif", levels[..., :3], levels[..., 3:])
    assert np.array_equal(read_deep_tiff(path), levels)


def test_another_reader_sees_the_high_bytes(tmp_path):
    path = write(tmp_path / "deep.tif", LEVELS[..., :3], dpi=(300.0, 300.0))
    with Image.open(path) as image:
        assert image.mode == "RGB"
        assert image.info["dpi"] == (300.0, 300.0)
        assert np.array_equal(np.asarray(image), LEVELS[..., :3] >> 8)


def test_other_files_are_not_deep(tmp_path):
    for name, mode in (("a.tif", "RGB"), ("b.tif", "1"), ("c.png", "I;16")):
        Image.new(mode, (4, 4)).save(tmp_path / name)
        with Image.open(tmp_path / name) as image:
            assert not is_deep_tiff(image)
