"""Degradations: of the stated strength, a function of the seed, within [-1, 1]."""

import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.data.degradations import (
    DEGRADATIONS,
    blur,
    degrade,
    downscale,
    holes,
    jpeg,
    low_light,
    noise,
)


@pytest.fixture(scope="module")
def image():
    """Smooth colors with a few hard edges, 48x64."""
    rows, columns = np.mgrid[0:48, 0:64]
    image = np.stack([rows / 30 - 0.8, columns / 40 - 0.8, 0.3 * np.cos(rows / 5)], -1)
    image[10:30, 20:40] *= -1
    return np.clip(image, -0.95, 0.95).astype("float32")


def _psnr(image, other):
    return float(tf.image.psnr(image, other, max_val=2.0))


@pytest.mark.parametrize("kind", DEGRADATIONS)
def test_degradations_keep_shape_dtype_and_range_and_lower_the_psnr(image, kind):
    degraded = degrade(image, (1, 2), [kind]).numpy()
    assert degraded.shape == image.shape
    assert degraded.dtype == np.float32
    assert degraded.min() >= -1.0 and degraded.max() <= 1.0
    assert _psnr(degraded, image) < 45


@pytest.mark.parametrize("kind", DEGRADATIONS)
def test_the_seed_determines_the_result_eagerly_and_in_tf_data(image, kind):
    dataset = tf.data.Dataset.from_tensors(image)
    dataset = dataset.map(lambda x: degrade(x, (1, 2), [kind]))
    (inside,) = dataset.as_numpy_iterator()
    first = degrade(image, (1, 2), [kind]).numpy()
    np.testing.assert_allclose(inside, first, atol=1e-5)
    others = [degrade(image, (1, seed), [kind]).numpy() for seed in range(3, 6)]
    assert any(not np.array_equal(other, first) for other in others)


@pytest.mark.parametrize(
    ("function", "option", "mild", "strong"),
    [
        (blur, "deviation", 0.5, 2.0),
        (downscale, "factor", 1.5, 4.0),
        (noise, "deviation", 4.0, 24.0),
        (jpeg, "quality", 90, 10),
        (low_light, "gain", 2.0, 16.0),
        (holes, "share", 0.05, 0.2),
    ],
)
def test_stronger_degradations_lower_the_psnr_more(
    image, function, option, mild, strong
):
    a, b = (
        _psnr(function(image, (0, 0), **{option: (x, x)}), image)
        for x in (mild, strong)
    )
    assert b < a - 2


def test_noise_has_the_given_standard_deviation():
    noisy = noise(np.zeros((64, 64, 3), "float32"), (0, 0), deviation=(12.75, 12.75))
    assert float(np.std(noisy)) == pytest.approx(0.1, rel=0.05)


def test_blur_keeps_flat_areas_and_the_mean(image):
    flat = np.full((9, 7, 3), 0.25, "float32")
    np.testing.assert_allclose(blur(flat, (0, 0)), flat, atol=1e-6)
    assert float(np.mean(blur(image, (0, 0)))) == pytest.approx(image.mean(), abs=0.02)


def test_low_light_keeps_the_brightness_and_adds_noise_where_it_was_dark():
    ramp = np.tile(np.linspace(-0.8, 0.8, 64, dtype="float32")[:, None, None], (64, 3))
    found = low_light(ramp, (0, 0), gain=(8.0, 8.0)).numpy()
    assert np.abs(found.mean(axis=1) - ramp.mean(axis=1)).max() < 0.05
    spread = found.std(axis=1).mean(axis=-1)
    assert spread[:16].mean() > 2 * spread[-16:].mean()


def _cut(seed, share, stroke_probability):
    """Return where holes are in an image that no smooth fill resembles."""
    image = np.indices((96, 128)).sum(axis=0) % 2 * 1.8 - 0.9
    image = np.repeat(image[..., None], 3, axis=2).astype("float32")
    options = {"share": (share, share), "stroke_probability": stroke_probability}
    degraded = holes(image, (seed, 0), **options).numpy()
    return (np.abs(degraded - image) > 0.01).any(axis=-1)


@pytest.mark.parametrize("share", [0.05, 0.2, 0.6])
@pytest.mark.parametrize("seed", range(5))
def test_rectangles_cover_the_given_fraction(share, seed):
    mask = _cut(seed, share, 0.0)
    assert mask.mean() == pytest.approx(share, rel=0.1)
    # Every quarter has one.
    assert all(q.any() for half in np.split(mask, 2) for q in np.split(half, 2, axis=1))


@pytest.mark.parametrize("seed", range(5))
def test_strokes_are_long_and_cover_at_most_the_given_fraction(seed):
    mask = _cut(seed, 0.1, 1.0)
    assert 0.04 < mask.mean() < 0.11
    assert max(np.ptp(axis) for axis in np.nonzero(mask)) > 40


def test_holes_are_filled_and_the_rest_is_exact(image):
    degraded = holes(image, (3, 4), share=(0.1, 0.1)).numpy()
    changed = (degraded != image).any(axis=-1)
    assert 0.02 < changed.mean() < 0.15
    assert np.abs(degraded - image)[changed].mean() < 0.5


def test_several_degradations_are_applied_in_order(image):
    both = degrade(image, (5, 6), ["blur", "holes"])
    swapped = degrade(image, (5, 6), ["holes", "blur"])
    assert _psnr(both, image) < _psnr(degrade(image, (5, 6), ["blur"]), image)
    assert not np.allclose(both, swapped, atol=1e-3)


def test_each_degradation_is_applied_with_its_probability(image):
    small = image[:8, :8]
    unchanged = [
        np.array_equal(degrade(small, (0, s), ["noise"], probability=0.3), small)
        for s in range(100)
    ]
    assert 0.5 < np.mean(unchanged) < 0.9


def test_no_degradation_keeps_the_image(image):
    np.testing.assert_array_equal(degrade(image, (0, 0), []), image)


def test_unknown_degradations_are_rejected(image):
    with pytest.raises(ValueError, match="`kinds` must be any of blur, .*rust"):
        degrade(image, (0, 0), ["rust"])
