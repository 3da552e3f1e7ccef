import keras
import numpy as np
import pytest

from animegan_tf.models.generators.animegan_v2 import build_animegan_v2_generator


def _photo(height=16, width=24, seed=0):
    random = np.random.default_rng(seed)
    return random.uniform(-1, 1, (1, height, width, 3)).astype("float32")


@pytest.fixture(scope="module")
def generator():
    return build_animegan_v2_generator(width=4)


def test_published_size():
    # Counted by hand from the published layer table: every norm has a scale and an
    # offset per channel, only depthwise convolutions have a bias.
    model = build_animegan_v2_generator()
    counts = {"kernel": 0, "bias": 0, "gamma": 0, "beta": 0}
    for weight in model.trainable_variables:
        counts[weight.name] += int(np.prod(weight.shape))
    assert counts == {"kernel": 2_130_368, "bias": 1_792, "gamma": 5_696, "beta": 5_696}
    assert model.count_params() == 2_143_552


@pytest.mark.parametrize(("height", "width"), [(8, 8), (16, 24), (20, 12)])
def test_output_has_the_size_of_the_input_within_the_range(generator, height, width):
    output = generator(_photo(height, width))
    assert output.shape == (1, height, width, 3)
    assert float(np.max(np.abs(output))) <= 1.0


def test_normalization_is_over_height_width_and_channels_jointly():
    model = build_animegan_v2_generator(width=4)
    norm = model.get_layer("a_conv1_norm")
    x = np.random.default_rng(3).normal(2.0, 3.0, (2, 5, 6, 4)).astype("float32")
    mean = x.mean(axis=(1, 2, 3), keepdims=True)
    variance = x.var(axis=(1, 2, 3), keepdims=True)
    expected = (x - mean) / np.sqrt(variance + 1e-5)
    np.testing.assert_allclose(norm(x), expected, atol=1e-5)


def test_images_of_a_batch_do_not_mix(generator):
    first, second = _photo(), _photo(seed=1)
    together = generator(np.concatenate([first, second]))
    np.testing.assert_allclose(together[:1], generator(first), atol=1e-5)


def test_strides_pad_below_and_right_alone(generator):
    for name in ("a_down_pad", "b_down_pad"):
        assert generator.get_layer(name).padding == ((0, 1), (0, 1))


def test_saved_model_gives_the_same_image(generator, tmp_path):
    generator.save(tmp_path / "generator.keras")
    loaded = keras.models.load_model(tmp_path / "generator.keras")
    np.testing.assert_array_equal(generator(_photo()), loaded(_photo()))


def test_output_stays_float32_under_mixed_precision(generator):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        mixed = build_animegan_v2_generator(width=4)
    finally:
        keras.config.set_dtype_policy("float32")
    mixed.set_weights(generator.get_weights())
    output = mixed(_photo())
    assert keras.backend.standardize_dtype(output.dtype) == "float32"
    np.testing.assert_allclose(output, generator(_photo()), atol=0.2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"image_shape": (30, 32, 3)}, "divisible by 4"),
        ({"width": 0}, "`width` must be at least 1. Received: width=0"),
    ],
)
def test_invalid_options_are_rejected(options, message):
    with pytest.raises(ValueError, match=message):
        build_animegan_v2_generator(**options)
