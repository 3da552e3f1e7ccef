"""InceptionV3 for FID: the weights of a file, and what is refused."""

import keras
import numpy as np
import pytest

from animegan_tf.evaluation import inception_features
from animegan_tf.models.features.inception import build_inception


@pytest.mark.slow
def test_weights_of_a_file_are_those_of_keras(tmp_path):
    keras.utils.set_random_seed(0)
    original = keras.applications.InceptionV3(
        include_top=False, weights=None, pooling="avg", input_shape=(299, 299, 3)
    )
    path = tmp_path / "inception.weights.h5"
    original.save_weights(path)
    network = build_inception(path)
    assert not network.trainable_variables
    image = np.random.default_rng(0).integers(0, 256, (299, 299, 3), np.uint8)
    preprocess = keras.applications.inception_v3.preprocess_input
    expected = original(preprocess(image[np.newaxis].astype("float32")))
    features = inception_features([image], network)
    assert features.shape == (1, 2048)
    np.testing.assert_allclose(features, expected, rtol=1e-3, atol=1e-4)


def test_a_missing_file_is_refused():
    with pytest.raises(ValueError, match="must be 'imagenet' or the path"):
        build_inception("gone.h5")


@pytest.mark.slow
def test_another_file_is_refused(tmp_path):
    path = tmp_path / "other.weights.h5"
    path.write_bytes(b"no weights")
    with pytest.raises(ValueError, match="InceptionV3's weights without") as caught:
        build_inception(path)
    assert "\n" not in str(caught.value)
