"""Metrics on features: preprocessing, content distance and kernel distance."""

import math

import keras
import numpy as np
import pytest

from animegan_tf.evaluation import (
    content_distance,
    frechet_distance,
    inception_features,
    kid,
    pooled_features,
)
from animegan_tf.imaging.arrays import to_float


def test_images_of_the_input_size_are_not_resampled(recorder):
    image = np.random.default_rng(0).integers(0, 256, (256, 256, 3), np.uint8)
    content_distance(image, image, recorder)
    np.testing.assert_array_equal(recorder.inputs[0][0], to_float(image))


def test_content_distance_is_relative_to_the_reference(recorder):
    # Levels 255 and 0 are 1 and -1 in the network; a half white image differs by 2 on
    # half of its pixels.
    white = np.full((256, 256, 3), 255, np.uint8)
    half = white.copy()
    half[:128] = 0
    assert content_distance(white, white, recorder) == 0.0
    assert content_distance(half, white, recorder) == pytest.approx(1.0)


def test_content_distance_and_pooling_use_the_deepest_layer(feature_extractor, blocks):
    images = [blocks(seed) for seed in range(2)]
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
    # The pairs of y = (0, 1) are (0, 1) and (1, 0) only: no vector with itself.
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
def test_kid_of_too_few_images_has_no_standard_error(count, kid_exists):
    estimate = kid(np.ones((count, 2)), np.ones((9, 2)))
    assert math.isnan(estimate["standard_error"])
    assert math.isfinite(estimate["kid"]) == kid_exists


def test_frechet_distance_worked_by_hand():
    # Variances 2 and 8, means 0 and 3: 9 + 2 + 8 - 2 sqrt(16).
    x, y = np.array([[-1.0], [1.0]]), np.array([[1.0], [5.0]])
    assert frechet_distance(x, y) == pytest.approx(9 + 2 + 8 - 2 * 4)
    assert frechet_distance(x, x) == pytest.approx(0.0, abs=1e-12)
    assert math.isnan(frechet_distance(x[:1], y))


@pytest.mark.parametrize(("count", "channels"), [(300, 6), (5, 12)])
def test_frechet_distance_is_that_of_a_matrix_square_root(count, channels):
    linalg = pytest.importorskip("scipy.linalg")
    random = np.random.default_rng(0)
    x = random.normal(size=(count, channels)) @ random.normal(size=(channels, channels))
    y = random.normal(size=(count + 3, channels)) + 0.3
    covariances = [np.cov(vectors, rowvar=False) for vectors in (x, y)]
    root = linalg.sqrtm(covariances[0] @ covariances[1])
    expected = np.square(x.mean(axis=0) - y.mean(axis=0)).sum()
    expected += np.trace(covariances[0] + covariances[1] - 2.0 * root.real)
    # With fewer images than channels the square root itself is less exact.
    tolerance = 1e-9 if count > channels else 1e-3
    assert frechet_distance(x, y) == pytest.approx(expected, rel=tolerance)
    assert frechet_distance(y, x) == pytest.approx(frechet_distance(x, y))


def test_kid_is_that_of_a_polynomial_kernel():
    pairwise = pytest.importorskip("sklearn.metrics.pairwise")
    random = np.random.default_rng(1)
    x, y = random.normal(size=(7, 5)), random.normal(size=(9, 5)) + 0.5
    xx, yy, xy = (
        pairwise.polynomial_kernel(a, b, degree=3, gamma=1 / 5, coef0=1)
        for a, b in ((x, x), (y, y), (x, y))
    )
    expected = -2.0 * xy.mean()
    for products in (xx, yy):
        expected += products[~np.eye(len(products), dtype=bool)].mean()
    assert kid(x, y)["kid"] == pytest.approx(expected)


def test_inception_features_are_of_the_center_square():
    # Of a 4x8 image scaled to a short side of 2, the middle 2x2 of 2x4.
    image = keras.Input((2, 2, 3))
    network = keras.Model(image, keras.layers.GlobalAveragePooling2D()(image))
    levels = np.zeros((4, 8, 3), np.uint8)
    levels[:, 2:6] = 255
    features = inception_features([levels, 255 - levels], network)
    assert features.shape == (2, 3)
    # Bicubic scaling reaches beyond the square.
    np.testing.assert_allclose(features, [[1.0] * 3, [-1.0] * 3], atol=0.2)
    with pytest.raises(ValueError, match="`images` must contain"):
        inception_features([], network)
