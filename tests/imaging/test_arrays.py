import numpy as np
import pytest

from animegan_tf.imaging.arrays import (
    row_bands,
    to_float,
    to_uint8,
    uint8_to_uint16,
    uint16_to_uint8,
)

ALL_LEVELS = np.arange(256, dtype=np.uint8)


def test_uint8_to_float_to_uint8_is_exact():
    assert np.array_equal(to_uint8(to_float(ALL_LEVELS)), ALL_LEVELS)


def test_to_float_maps_0_to_minus_1_and_255_to_1():
    floats = to_float(np.array([0, 255], dtype=np.uint8))
    assert floats.dtype == np.float32
    assert floats.tolist() == [-1.0, 1.0]


@pytest.mark.parametrize(
    ("value", "level"),
    [
        (0.0, 128),  # 127.5 rounds up
        (-1.5, 0),
        (1.5, 255),
        (float("nan"), 128),
        (float("inf"), 255),
        (float("-inf"), 0),
    ],
)
def test_to_uint8_rounds_half_up_and_clips(value, level):
    assert to_uint8(np.array([value], dtype=np.float32)).tolist() == [level]


def test_16_bit_levels_round_to_the_nearest_8_bit_level():
    levels = np.array([[0, 128, 129, 257, 65406, 65407, 65535]], np.uint16)
    assert uint16_to_uint8(levels).tolist() == [[0, 0, 1, 1, 254, 255, 255]]


def test_8_bits_to_16_bits_to_8_bits_is_exact():
    levels = uint8_to_uint16(ALL_LEVELS.reshape(16, 16))
    assert levels.dtype == np.uint16
    assert (levels.min(), levels.max()) == (0, 65535)
    assert np.array_equal(uint16_to_uint8(levels), ALL_LEVELS.reshape(16, 16))


def test_bands_cover_every_row_once():
    shape = (1000, 3000, 3)
    rows = [row for band in row_bands(shape) for row in range(1000)[band]]
    assert rows == list(range(1000))
    assert len(row_bands(shape)) == 6
