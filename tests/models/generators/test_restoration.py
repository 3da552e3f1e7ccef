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


def test_untrained_network_leaves_every_picture_alone(photo):
    generator = build_generator("restoration", **TINY)
    np.testing.assert_array_equal(generator(photo), photo)


def test_sound_pixels_lose_nothing_under_mixed_precision(photo):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        picture = build_generator("restoration", **TINY)(photo)
    finally:
        keras.config.set_dtype_policy("float32")
    assert keras.backend.standardize_dtype(picture.dtype) == "float32"
    np.testing.assert_array_equal(picture, photo)


def test_every_pixel_can_be_corrected(photo):
    picture = _trained()(photo)
    assert picture.shape == photo.shape
    assert (np.abs(picture - photo) > 1e-4).mean() > 0.95


def test_tile_of_a_picture_equals_the_region_of_the_whole():
    generator = _trained()
    rng = np.random.default_rng(0)
    picture = rng.uniform(-1, 1, (1, 32, 256, 3)).astype("float32")
    whole, tile = generator(picture), generator(picture[:, :, 64:])
    np.testing.assert_allclose(whole[:, :, 160:], tile[:, :, 96:], atol=1e-5)


def test_saved_network_draws_the_same_picture(photo, tmp_path):
    generator = _trained()
    generator.save(tmp_path / "generator.keras")
    loaded = keras.saving.load_model(tmp_path / "generator.keras")
    np.testing.assert_array_equal(loaded(photo), generator(photo))


def test_senseless_arguments_are_refused():
    with pytest.raises(ValueError, match="divisible by 8|multiple"):
        build_generator("restoration", image_shape=(20, 16, 3))
    with pytest.raises(ValueError, match="`num_blocks`"):
        build_generator("restoration", num_blocks=0)
