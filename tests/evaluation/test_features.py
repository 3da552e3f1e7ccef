"""Laws of looking at a picture through a network."""

import keras
import numpy as np
import pytest

from animegan_tf.evaluation import content_distance, pooled_features
from animegan_tf.imaging.arrays import to_float


def random_image(seed=0, size=(16, 20)):
    return np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype="uint8")


def smooth_noise(seed, size=256):
    """Make a picture whose structure survives scaling."""
    coarse = random_image(seed, (16, 16))
    return coarse.repeat(size // 16, axis=0).repeat(size // 16, axis=1)


def test_pictures_of_protocol_size_are_not_resampled(recorder):
    image = random_image(0, (256, 256))
    content_distance(image, image, recorder)
    np.testing.assert_array_equal(recorder.inputs[0][0], to_float(image))


def test_content_distance_and_pooling_use_the_deepest_layer(feature_extractor):
    images = [smooth_noise(seed) for seed in range(2)]
    batch = np.stack([to_float(image) for image in images])
    deep = keras.ops.convert_to_numpy(feature_extractor(batch)["a_deep"])
    pooled = pooled_features(iter(images), feature_extractor)
    np.testing.assert_allclose(pooled, deep.mean(axis=(1, 2)), rtol=1e-4)
    expected = np.abs(deep[0] - deep[1]).mean() / np.abs(deep[1]).mean()
    distance = content_distance(*images, feature_extractor)
    assert distance == pytest.approx(expected, rel=1e-4)
