import keras
import numpy as np
import pytest

from animegan_tf.models.discriminators import build_discriminator
from animegan_tf.models.gan import build_gan
from animegan_tf.models.generators.animegan_v2 import build_animegan_v2_generator


@pytest.fixture(scope="module")
def networks():
    return build_animegan_v2_generator(width=4), build_discriminator("patch", width=4)


@pytest.fixture
def photo():
    return np.random.default_rng(0).uniform(-1, 1, (1, 16, 16, 3)).astype("float32")


def test_the_whole_is_its_parts_in_turn(networks, photo):
    generator, discriminator = networks
    stylized, logits = build_gan(generator, discriminator)(photo)
    expected = generator(photo)
    np.testing.assert_allclose(stylized, expected, atol=1e-6)
    np.testing.assert_allclose(logits, discriminator(expected), atol=1e-6)


def test_the_weights_are_shared_and_stay_trainable(networks):
    generator, discriminator = networks
    gan = build_gan(generator, discriminator)
    parts = generator.weights + discriminator.weights
    assert {id(weight) for weight in gan.weights} == {id(weight) for weight in parts}
    assert discriminator.trainable and generator.trainable
    assert len(gan.trainable_variables) == len(generator.trainable_variables) + len(
        discriminator.trainable_variables
    )


def test_saved_whole_gives_the_same_picture_and_verdict(networks, photo, tmp_path):
    gan = build_gan(*networks)
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    for one, other in zip(gan(photo), loaded(photo), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_grey_discriminator_is_refused_with_the_fix(networks):
    grey = build_discriminator("patch", image_shape=(None, None, 1), width=4)
    with pytest.raises(ValueError, match=r"image_shape=\(None, None, 3\).*Received"):
        build_gan(networks[0], grey)


def test_networks_of_several_outputs_are_refused(networks):
    generator, discriminator = networks
    gan = build_gan(generator, discriminator)
    with pytest.raises(ValueError, match="`generator` must have .* outputs=2"):
        build_gan(gan, discriminator)
