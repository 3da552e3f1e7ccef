import keras
import numpy as np
import pytest

from animegan_tf.models.discriminators import build_discriminator
from animegan_tf.models.gan import build_gan
from animegan_tf.models.generators import build_generator


@pytest.fixture(scope="module")
def networks():
    options = {"width": 4, "body_width": 4, "num_blocks": 1, "head_width": 4}
    generator = build_generator("anime", **options)
    return generator, build_discriminator("patch", width=4)


@pytest.fixture
def photo():
    return np.random.default_rng(0).uniform(-1, 1, (1, 16, 16, 3)).astype("float32")


def test_the_gan_applies_the_generator_and_then_the_discriminator(networks, photo):
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


def test_saved_whole_gives_the_same_image_and_logits(networks, photo, tmp_path):
    gan = build_gan(*networks)
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    for one, other in zip(gan(photo), loaded(photo), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_gray_discriminator_is_rejected_with_a_suggestion(networks):
    gray = build_discriminator("patch", image_shape=(None, None, 1), width=4)
    with pytest.raises(ValueError, match=r"image_shape=\(None, None, 3\).*Received"):
        build_gan(networks[0], gray)


def test_networks_of_several_outputs_are_rejected(networks):
    generator, discriminator = networks
    gan = build_gan(generator, discriminator)
    with pytest.raises(ValueError, match="`generator` must have .* outputs=2"):
        build_gan(gan, discriminator)


def test_the_input_is_noise_if_the_generator_takes_noise():
    generator = build_generator("dcgan", latent_dim=5, image_size=16, width=4)
    discriminator = build_discriminator("conv", image_size=16, width=4)
    gan = build_gan(generator, discriminator)
    noise = np.random.default_rng(0).normal(size=(2, 5)).astype("float32")
    image, logits = gan(noise)
    assert gan.input_shape == (None, 5)
    assert image.shape == (2, 16, 16, 3)
    np.testing.assert_allclose(logits, discriminator(generator(noise)), atol=1e-6)


def test_logits_alone_are_the_second_output(networks, photo):
    _, expected = build_gan(*networks)(photo)
    logits = build_gan(*networks, outputs="logits")(photo)
    np.testing.assert_array_equal(logits, expected)


def test_another_image_size_is_rejected_with_a_suggestion():
    generator = build_generator("dcgan", image_size=32, width=4)
    discriminator = build_discriminator("conv", width=4)
    with pytest.raises(ValueError, match=r"image_shape=\(32, 32, 3\).*256") as error:
        build_gan(generator, discriminator)
    assert "\n" not in str(error.value)


def test_a_generator_without_image_output_is_rejected(networks):
    with pytest.raises(
        ValueError, match="`generator` must return what `discriminator`"
    ):
        build_gan(
            keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)]), networks[1]
        )


def test_a_subclassed_network_without_known_shapes_is_rejected(networks):
    class Generator(keras.Model):
        def call(self, inputs):
            return inputs

    with pytest.raises(ValueError, match="`generator` must have one input"):
        build_gan(Generator(), networks[1])


def test_unknown_outputs_are_rejected(networks):
    with pytest.raises(ValueError, match="both, logits. Received: outputs='image'"):
        build_gan(*networks, outputs="image")
