import numpy as np
import pytest

from animegan_tf.imaging.arrays import BAND_PIXELS
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


def random_pair(dtype=np.uint8, low=0.0, high=1.0, size=(41, 37)):
    levels = np.random.default_rng(0).uniform(low, high, (2, *size, 3))
    photo, stylized = (levels * np.iinfo(dtype).max).astype(dtype)
    return photo, stylized


@pytest.mark.parametrize("dtype", TYPES)
def test_strength_zero_and_one_are_exact(dtype):
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
def test_black_of_the_mask_keeps_the_photo_and_white_the_style(dtype):
    photo, stylized = random_pair(dtype)
    mask = np.zeros(photo.shape[:2], np.uint8)
    mask[:, 20:] = 255
    mixed = mix(photo, stylized.copy(), Dials(mask=mask))
    assert np.array_equal(mixed[:, :20], photo[:, :20])
    assert np.array_equal(mixed[:, 20:], stylized[:, 20:])


@pytest.mark.parametrize("dtype", TYPES)
def test_photo_color_keeps_the_chroma(dtype):
    # Away from black and white, no color has to be desaturated.
    photo, stylized = random_pair(dtype, 0.4, 0.6)
    result = adjust(photo, stylized.copy(), Dials(color="photo"))
    top = np.iinfo(dtype).max
    chroma = result / top - luma(result / top)
    expected = photo / top - luma(photo / top)
    assert np.abs(chroma - expected).max() <= 1.0 / top + 1e-6
    assert np.abs(luma(result / top) - luma(stylized / top)).max() <= 1.0 / top


def test_gray_photo_stays_gray_in_its_own_color():
    photo, stylized = random_pair()
    photo[...] = photo[..., :1]
    for color in ("photo", "luma-gain"):
        result = adjust(photo, stylized.copy(), Dials(color=color)).astype(int)
        assert np.abs(result - result[..., :1]).max() <= 1


def test_palette_is_that_of_the_image():
    photo, stylized = random_pair()
    target = np.full((8, 8, 3), (200, 120, 60), np.uint8)
    target[:4] //= 3
    result = adjust(photo, stylized.copy(), Dials(color=target))
    expected = transfer_palette(stylized, target)
    assert np.array_equal(result, expected)
    pair = [image.astype(np.uint16) * 257 for image in (photo, stylized)]
    result = adjust(*pair, Dials(color=target))
    assert np.array_equal(result, expected.astype(np.uint16) * 257)


def test_detail_adds_texture_of_the_photo():
    photo = np.full((40, 40, 3), 128, np.uint8)
    photo[::2, ::2] += 12
    stylized = np.full((40, 40, 3), 100, np.uint8)
    plain = adjust(photo, stylized.copy(), Dials(detail=0.0))
    assert np.array_equal(plain, stylized)
    spread = [
        adjust(photo, stylized.copy(), Dials(detail=d)).std() for d in (0.0, 0.5, 1.0)
    ]
    assert spread[0] < spread[1] < spread[2]
    # All of it, except what the filter keeps as an edge.
    assert spread[2] > 0.6 * photo.std()


@pytest.mark.parametrize("dials", [{"color": "photo"}, {"detail": 1.0}])
def test_result_does_not_depend_on_the_bands_of_rows(dials):
    photo, stylized = random_pair(size=(700, 800))
    assert photo[..., 0].size > BAND_PIXELS
    result = adjust(photo, stylized.copy(), Dials(**dials))
    # Transposed, the bands end at other pixels.
    photo, stylized = photo.swapaxes(0, 1), stylized.swapaxes(0, 1)
    transposed = adjust(photo, stylized.copy(), Dials(**dials)).swapaxes(0, 1)
    assert np.abs(transposed.astype(int) - result).max() <= 1


def test_uniform_image_has_no_fine_detail():
    detail = fine_detail(np.full((9, 9, 3), 77, np.uint8), slice(2, 5))
    assert np.abs(detail).max() < 1e-5


def test_masks_of_the_same_aspect_ratio_are_resized():
    mask = np.zeros((10, 20), np.uint8)
    mask[:, 10:] = 255
    fitted = fit_mask(mask, (41, 80))
    assert fitted.shape == (41, 80)
    assert (fitted[:, :36] == 0).all() and (fitted[:, 44:] == 255).all()
    with pytest.raises(ValueError, match=r"`mask` must have.*80x60.*Received: 20x10"):
        fit_mask(mask, (60, 80))


def test_scaled_sizes_have_at_least_one_pixel():
    assert scaled_size((3, 100), 0.1) == (1, 10)
    assert scaled_size((33, 65), 0.5) == (17, 33)


@pytest.mark.parametrize(
    ("dials", "message"),
    [
        ({"strength": 1.1}, r"`strength` must be in \[0, 1\].*1.1"),
        ({"strength": float("nan")}, "`strength`.*nan"),
        ({"detail": -1}, r"`detail` must be in \[0, 1\].*-1"),
        ({"scale": 0}, r"`scale` must be in \[0.0625, 8\].*0"),
        (
            {"color": "green"},
            "`color` must be one of style, photo, luma-gain or",
        ),
        ({"color": np.zeros((2, 2), np.uint8)}, r"`color`.*shape \(2, 2\)"),
        ({"mask": np.zeros((2, 2, 3), np.uint8)}, r"`mask`.*shape \(2, 2, 3\)"),
        ({"mask": np.zeros((2, 2))}, "`mask` must be a uint8.*float64"),
        ({"mask": "mask.png"}, "`mask` must be a uint8"),
    ],
)
def test_values_out_of_range_are_refused_in_one_line(dials, message):
    with pytest.raises(ValueError, match=message) as raised:
        Dials(**dials)
    assert "\n" not in str(raised.value)
