import numpy as np
import pytest

from animegan_tf.imaging.arrays import BAND_PIXELS
from animegan_tf.imaging.color.lab import lab_to_rgb, rgb_to_lab
from animegan_tf.imaging.color.palette import apply_gamma, fit_gamma, transfer_palette

RAMP = np.linspace(0.0, 100.0, 101)


def random_image(mean, spread, *, seed=0, size=(48, 40)):
    """Make flat areas whose Lab colors scatter around a mean."""
    random = np.random.default_rng(seed)
    coarse = random.normal(0.0, 1.0, (6, 5, 3)) * spread + mean
    repeats = -(-size[0] // 6), -(-size[1] // 5)
    lab = np.kron(coarse, np.ones((*repeats, 1)))[: size[0], : size[1]]
    return lab_to_rgb(lab)


@pytest.fixture
def grayish():
    return random_image([55.0, 3.0, -2.0], [14.0, 7.0, 6.0])


@pytest.fixture
def warm():
    return random_image([60.0, 12.0, 18.0], [12.0, 6.0, 9.0], seed=1, size=(30, 61))


def mean_chroma(image):
    return rgb_to_lab(image)[..., 1:].mean(axis=(0, 1))


def lab_distance(x, y):
    return float(np.linalg.norm(rgb_to_lab(x) - rgb_to_lab(y), axis=-1).mean())


def test_transfer_to_the_own_palette_changes_nothing(grayish, photo):
    for image in (grayish, photo):
        difference = transfer_palette(image, image).astype(int) - image
        assert np.abs(difference).max() <= 1


def test_strength_zero_returns_a_copy(grayish, warm):
    result = transfer_palette(grayish, warm, strength=0.0)
    assert np.array_equal(result, grayish)
    assert result is not grayish


def test_mean_colors_of_a_colorful_image_become_those_of_the_target(warm):
    cold = random_image([50.0, -25.0, -20.0], [8.0, 4.0, 4.0], seed=6)
    result = transfer_palette(cold, warm)
    np.testing.assert_allclose(mean_chroma(result), mean_chroma(warm), atol=5.0)


def chroma_of_gray(level, target):
    """Recolor an image of all grays; return the chroma that one of them gets."""
    grays = np.repeat(np.arange(256, dtype=np.uint8)[np.newaxis, :, np.newaxis], 3, 2)
    result = transfer_palette(np.repeat(grays, 8, axis=0), target)
    return float(np.linalg.norm(rgb_to_lab(result)[0, level, 1:]))


def test_white_black_and_gray_stay_neutral_with_a_vivid_target():
    vivid = random_image([50.0, 60.0, 45.0], [5.0, 6.0, 6.0], seed=7)
    target_chroma = float(np.linalg.norm(mean_chroma(vivid)))
    assert target_chroma > 60.0
    # 245 is paper white, L* about 96.5.
    assert chroma_of_gray(245, vivid) < 2.0
    assert chroma_of_gray(8, vivid) < 2.0
    assert 3.0 < chroma_of_gray(128, vivid) < 0.2 * target_chroma


def test_the_shift_grows_continuously_from_gray_to_colorful(warm):
    lab = np.zeros((8, 60, 3))
    lab[..., 0], lab[..., 1] = 55.0, np.linspace(0.0, 30.0, 60)
    ramp = lab_to_rgb(lab)
    shift = rgb_to_lab(transfer_palette(ramp, warm)) - rgb_to_lab(ramp)
    # Pixels are half a unit of chroma apart, about one level of 255.
    assert np.abs(np.diff(shift[0, :, 1:], axis=0)).max() < 2.0


def test_covariance_of_colors_becomes_that_of_the_target(grayish, warm):
    def covariance(image):
        return np.cov(rgb_to_lab(image)[..., 1:].reshape(-1, 2), rowvar=False)

    result = transfer_palette(grayish, warm)
    np.testing.assert_allclose(covariance(result), covariance(warm), atol=14.0)
    before = np.abs(covariance(grayish) - covariance(warm)).max()
    assert np.abs(covariance(result) - covariance(warm)).max() < 0.4 * before


def test_higher_strength_changes_more(grayish, warm):
    distances = [
        lab_distance(transfer_palette(grayish, warm, strength=s), grayish)
        for s in np.linspace(0.0, 1.0, 6)
    ]
    assert distances[0] == 0.0
    assert (np.diff(distances) > 0.5).all()


@pytest.mark.parametrize("lightness", [15.0, 90.0])
def test_contrast_is_kept_whatever_the_lightness_of_the_target(grayish, lightness):
    target = random_image([lightness, 10.0, -25.0], [3.0, 3.0, 3.0], seed=2)
    result = transfer_palette(grayish, target)
    before, after = (rgb_to_lab(image)[..., 0].std() for image in (grayish, result))
    assert 0.85 * before < after < 1.3 * before


def test_lightness_moves_toward_that_of_the_target(grayish, warm):
    means = [
        rgb_to_lab(image)[..., 0].mean()
        for image in (grayish, transfer_palette(grayish, warm), warm)
    ]
    assert means[0] < means[1] < means[2]


def test_black_and_white_hardly_change(warm):
    image = np.zeros((20, 20, 3), np.uint8)
    image[:, 10:] = 255
    result = rgb_to_lab(transfer_palette(image, warm))
    assert result[:, :10, 0].max() < 2.0
    assert result[:, 10:, 0].min() > 98.0


def test_noise_of_a_gray_image_is_not_amplified():
    random = np.random.default_rng(3)
    gray = np.full((40, 40, 3), 128.0) + random.normal(0.0, 1.5, (40, 40, 3))
    gray = np.clip(gray, 0, 255).astype(np.uint8)
    vivid = random_image([50.0, 0.0, 0.0], [5.0, 30.0, 30.0], seed=4)
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


def test_bands_of_rows_are_mapped_equally(grayish, warm):
    count = 50
    image = np.tile(grayish, (count, 6, 1))
    assert BAND_PIXELS < image.shape[0] * image.shape[1]
    result = transfer_palette(image, warm)
    assert np.array_equal(result, np.tile(result[:48, :40], (count, 6, 1)))


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (3, 1)])
def test_tiny_images_work(size, warm):
    image = np.full((*size, 3), 90, np.uint8)
    result = transfer_palette(image, warm)
    assert result.shape == image.shape
    # Gray gets some chroma, of the hue of the target.
    a, b = mean_chroma(result)
    assert a / b == pytest.approx(np.divide(*mean_chroma(warm)), abs=0.15)
    assert transfer_palette(warm, image).shape == warm.shape


