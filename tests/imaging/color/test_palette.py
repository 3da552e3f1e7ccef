import numpy as np
import pytest

from animegan_tf.imaging.color.conversions import lab_to_rgb, rgb_to_lab
from animegan_tf.imaging.color.palette import transfer_palette


def picture(mean, spread, *, seed=0, size=(48, 40)):
    """Draw smooth areas whose Lab colours scatter around a mean."""
    random = np.random.default_rng(seed)
    coarse = random.normal(0.0, 1.0, (6, 5, 3)) * spread + mean
    repeats = -(-size[0] // 6), -(-size[1] // 5)
    lab = np.kron(coarse, np.ones((*repeats, 1)))[: size[0], : size[1]]
    return lab_to_rgb(lab)


@pytest.fixture
def grayish():
    return picture([55.0, 3.0, -2.0], [14.0, 7.0, 6.0])


@pytest.fixture
def warm():
    return picture([60.0, 12.0, 18.0], [12.0, 6.0, 9.0], seed=1, size=(30, 61))


def mean_chroma(image):
    return rgb_to_lab(image)[..., 1:].mean(axis=(0, 1))


def lab_distance(x, y):
    return float(np.linalg.norm(rgb_to_lab(x) - rgb_to_lab(y), axis=-1).mean())


def test_own_palette_changes_nothing(grayish, photo):
    for image in (grayish, photo):
        difference = transfer_palette(image, image).astype(int) - image
        assert np.abs(difference).max() <= 1


def test_strength_zero_is_exactly_the_picture(grayish, warm):
    result = transfer_palette(grayish, warm, strength=0.0)
    assert np.array_equal(result, grayish)
    assert result is not grayish


def test_mean_colors_of_a_colorful_picture_become_the_target_s(warm):
    cold = picture([50.0, -25.0, -20.0], [8.0, 4.0, 4.0], seed=6)
    result = transfer_palette(cold, warm)
    np.testing.assert_allclose(mean_chroma(result), mean_chroma(warm), atol=5.0)


def chroma_of_gray(level, target):
    """Recolour a scene of every grey; return what chroma one of them got."""
    grays = np.repeat(np.arange(256, dtype=np.uint8)[np.newaxis, :, np.newaxis], 3, 2)
    result = transfer_palette(np.repeat(grays, 8, axis=0), target)
    return float(np.linalg.norm(rgb_to_lab(result)[0, level, 1:]))


def test_white_and_black_and_gray_stay_so_under_a_vivid_target():
    vivid = picture([50.0, 60.0, 45.0], [5.0, 6.0, 6.0], seed=7)
    target_chroma = float(np.linalg.norm(mean_chroma(vivid)))
    assert target_chroma > 60.0
    # 245 is paper white, L* about 96.5.
    assert chroma_of_gray(245, vivid) < 2.0
    assert chroma_of_gray(8, vivid) < 2.0
    assert 3.0 < chroma_of_gray(128, vivid) < 0.2 * target_chroma


def test_the_shift_grows_without_steps_from_gray_to_colorful(warm):
    lab = np.zeros((8, 60, 3))
    lab[..., 0], lab[..., 1] = 55.0, np.linspace(0.0, 30.0, 60)
    ramp = lab_to_rgb(lab)
    shift = rgb_to_lab(transfer_palette(ramp, warm)) - rgb_to_lab(ramp)
    # Half a unit of chroma apart; a level of 255 is about as much.
    assert np.abs(np.diff(shift[0, :, 1:], axis=0)).max() < 2.0


def test_color_spread_becomes_the_target_s(grayish, warm):
    def covariance(image):
        return np.cov(rgb_to_lab(image)[..., 1:].reshape(-1, 2), rowvar=False)

    result = transfer_palette(grayish, warm)
    np.testing.assert_allclose(covariance(result), covariance(warm), atol=14.0)
    before = np.abs(covariance(grayish) - covariance(warm)).max()
    assert np.abs(covariance(result) - covariance(warm)).max() < 0.4 * before


def test_more_strength_goes_further(grayish, warm):
    distances = [
        lab_distance(transfer_palette(grayish, warm, strength=s), grayish)
        for s in np.linspace(0.0, 1.0, 6)
    ]
    assert distances[0] == 0.0
    assert (np.diff(distances) > 0.5).all()


@pytest.mark.parametrize("lightness", [15.0, 90.0])
def test_contrast_is_held_whatever_the_target_s_lightness(grayish, lightness):
    target = picture([lightness, 10.0, -25.0], [3.0, 3.0, 3.0], seed=2)
    result = transfer_palette(grayish, target)
    before, after = (rgb_to_lab(image)[..., 0].std() for image in (grayish, result))
    assert 0.85 * before < after < 1.3 * before


def test_lightness_goes_toward_the_target_s(grayish, warm):
    means = [
        rgb_to_lab(image)[..., 0].mean()
        for image in (grayish, transfer_palette(grayish, warm), warm)
    ]
    assert means[0] < means[1] < means[2]


def test_black_and_white_stay_nearly_that(warm):
    image = np.zeros((20, 20, 3), np.uint8)
    image[:, 10:] = 255
    result = rgb_to_lab(transfer_palette(image, warm))
    assert result[:, :10, 0].max() < 2.0
    assert result[:, 10:, 0].min() > 98.0


def test_noise_of_a_gray_picture_is_not_blown_up():
    random = np.random.default_rng(3)
    gray = np.full((40, 40, 3), 128.0) + random.normal(0.0, 1.5, (40, 40, 3))
    gray = np.clip(gray, 0, 255).astype(np.uint8)
    vivid = picture([50.0, 0.0, 0.0], [5.0, 30.0, 30.0], seed=4)
    result = transfer_palette(gray, vivid)
    before, after = (
        rgb_to_lab(image)[..., 1:].std(axis=(0, 1)) for image in (gray, result)
    )
    assert (after < 3.0 * before).all()


def test_equal_colors_stay_equal(warm, photo):
    doubled = np.concatenate([photo, photo[:, ::-1]], axis=1)
    result = transfer_palette(doubled, warm)
    width = photo.shape[1]
    assert np.array_equal(result[:, :width], result[:, width:][:, ::-1])


def test_strips_do_not_show(grayish, warm, monkeypatch):
    whole = transfer_palette(grayish, warm)
    monkeypatch.setattr("animegan_tf.imaging.color.palette._STRIP_PIXELS", 100)
    assert np.array_equal(transfer_palette(grayish, warm), whole)


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (3, 1)])
def test_tiny_and_plain_pictures_work(size, warm):
    image = np.full((*size, 3), 90, np.uint8)
    result = transfer_palette(image, warm)
    assert result.shape == image.shape
    # The hue is the target's; a grey takes on some of it.
    a, b = mean_chroma(result)
    assert a / b == pytest.approx(np.divide(*mean_chroma(warm)), abs=0.15)
    assert transfer_palette(warm, image).shape == warm.shape


def test_two_targets_give_two_pictures(photo, warm):
    cold = picture([35.0, 5.0, -30.0], [10.0, 5.0, 8.0], seed=5)
    results = [transfer_palette(photo, target) for target in (warm, cold)]
    assert lab_distance(*results) > 20.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"image": np.zeros((4, 4, 3))}, "`image` must be uint8 RGB.*float64"),
        ({"target": np.zeros((4, 4), np.uint8)}, r"`target` must be.*\(4, 4\)"),
        ({"image": np.zeros((0, 4, 3), np.uint8)}, "at least one pixel"),
        ({"strength": 1.5}, "`strength` must be in .*strength=1.5"),
        ({"strength": float("nan")}, "`strength` must be in"),
    ],
)
def test_senseless_arguments_are_refused(arguments, message, warm):
    arguments = {"image": warm, "target": warm} | arguments
    with pytest.raises(ValueError, match=message):
        transfer_palette(**arguments)
