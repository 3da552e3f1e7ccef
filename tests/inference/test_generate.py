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


def test_pictures_are_levels_and_follow_from_the_seed(generator):
    images = generate_image(generator, num_images=3)
    assert images.shape == (3, 16, 16, 3)
    assert images.dtype == np.uint8
    np.testing.assert_array_equal(images, generate_image(generator, num_images=3))
    assert not np.array_equal(images, generate_image(generator, num_images=3, seed=1))


def test_more_pictures_begin_with_the_same_ones(generator):
    few, many = (generate_image(generator, num_images=n) for n in (2, 5))
    np.testing.assert_array_equal(few, many[:2])


def test_pictures_are_the_generator_s_in_inference(generator):
    noise = np.random.default_rng(7).normal(size=(1, 4)).astype("float32")
    expected = 127.5 * (np.asarray(generator(noise, training=False)) + 1.0)
    image = generate_image(generator, seed=7)
    np.testing.assert_allclose(image, expected, atol=0.51)


def test_one_picture_is_written_as_it_is(generator, tmp_path):
    image = generate_image(generator, path=tmp_path / "one.png")
    np.testing.assert_array_equal(read_image(tmp_path / "one.png"), image[0])
    # The mark in the metadata that tells programs who drew it.
    assert b"trainedAlgorithmicMedia" in (tmp_path / "one.png").read_bytes()


def test_several_are_written_as_a_sheet_of_rows(generator, tmp_path):
    images = generate_image(generator, num_images=5, path=tmp_path / "sheet.png")
    sheet = read_image(tmp_path / "sheet.png")
    assert sheet.shape == (2 * 16, 3 * 16, 3)
    np.testing.assert_array_equal(sheet[:16, 16:32], images[1])
    np.testing.assert_array_equal(sheet[16:, :16], images[3])
    assert (sheet[16:, 32:] == 255).all()


def test_showing_without_a_display_is_a_warning(generator, monkeypatch, caplog):
    plt = pytest.importorskip("matplotlib.pyplot")
    monkeypatch.setattr(plt, "get_backend", lambda: "agg")
    with caplog.at_level(logging.WARNING, logger="animegan_tf"):
        generate_image(generator, show=True)
    assert "no display" in caplog.text


def test_with_a_display_the_sheet_is_shown(generator, monkeypatch):
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


def test_a_subclassed_generator_needs_the_length_of_its_noise():
    class Generator(keras.Model):
        def call(self, noise):
            return keras.ops.zeros((keras.ops.shape(noise)[0], 2, 2, 3))

    with pytest.raises(ValueError, match="known length.*latent_dim=None"):
        generate_image(Generator())
    # Mid-grey is 127.5, which rounds up.
    assert (generate_image(Generator(), latent_dim=3) == 128).all()


def test_what_does_not_fit_is_refused(generator):
    with pytest.raises(ValueError, match="photos are for Stylizer"):
        generate_image(build_generator("unet", width=4))
    with pytest.raises(ValueError, match="`latent_dim` must be .* 4. Received"):
        generate_image(generator, latent_dim=5)
    with pytest.raises(ValueError, match="`num_images` must be at least 1"):
        generate_image(generator, num_images=0)
