"""Metrics on features: preprocessing, content distance and kernel distance."""

import math

import keras
import numpy as np
import pytest

from animegan_tf.evaluation import content_distance, kid, pooled_features
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
