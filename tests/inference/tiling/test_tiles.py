import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from animegan_tf.inference.tiling.tiles import (
    Band,
    TileRules,
    mirror_positions,
    read_tile,
    split_axis,
    split_within,
)

multiples = st.integers(1, 9)
rules = st.builds(TileRules.from_radius, st.integers(0, 40), multiples)


def check_bands(bands, length, rules):
    """State the laws that make tiles exact."""
    assert bands[0].first == 0 and bands[-1].last == length
    for left, right in zip(bands[:-1], bands[1:], strict=True):
        assert left.last == right.first
    assert len({band.length for band in bands}) == 1
    for band in bands:
        assert band.first < band.last
        assert 0 <= band.start and band.stop <= length
        assert band.start % rules.multiple == band.length % rules.multiple == 0
        # A halo to either side, or the border of the picture.
        assert band.start == 0 or band.first - band.start >= rules.halo
        assert band.stop == length or band.stop - band.last >= rules.halo


@settings(deadline=None)
@given(rules, st.integers(1, 60), st.integers(1, 300))
def test_bands_cover_an_axis_with_a_halo_each(rules, count, own):
    length = count * rules.multiple
    bands = split_axis(length, own, rules)
    check_bands(bands, length, rules)
    if len(bands) > 1:
        assert bands[0].length <= own + rules.multiple - 1 + 2 * rules.halo


@settings(deadline=None)
@given(rules, st.integers(1, 40), st.integers(1, 40), st.integers(1, 20_000))
def test_split_picture_is_covered_within_the_bound(rules, height, width, max_pixels):
    size = height * rules.multiple, width * rules.multiple
    bands = split_within(*size, max_pixels, rules)
    for axis_bands, length in zip(bands, size, strict=True):
        check_bands(axis_bands, length, rules)
    smallest = [min(n, 2 * rules.halo + rules.multiple) for n in size]
    area = bands[0][0].length * bands[1][0].length
    assert area <= max(max_pixels, smallest[0] * smallest[1])


def test_picture_within_the_bound_is_one_tile():
    whole = [Band(0, 64, 0, 64)], [Band(0, 96, 0, 96)]
    assert split_within(64, 96, 64 * 96, TileRules(16, 8)) == whole


def test_hand_worked_bands():
    # 112 pixels, margins of 16: two of 40 + 32 begin at 0 and 40 and end at 72 and 112.
    assert split_axis(112, 40, TileRules(16, 8)) == [
        Band(0, 72, 0, 56),
        Band(40, 112, 56, 112),
    ]


def test_last_band_is_moved_inward():
    # Three of 24 own + 16 pixels would end at 88, 8 beyond the border.
    bands = split_axis(80, 24, TileRules(8, 8))
    assert bands[-1] == Band(40, 80, 56, 80)


def test_radius_is_rounded_up_to_the_grid():
    assert TileRules.from_radius(17, 8) == TileRules(24, 8)
    assert TileRules.from_radius(0, 8) == TileRules(0, 8)


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_mirroring_is_numpy_s(size):
    expected = np.pad(np.arange(size), (0, 20), mode="reflect")
    assert np.array_equal(mirror_positions(np.arange(size + 20), size), expected)


def test_tile_beyond_the_border_is_mirrored_and_one_inside_is_a_view():
    images = np.arange(2 * 5 * 6 * 3).reshape(2, 5, 6, 3)
    padded = np.pad(images, [(0, 0), (0, 3), (0, 2), (0, 0)], mode="reflect")
    tile = read_tile(images, Band(2, 8, 2, 8), Band(4, 8, 4, 8))
    assert np.array_equal(tile, padded[:, 2:8, 4:8])
    inside = read_tile(images, Band(1, 4, 1, 4), Band(0, 6, 0, 6))
    assert np.shares_memory(inside, images)
