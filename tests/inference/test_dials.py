import numpy as np
import pytest

from animegan_tf.imaging import arrays
from animegan_tf.imaging.color.luminance import luma
from animegan_tf.imaging.color.palette import transfer_palette
from animegan_tf.inference.dials import (
    Dials,
    adjust,
    fine_detail,
    fit_mask,
    mix,
    scaled_size,
)

TYPES = [np.uint8, np.uint16]


def random_pair(dtype=np.uint8, low=0.0, high=1.0):
    levels = np.random.default_rng(0).uniform(low, high, (2, 41, 37, 3))
    photo, stylized = (levels * np.iinfo(dtype).max).astype(dtype)
    return photo, stylized


@pytest.mark.parametrize("dtype", TYPES)
def test_ends_of_strength_are_exact(dtype):
    photo, stylized = random_pair(dtype)
    assert np.array_equal(mix(photo, stylized.copy(), Dials(strength=0.0)), photo)
    assert np.array_equal(mix(photo, stylized.copy(), Dials(strength=1.0)), stylized)


@pytest.mark.parametrize("dtype", TYPES)
def test_distance_to_the_photo_grows_with_strength(dtype):
    photo, stylized = random_pair(dtype)
    before = np.zeros(photo.shape, int)
    for strength in np.linspace(0.0, 1.0, 9):
        mixed = mix(photo, stylized.copy(), Dials(strength=strength))
        distance = np.abs(mixed.astype(int) - photo)
        assert (distance >= before).all()
        before = distance


def test_half_strength_is_the_mean():
    photo = np.full((1, 1, 3), 100, np.uint8)
    stylized = np.full((1, 1, 3), 200, np.uint8)
    assert (mix(photo, stylized, Dials(strength=0.5)) == 150).all()


@pytest.mark.parametrize("dtype", TYPES)
def test_black_of_the_mask_is_the_photo_and_white_the_style(dtype):
    photo, stylized = random_pair(dtype)
    mask = np.zeros(photo.shape[:2], np.uint8)
    mask[:, 20:] = 255
    mixed = mix(photo, stylized.copy(), Dials(mask=mask))
    assert np.array_equal(mixed[:, :20], photo[:, :20])
    assert np.array_equal(mixed[:, 20:], stylized[:, 20:])


@pytest.mark.parametrize("dtype", TYPES)
def test_photo_color_keeps_the_chroma(dtype):
    # With room to both sides, no colour must be made greyer.
    photo, stylized = random_pair(dtype, 0.4, 0.6)
    result = adjust(photo, stylized.copy(), Dials(color="photo"))
    top = np.iinfo(dtype).max
    for picture, other in ((result, photo), (photo, result)):
        chroma = picture / top - luma(picture / top)
        expected = other / top - luma(other / top)
        assert np.abs(chroma - expected).max() <= 1.0 / top + 1e-6
    assert np.abs(luma(result / top) - luma(stylized / top)).max() <= 1.0 / top


def test_grey_photo_stays_grey_in_its_own_color():
    photo, stylized = random_pair()
    photo[...] = photo[..., :1]
    for color in ("photo", "luma-gain"):
        result = adjust(photo, stylized.copy(), Dials(color=color)).astype(int)
        assert np.abs(result - result[..., :1]).max() <= 1


def test_palette_is_that_of_the_picture():
    photo, stylized = random_pair()
    target = np.full((8, 8, 3), (200, 120, 60), np.uint8)
    target[:4] //= 3
    result = adjust(photo, stylized.copy(), Dials(color=target))
    expected = transfer_palette(stylized, target)
    assert np.array_equal(result, expected)
    deep = [picture.astype(np.uint16) * 257 for picture in (photo, stylized)]
    result = adjust(*deep, Dials(color=target))
    assert np.array_equal(result, expected.astype(np.uint16) * 257)


def test_detail_adds_the_photo_s_texture():
    photo = np.full((40, 40, 3), 128, np.uint8)
    photo[::2, ::2] += 12
    stylized = np.full((40, 40, 3), 100, np.uint8)
    plain = adjust(photo, stylized.copy(), Dials(detail=0.0))
    assert np.array_equal(plain, stylized)
    spread = [
        adjust(photo, stylized.copy(), Dials(detail=d)).std() for d in (0.0, 0.5, 1.0)
    ]
    assert spread[0] < spread[1] < spread[2]
    # All of it, less what the filter holds to be an edge.
    assert spread[2] > 0.6 * photo.std()


@pytest.mark.parametrize("dials", [{"color": "photo"}, {"detail": 1.0}])
def test_bands_equal_the_whole(monkeypatch, dials):
    photo, stylized = random_pair()
    whole = adjust(photo, stylized.copy(), Dials(**dials))
    monkeypatch.setattr(arrays, "BAND_PIXELS", 37 * 6)
    banded = adjust(photo, stylized.copy(), Dials(**dials))
    assert np.abs(banded.astype(int) - whole).max() <= 1


def test_fine_detail_of_a_plain_picture_is_none():
    assert np.abs(fine_detail(np.full((9, 9, 3), 77, np.uint8), slice(2, 5))).max() < (
        1e-5
    )


def test_masks_are_resized_if_their_shape_fits():
    mask = np.zeros((10, 20), np.uint8)
    mask[:, 10:] = 255
    fitted = fit_mask(mask, (41, 80))
    assert fitted.shape == (41, 80)
    assert (fitted[:, :36] == 0).all() and (fitted[:, 44:] == 255).all()
    with pytest.raises(ValueError, match=r"`mask` must have.*80x60.*Received: 20x10"):
        fit_mask(mask, (60, 80))


def test_scaled_sizes_have_a_pixel():
    assert scaled_size((3, 100), 0.1) == (1, 10)
    assert scaled_size((33, 65), 0.5) == (17, 33)


@pytest.mark.parametrize(
    ("dials", "message"),
    [
        ({"strength": 1.1}, r"`strength` must be in \[0, 1\].*1.1"),
        ({"strength": float("nan")}, "`strength`.*nan"),
        ({"detail": -1}, r"`detail` must be in \[0, 1\].*-1"),
        ({"scale": 0}, r"`scale` must be in \[0.0625, 8\].*0"),
        ({"color": "green"}, "`color` must be one of style, photo, luma-gain or"),
        ({"color": np.zeros((2, 2), np.uint8)}, r"`color`.*shape \(2, 2\)"),
        ({"mask": np.zeros((2, 2, 3), np.uint8)}, r"`mask`.*shape \(2, 2, 3\)"),
        ({"mask": np.zeros((2, 2))}, "`mask` must be a uint8.*float64"),
        ({"mask": "mask.png"}, "`mask` must be a uint8"),
    ],
)
def test_settings_out_of_range_are_one_line(dials, message):
    with pytest.raises(ValueError, match=message) as raised:
        Dials(**dials)
    assert "\n" not in str(raised.value)
