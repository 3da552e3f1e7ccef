import keras
import numpy as np
import pytest

from animegan_tf.models.discriminators import build_discriminator


def _images(channels=3, size=32):
    random = np.random.default_rng(0)
    return random.uniform(-1, 1, (2, size, size, channels)).astype("float32")


@pytest.mark.parametrize("channels", [1, 3])
def test_one_map_of_logits_for_each_layer_at_an_eighth_of_the_size(channels):
    discriminator = build_discriminator("features", (None, None, channels), width=4)
    logits = discriminator(_images(channels))
    assert [tuple(x.shape) for x in logits] == [(2, 4, 4, 1)] * 2
    assert {str(keras.backend.standardize_dtype(x.dtype)) for x in logits} == {
        "float32"
    }


def test_only_the_heads_are_trainable(features_file):
    layers = ("block1_conv2", "block2_conv1")
    discriminator = build_discriminator(
        "features", width=4, features=str(features_file), layers=layers
    )
    assert {v.path.split("/")[0][:4] for v in discriminator.trainable_variables} == {
        "head"
    }
    assert len(discriminator(_images())) == 2


def test_first_logits_are_of_the_order_of_1_however_large_the_features(features_file):
    layers = ("block1_conv2", "block2_conv2")
    keras.utils.set_random_seed(0)
    discriminator = build_discriminator(
        "features", width=8, features=str(features_file), layers=layers
    )
    for _ in range(10):
        logits = discriminator(_images(), training=True)
    assert all(float(np.abs(x).mean()) < 2.0 for x in logits)


def test_gray_images_are_judged_as_gray_color_images():
    keras.utils.set_random_seed(0)
    gray = build_discriminator("features", (None, None, 1), width=4)
    color = build_discriminator("features", (None, None, 3), width=4)
    color.set_weights(gray.get_weights())
    images = _images(1)
    first = gray(images)
    second = color(np.repeat(images, 3, axis=-1))
    for one, two in zip(first, second, strict=True):
        np.testing.assert_allclose(one, two, atol=1e-6)
