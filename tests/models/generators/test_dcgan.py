import keras
import numpy as np
import pytest

from animegan_tf.models.generators import build_generator

TINY = {"latent_dim": 4, "image_size": 16, "width": 4}


def _noise(count=2, length=4, seed=0):
    return np.random.default_rng(seed).normal(size=(count, length)).astype("float32")


@pytest.mark.parametrize("size", [16, 32, 64])
@pytest.mark.parametrize("upsampling", ["transpose", "resize"])
def test_images_have_the_requested_size_and_the_range_of_tanh(size, upsampling):
    generator = build_generator(
        "dcgan", latent_dim=4, image_size=size, width=4, upsampling=upsampling
    )
    images = generator(10.0 * _noise())
    assert images.shape == (2, size, size, 3)
    assert keras.backend.standardize_dtype(images.dtype) == "float32"
    assert np.abs(images).max() <= 1.0


def test_default_goes_from_100_numbers_to_256_pixels_in_a_sequential_model():
    generator = build_generator("dcgan")
    assert isinstance(generator, keras.Sequential)
    assert generator.input_shape == (None, 100)
    assert generator.output_shape == (None, 256, 256, 3)


def test_parameters_of_32_pixels_are_those_worked_by_hand():
    generator = build_generator("dcgan", image_size=32, batch_norm=False)
    project = 100 * 8 * 8 * 128 + 8 * 8 * 128
    up16 = 5 * 5 * 128 * 64 + 64
    up32 = 5 * 5 * 64 * 32 + 32
    output = 7 * 7 * 32 * 3 + 3
    assert generator.count_params() == project + up16 + up32 + output


def test_batch_norm_replaces_each_bias_by_a_scale_a_shift_and_two_statistics():
    plain = build_generator("dcgan", **TINY, batch_norm=False)
    normalized = build_generator("dcgan", **TINY)
    # Biases: 8*8*4 of the projection, 4 of the doubling. Norms: on two maps of 4.
    change = -(8 * 8 * 4 + 4) + 2 * 4 * 4
    assert normalized.count_params() == plain.count_params() + change


def test_different_noise_gives_different_images():
    first, second = np.asarray(build_generator("dcgan", **TINY)(_noise()))
    assert np.abs(first - second).max() > 1e-3


@pytest.mark.parametrize("upsampling", ["transpose", "resize"])
def test_saved_model_gives_the_same_images(tmp_path, upsampling):
    generator = build_generator("dcgan", **TINY, upsampling=upsampling)
    generator(_noise(), training=True)
    generator.save(tmp_path / "g.keras")
    loaded = keras.saving.load_model(tmp_path / "g.keras")
    assert isinstance(loaded, keras.Sequential)
    np.testing.assert_array_equal(generator(_noise()), loaded(_noise()))


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("image_size", 8),
        ("image_size", 48),
        ("latent_dim", 0),
        ("width", 0),
        ("upsampling", "bicubic"),
    ],
)
def test_invalid_options_are_rejected(option, value):
    with pytest.raises(ValueError, match=f"`{option}` must be .* {option}={value!r}"):
        build_generator("dcgan", **{option: value})
