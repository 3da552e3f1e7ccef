import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.losses.denoising import l0_smoothing, non_local_means
from animegan_tf.losses.pixel import lab_to_rgb, rgb_to_lab

LEVELS = np.array([2.55, 1.0, 1.0])


@pytest.fixture
def image():
    return np.random.default_rng(0).uniform(-1, 1, (1, 7, 8, 3)).astype("float32")


def _by_hand(image, strengths, patch, window):
    """Non-local means pixel by pixel, after the definition."""
    levels = np.asarray(rgb_to_lab(image))[0] * LEVELS
    reach, margin = window // 2, patch // 2
    pad = reach + margin
    padded = np.pad(levels, ((pad, pad), (pad, pad), (0, 0)), "reflect")

    def patch_at(y, x):
        y, x = y + pad, x + pad
        return padded[y - margin : y + margin + 1, x - margin : x + margin + 1]

    result = np.zeros_like(levels)
    for y, x in np.ndindex(*levels.shape[:2]):
        total, norm = np.zeros(3), np.zeros(3)
        for dy in range(-reach, reach + 1):
            for dx in range(-reach, reach + 1):
                squared = (patch_at(y + dy, x + dx) - patch_at(y, x)) ** 2
                luma = np.exp(-squared[..., 0].mean() / strengths[0] ** 2)
                chroma = np.exp(-squared[..., 1:].mean() / strengths[1] ** 2)
                weights = np.array([luma, chroma, chroma])
                total += weights * padded[y + dy + pad, x + dx + pad]
                norm += weights
        result[y, x] = total / norm
    return np.clip(np.asarray(lab_to_rgb(result / LEVELS)), -1, 1)[None]


def test_non_local_means_follow_their_definition(image):
    received = non_local_means(
        image, luma_strength=60.0, chroma_strength=40.0, patch=3, window=5
    )
    expected = _by_hand(image, (60.0, 40.0), 3, 5)
    np.testing.assert_allclose(received, expected, atol=1e-4)
    assert np.abs(expected - image).max() > 0.1


def test_weak_noise_goes_and_an_edge_stays():
    image = np.full((1, 24, 24, 3), -0.5, "float32")
    image[:, :, 12:] = 0.5
    noise = np.random.default_rng(0).normal(0, 0.02, (1, 24, 24, 1)).astype("float32")
    cleaned = np.asarray(non_local_means(image + noise))
    assert np.abs(cleaned - image).mean() < 0.5 * np.abs(noise).mean()
    edge = (cleaned[:, :, 12] - cleaned[:, :, 11]).mean()
    assert edge == pytest.approx(1.0, abs=0.03)


def test_l0_smoothing_flattens_weak_texture_and_keeps_strong_edges():
    image = np.full((1, 16, 16, 3), -0.5, "float32")
    image[:, 4:12, 4:12] = 0.5
    ripple = 0.02 * (np.indices((16, 16)).sum(0) % 2)[None, :, :, None]
    smooth = np.asarray(l0_smoothing(image + ripple.astype("float32"), 0.005))
    # Each of the two areas has one color: the mean of its ripple is 0.01.
    error = np.abs(smooth - (image + 0.01)).max(axis=-1)
    # All but a corner, which may join either.
    assert np.sort(error.ravel())[-2] < 0.003
    inside = smooth[0, 5:11, 5:11]
    assert inside.std() < 1e-3


def test_l0_smoothing_at_a_high_price_leaves_the_mean(image):
    image = 0.3 * image
    smooth = np.asarray(l0_smoothing(image, 10.0))
    expected = np.broadcast_to(image.mean((1, 2), keepdims=True), image.shape)
    np.testing.assert_allclose(smooth, expected, atol=1e-3)


def test_l0_smoothing_at_no_price_changes_nothing(image):
    np.testing.assert_allclose(l0_smoothing(image, 1e-9), image, atol=1e-3)


@pytest.mark.parametrize("function", [non_local_means, l0_smoothing])
def test_flat_images_stay_results_are_compiled_alike_and_have_no_gradient(
    function, image
):
    flat = np.broadcast_to(np.float32([0.2, -0.4, 0.6]), (2, 8, 9, 3))
    np.testing.assert_allclose(function(flat), flat, atol=1e-3)
    variable = tf.Variable(image)
    with tf.GradientTape() as tape:
        result = function(variable)
    assert tape.gradient(result, variable) is None
    np.testing.assert_allclose(tf.function(function)(image), result, atol=1e-4)


def test_impossible_arguments_are_refused(image):
    with pytest.raises(ValueError, match="`patch` must be odd"):
        non_local_means(image, patch=4)
    with pytest.raises(ValueError, match="`window` must be odd"):
        non_local_means(image, window=0)
    with pytest.raises(ValueError, match="`smoothness` must be positive"):
        l0_smoothing(image, 0.0)
    with pytest.raises(ValueError, match="`growth` greater than 1"):
        l0_smoothing(image, growth=1.0)