def test_two_targets_give_two_results(photo, warm):
    cold = random_image([35.0, 5.0, -30.0], [10.0, 5.0, 8.0], seed=5)
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
def test_invalid_arguments_are_refused(arguments, message, warm):
    arguments = {"image": warm, "target": warm} | arguments
    with pytest.raises(ValueError, match=message):
        transfer_palette(**arguments)


def test_gamma_2_maps_a_half_to_a_quarter():
    values = apply_gamma(np.array([-1.0, 0.0, 50.0, 100.0]), 2.0)
    np.testing.assert_allclose(values, [0.0, 0.0, 25.0, 100.0])


def test_fitted_gamma_moves_the_mean_halfway():
    narrow = np.linspace(40.0, 60.0, 101)
    for target in (45.0, 56.0):
        mean = apply_gamma(narrow, fit_gamma(narrow, target)).mean()
        assert mean == pytest.approx((50.0 + target) / 2.0, abs=0.05)


def test_gamma_is_1_if_the_mean_is_reached():
    assert fit_gamma(RAMP, 50.0) == 1.0


@pytest.mark.parametrize(("target", "limit"), [(0.0, 1.5), (100.0, 1.0 / 1.5)])
def test_gamma_is_bounded(target, limit):
    plain = np.full(9, 50.0)
    assert fit_gamma(plain, target) == pytest.approx(limit, rel=1e-4)


@pytest.mark.parametrize("target", [0.0, 30.0, 70.0, 100.0])
def test_at_least_nine_tenths_of_the_contrast_are_kept(target):
    for lightness in (RAMP, np.linspace(0.0, 30.0, 50), np.linspace(70.0, 100.0, 50)):
        curved = apply_gamma(lightness, fit_gamma(lightness, target))
        assert curved.std() >= 0.9 * lightness.std() - 1e-9
