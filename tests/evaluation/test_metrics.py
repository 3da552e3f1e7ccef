"""Laws of the measures, on pictures small enough to work out by hand."""

import math

import keras
import numpy as np
import pytest
from keras import layers

from animegan_tf.evaluation.metrics import (
    chroma_drift,
    content_distance,
    edge_f1,
    flatness,
    kid,
    line_darkness,
    luminance_contrast_ratio,
    luminance_ssim,
    pooled_features,
    style_distance,
    style_statistics,
)
from animegan_tf.images import to_float

PAIR_METRICS = [chroma_drift, luminance_ssim, edge_f1, flatness, line_darkness]


def flat(level=200, size=(16, 16)):
    return np.full((*size, 3), level, dtype="uint8")


def random_image(seed=0, size=(16, 20)):
    return np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype="uint8")


def checker(low=0, high=255, size=16):
    board = np.indices((size, size)).sum(axis=0) % 2
    levels = np.where(board, high, low).astype("uint8")
    return np.repeat(levels[..., np.newaxis], 3, axis=-1)


def with_line(level, column=8, width=1, background=200):
    image = flat(background)
    image[:, column : column + width] = level
    return image


def smooth_noise(seed, size=256):
    """Make a picture whose structure survives scaling."""
    coarse = random_image(seed, (16, 16))
    return coarse.repeat(size // 16, axis=0).repeat(size // 16, axis=1)


@pytest.fixture(scope="module")
def feature_extractor():
    """Build a tiny network of two layers; the second is the deeper."""
    keras.utils.set_random_seed(0)
    image = keras.Input((None, None, 3))
    shallow = layers.Conv2D(4, 3, padding="same", activation="relu")(image)
    deep = layers.Conv2D(5, 3, strides=4, padding="same", activation="relu")(shallow)
    return keras.Model(image, {"a_deep": deep, "b_shallow": shallow})


@pytest.fixture
def recorder():
    """Build an identity "network" that remembers what it was given."""

    class Recorder:
        inputs = []

        def __call__(self, images, training):
            self.inputs.append(images)
            return {"pixels": images}

    return Recorder()


@pytest.mark.parametrize("measure", PAIR_METRICS)
def test_pair_measures_refuse_other_sizes(measure):
    with pytest.raises(ValueError, match=r"Received: output of shape \(16, 18, 3\)"):
        measure(flat(), flat(size=(16, 18)))


@pytest.mark.parametrize(
    ("measure", "ideal"), list(zip(PAIR_METRICS, (0, 1, 1, 0, 0), strict=True))
)
def test_pair_measures_of_equal_pictures(measure, ideal):
    for image in (random_image(), flat(), checker(), with_line(0)):
        value = measure(image, image)
        assert isinstance(value, float)
        assert value == pytest.approx(ideal, abs=1e-9)


def test_features_are_taken_of_the_gray_top_left_at_short_side_256(recorder):
    image = np.zeros((300, 700, 3), dtype="uint8")
    image[:, :300] = 255, 0, 0
    style_statistics([image], recorder)
    (seen,) = recorder.inputs
    assert seen.shape == (1, 256, 256, 3)
    assert seen.dtype == np.float32
    # The crop ends at column 300 of the source, inside the red.
    expected = 0.299 * 2 - 1
    np.testing.assert_allclose(seen[:, :, :250], expected, atol=1e-6)
    np.testing.assert_array_equal(seen[..., 0], seen[..., 2])


def test_pictures_of_protocol_size_are_not_resampled(recorder):
    image = random_image(0, (256, 256))
    content_distance(image, image, recorder)
    np.testing.assert_array_equal(recorder.inputs[0][0], to_float(image))


def test_style_statistics_are_means_over_the_set(feature_extractor):
    images = [smooth_noise(seed) for seed in range(2)]
    both = style_statistics(iter(images), feature_extractor)
    single = [style_statistics([image], feature_extractor) for image in images]
    assert both.num_pictures == 2
    for kind in ("correlation", "plain"):
        for layer, matrix in getattr(both, kind).items():
            parts = [getattr(statistics, kind)[layer] for statistics in single]
            np.testing.assert_allclose(matrix, (parts[0] + parts[1]) / 2, rtol=1e-6)


def test_style_statistics_of_pixels_equal_numpy(recorder):
    statistics = style_statistics([smooth_noise(0)], recorder)
    luma = smooth_noise(0) @ np.array([0.299, 0.587, 0.114]) / 127.5
    expected = np.full((3, 3), luma.var())
    np.testing.assert_allclose(statistics.plain["pixels"], expected, rtol=1e-4)
    # Three equal channels correlate fully, up to the protocol's floor.
    expected = np.full((3, 3), 1 / 1.001**2)
    np.testing.assert_allclose(statistics.correlation["pixels"], expected, rtol=1e-4)


def test_style_distance_is_relative_to_the_reference(recorder):
    noise = smooth_noise(0)
    reference = style_statistics([noise], recorder)
    assert style_distance(reference, reference) == {"correlation": 0.0, "plain": 0.0}
    faded = style_statistics([noise // 2 + 60], recorder)
    distance = style_distance(faded, reference)
    # Half the contrast is a quarter of the variance.
    assert distance["plain"] == pytest.approx(0.75, abs=0.01)
    assert distance["correlation"] == pytest.approx(0.0, abs=1e-4)


def test_style_distance_refuses_other_layers(recorder, feature_extractor):
    image = smooth_noise(0)
    statistics = [style_statistics([image], m) for m in (recorder, feature_extractor)]
    with pytest.raises(ValueError, match=r"same layers. Received: \['pixels'\] and"):
        style_distance(*statistics)


@pytest.mark.parametrize("function", [style_statistics, pooled_features])
def test_empty_sets_are_refused(function, feature_extractor):
    with pytest.raises(ValueError, match="`images` must hold at least one picture"):
        function(iter([]), feature_extractor)


def test_content_distance_is_relative_to_the_reference(recorder):
    # Levels 255 and 0 are 1 and -1 inside; a half white picture differs by 2 on half.
    white, half = flat(255, (256, 256)), flat(255, (256, 256))
    half[:128] = 0
    assert content_distance(white, white, recorder) == 0.0
    assert content_distance(half, white, recorder) == pytest.approx(1.0)


def test_content_distance_and_pooling_use_the_deepest_layer(feature_extractor):
    images = [smooth_noise(seed) for seed in range(2)]
    batch = np.stack([to_float(image) for image in images])
    deep = keras.ops.convert_to_numpy(feature_extractor(batch)["a_deep"])
    pooled = pooled_features(iter(images), feature_extractor)
    np.testing.assert_allclose(pooled, deep.mean(axis=(1, 2)), rtol=1e-4)
    expected = np.abs(deep[0] - deep[1]).mean() / np.abs(deep[1]).mean()
    distance = content_distance(*images, feature_extractor)
    assert distance == pytest.approx(expected, rel=1e-4)


def test_kid_worked_by_hand():
    # Kernel (xy + 1)^3 of 0 with anything is 1; of 1 with 1 it is 8.
    x, y = np.zeros((3, 1)), np.ones((2, 1))
    assert kid(x, y)["kid"] == pytest.approx(1 + 8 - 2 * 1)
    # The pairs of y = (0, 1) are (0, 1) and (1, 0) only: no vector meets itself.
    y = np.array([[0.0], [1.0]])
    assert kid(y, y)["kid"] == pytest.approx(1 + 1 - 2 * (1 + 1 + 1 + 8) / 4)


def test_kid_is_zero_within_its_error_for_one_distribution():
    random = np.random.default_rng(0)
    x, y = random.normal(size=(60, 4)), random.normal(size=(80, 4))
    same, other = kid(x, y), kid(x, y + 1.0)
    assert 0.0 < same["standard_error"] < 0.5
    assert abs(same["kid"]) < 3 * same["standard_error"]
    assert other["kid"] > 3 * other["standard_error"]
    assert kid(x, y) == same


@pytest.mark.parametrize(("count", "kid_exists"), [(1, False), (3, True)])
def test_kid_of_too_few_pictures_has_no_error(count, kid_exists):
    estimate = kid(np.ones((count, 2)), np.ones((9, 2)))
    assert math.isnan(estimate["standard_error"])
    assert math.isfinite(estimate["kid"]) == kid_exists


def test_contrast_ratio_of_a_halved_checker():
    assert luminance_contrast_ratio(checker(0, 200), checker(50, 150)) == pytest.approx(
        0.5
    )
    shifted = checker(55, 255)
    assert luminance_contrast_ratio(checker(0, 200), shifted) == pytest.approx(1.0)
    assert math.isnan(luminance_contrast_ratio(flat(), checker()))
    assert luminance_contrast_ratio(checker(), flat()) == pytest.approx(0.0, abs=1e-9)


def test_chroma_drift_sees_color_but_not_brightness():
    assert chroma_drift(flat(40), flat(220)) == pytest.approx(0.0, abs=0.02)
    red = np.zeros((4, 4, 3), dtype="uint8")
    red[..., 0] = 255
    # Lab of pure red is (53.24, 80.09, 67.20).
    expected = math.hypot(80.09, 67.20)
    assert chroma_drift(red, np.zeros_like(red)) == pytest.approx(expected, abs=0.02)
    half = red.copy()
    half[:2] = 0
    assert chroma_drift(red, half) == pytest.approx(expected / 2, abs=0.02)


def test_ssim_of_constant_pictures_compares_means_only():
    c1 = (0.01 * 255) ** 2
    expected = (2 * 100 * 200 + c1) / (100**2 + 200**2 + c1)
    assert luminance_ssim(flat(100), flat(200)) == pytest.approx(expected, rel=1e-6)


def test_ssim_of_a_negative_checker_is_negative():
    assert luminance_ssim(checker(0, 255), checker(255, 0)) < -0.9


def test_ssim_equals_scikit_image():
    metrics = pytest.importorskip("skimage.metrics")
    photo = smooth_noise(1, 64)
    output = np.clip(photo * 0.8 + random_image(2, (64, 64)) * 0.2, 0, 255)
    output = output.astype("uint8")
    lumas = [image @ np.array([0.299, 0.587, 0.114]) for image in (photo, output)]
    expected = metrics.structural_similarity(
        *lumas,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        data_range=255,
    )
    assert luminance_ssim(photo, output) == pytest.approx(expected, abs=1e-6)


def test_ssim_refuses_pictures_smaller_than_its_window():
    with pytest.raises(ValueError, match="at least 11x11 pixels"):
        luminance_ssim(flat(size=(10, 16)), flat(size=(10, 16)))


def test_edge_f1_tolerates_a_shift_of_one_pixel():
    # A step gives two columns of edge, on either side of it.
    steps = [with_line(0, column, 16) for column in (6, 7, 9, 12)]
    assert edge_f1(steps[0], steps[1]) == pytest.approx(1.0)
    # At a shift of three, columns 5 and 6 against 8 and 9, none is within one pixel.
    assert edge_f1(steps[0], steps[2]) == pytest.approx(0.0)
    assert edge_f1(steps[0], steps[3]) == pytest.approx(0.0)


def test_edge_f1_weighs_lost_and_added_edges():
    step = with_line(0, 4, 12)
    two_steps = with_line(0, 4, 6)
    # All edges of the photo are found, half of those of the output are new.
    assert edge_f1(step, two_steps) == pytest.approx(2 * 0.5 / 1.5)
    assert edge_f1(two_steps, step) == pytest.approx(2 * 0.5 / 1.5)
    assert edge_f1(step, flat()) == 0.0
    assert edge_f1(flat(100), flat(200)) == 1.0


def test_edge_threshold_is_the_height_of_a_step():
    step = with_line(160, 8, 8)
    assert edge_f1(flat(), step, threshold=39.0) == 0.0
    assert edge_f1(flat(), step, threshold=41.0) == 1.0


def test_flatness_counts_pixels_that_became_flat():
    assert flatness(checker(), flat()) == 1.0
    assert flatness(flat(), checker()) == -1.0
    # The step lies between columns 3 and 4 of the 15 pairs in a row.
    assert flatness(flat(), with_line(0, 4, 12)) == pytest.approx(-1 / 15)
    assert flatness(checker(100, 101), flat()) == 0.0


def test_line_darkness_measures_new_ink_only():
    line = with_line(50)
    assert line_darkness(flat(), line) == pytest.approx(150 / 255)
    assert line_darkness(with_line(100), line) == pytest.approx(50 / 255)
    # A line that gets lighter counts against it.
    assert line_darkness(line, with_line(100)) == pytest.approx(-50 / 255)


def test_line_darkness_ignores_a_darker_picture_and_wide_areas():
    darker = with_line(50, background=170)
    assert line_darkness(flat(), darker) == pytest.approx((150 - 30) / 255)
    assert line_darkness(flat(), with_line(50, width=4)) == pytest.approx(150 / 255)
    assert line_darkness(flat(), with_line(50, width=5)) == 0.0
    assert line_darkness(flat(), with_line(185)) == 0.0
