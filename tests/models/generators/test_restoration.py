import keras
import numpy as np
import pytest

from animegan_tf.models.generators import build_generator

TINY = {"width": 4, "num_blocks": 1}


@pytest.fixture
def photo():
    rng = np.random.default_rng(0)
    return rng.uniform(-1, 1, (1, 24, 32, 3)).astype("float32")


def _trained():
    """Build a network whose correction is no longer zero."""
    generator = build_generator("restoration", **TINY)
    kernel = generator.get_layer("correction").kernel
    rng = np.random.default_rng(1)
    kernel.assign(rng.normal(0, 0.2, kernel.shape))
    return generator


def test_the_untrained_network_is_the_identity(photo):
    generator = build_generator("restoration", **TINY)
    np.testing.assert_array_equal(generator(photo), photo)


def test_sound_pixels_lose_nothing_under_mixed_precision(photo):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        image = build_generator("restoration", **TINY)(photo)
    finally:
        keras.config.set_dtype_policy("float32")
    assert keras.backend.standardize_dtype(image.dtype) == "float32"
    np.testing.assert_array_equal(image, photo)


def test_every_pixel_can_be_corrected(photo):
    image = _trained()(photo)
    assert image.shape == photo.shape
    assert (np.abs(image - photo) > 1e-4).mean() > 0.95


def test_tile_of_a_image_equals_the_region_of_the_whole():
    generator = _trained()
    rng = np.random.default_rng(0)
    image = rng.uniform(-1, 1, (1, 32, 256, 3)).astype("float32")
    whole, tile = generator(image), generator(image[:, :, 64:])
    np.testing.assert_allclose(whole[:, :, 160:], tile[:, :, 96:], atol=1e-5)


def test_saved_network_gives_the_same_image(photo, tmp_path):
    generator = _trained()
    generator.save(tmp_path / "generator.keras")
    loaded = keras.saving.load_model(tmp_path / "generator.keras")
    np.testing.assert_array_equal(loaded(photo), generator(photo))


def test_invalid_arguments_are_rejected():
    with pytest.raises(ValueError, match="divisible by 8|multiple"):
        build_generator("restoration", image_shape=(20, 16, 3))
    with pytest.raises(ValueError, match="`num_blocks`"):
        build_generator("restoration", num_blocks=0)
