import logging

import keras
import numpy as np
import pytest

from animegan_tf.imaging.reading import read_image
from animegan_tf.inference.generate import generate_image
from animegan_tf.models.generators import build_generator


@pytest.fixture(scope="module")
def generator():
    keras.utils.set_random_seed(0)
    return build_generator("dcgan", latent_dim=4, image_size=16, width=4)


def test_images_are_uint8_and_depend_on_the_seed(generator):
    images = generate_image(generator, num_images=3)
    assert images.shape == (3, 16, 16, 3)
    assert images.dtype == np.uint8
    np.testing.assert_array_equal(images, generate_image(generator, num_images=3))
    assert not np.array_equal(images, generate_image(generator, num_images=3, seed=1))


def test_first_images_do_not_depend_on_their_number(generator):
    few, many = (generate_image(generator, num_images=n) for n in (2, 5))
    np.testing.assert_array_equal(few, many[:2])


def test_images_are_those_of_the_generator_in_inference(generator):
    noise = np.random.default_rng(7).normal(size=(1, 4)).astype("float32")
    expected = 127.5 * (np.asarray(generator(noise, training=False)) + 1.0)
    image = generate_image(generator, seed=7)
    np.testing.assert_allclose(image, expected, atol=0.51)


def test_one_image_is_written_unchanged(generator, tmp_path):
    image = generate_image(generator, path=tmp_path / "one.png")
    np.testing.assert_array_equal(read_image(tmp_path / "one.png"), image[0])
    # The metadata state that a network generated the image.
    assert b"trainedAlgorithmicMedia" in (tmp_path / "one.png").read_bytes()


def test_several_images_are_written_as_a_grid(generator, tmp_path):
    images = generate_image(generator, num_images=5, path=tmp_path / "grid.png")
    grid = read_image(tmp_path / "grid.png")
    assert grid.shape == (2 * 16, 3 * 16, 3)
    np.testing.assert_array_equal(grid[:16, 16:32], images[1])
    np.testing.assert_array_equal(grid[16:, :16], images[3])
    assert (grid[16:, 32:] == 255).all()


def test_showing_without_a_display_is_a_warning(generator, monkeypatch, caplog):
    plt = pytest.importorskip("matplotlib.pyplot")
    monkeypatch.setattr(plt, "get_backend", lambda: "agg")
    with caplog.at_level(logging.WARNING, logger="animegan_tf"):
        generate_image(generator, show=True)
    assert "no display" in caplog.text


def test_grid_is_shown_on_a_display(generator, monkeypatch):
    plt = pytest.importorskip("matplotlib.pyplot")
    plt.switch_backend("agg")
    shown = []
    monkeypatch.setattr(plt, "get_backend", lambda: "qtagg")
    monkeypatch.setattr(
        plt, "show", lambda: shown.append(plt.gca().images[0].get_array().shape)
    )
    generate_image(generator, num_images=4, show=True)
    assert shown == [(32, 32, 3)]
    assert plt.get_fignums() == []


def test_subclassed_generator_needs_latent_dim():
    class Generator(keras.Model):
        def call(self, noise):
            return keras.ops.zeros((keras.ops.shape(noise)[0], 2, 2, 3))

    with pytest.raises(ValueError, match="known length.*latent_dim=None"):
        generate_image(Generator())
    # Mid-gray is 127.5, which rounds up.
    assert (generate_image(Generator(), latent_dim=3) == 128).all()


def test_invalid_arguments_are_refused(generator):
    with pytest.raises(ValueError, match="for photos use Stylizer"):
        generate_image(build_generator("unet", width=4))
    with pytest.raises(
        ValueError, match="`latent_dim` must have the generator's length, 4"
    ):
        generate_image(generator, latent_dim=5)
    with pytest.raises(ValueError, match="`num_images` must be at least 1"):
        generate_image(generator, num_images=0)


def test_given_latents_are_the_noise(generator):
    latents = np.random.default_rng(0).normal(size=(3, 4))
    expected = generate_image(generator, num_images=3)
    assert np.array_equal(generate_image(generator, latents=latents), expected)
    assert len(generate_image(generator, latents=latents[:1].tolist())) == 1


@pytest.mark.parametrize(
    ("latents", "message"),
    [
        (np.zeros((2, 5)), "the generator's length, 4.*a length of 5"),
        (np.zeros(4), r"shape \(4,\)"),
        (np.full((1, 4), np.nan), "must be finite"),
        ([["a"] * 4], "must be numbers"),
    ],
)
def test_latents_of_another_form_are_refused(generator, latents, message):
    with pytest.raises(ValueError, match=f"`latents`.*{message}"):
        generate_image(generator, latents=latents)
