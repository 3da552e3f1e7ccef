import keras
import numpy as np
import pytest

from animegan_tf.models.generators import build_generator

TINY = {"width": 4, "num_blocks": 1}


def _image(height=16, width=24, batch=1, seed=0):
    rng = np.random.default_rng(seed)
    return rng.uniform(-1, 1, (batch, height, width, 3)).astype("float32")


@pytest.mark.parametrize("upsampling", ["transpose", "resize"])
def test_output_has_the_size_of_the_input_and_the_range_of_tanh(upsampling):
    output = build_generator("resnet", **TINY, upsampling=upsampling)(_image())
    assert output.shape == (1, 16, 24, 3)
    assert keras.backend.standardize_dtype(output.dtype) == "float32"
    assert np.abs(output).max() <= 1.0


def test_default_is_the_published_network():
    # c7-64, d128, d256, nine blocks of two 3x3, u128, u64, c7-3, each with its bias.
    expected = 7 * 7 * 3 * 64 + 64
    expected += 9 * 64 * 128 + 128 + 9 * 128 * 256 + 256
    expected += 9 * 2 * (9 * 256 * 256 + 256)
    expected += 9 * 256 * 128 + 128 + 9 * 128 * 64 + 64
    expected += 7 * 7 * 64 * 3 + 3
    assert build_generator("resnet").count_params() == expected == 11_378_179


def test_six_blocks_have_three_pairs_of_convolutions_less():
    nine, six = (build_generator("resnet", width=4, num_blocks=n) for n in (9, 6))
    pair = 2 * (9 * 16 * 16 + 16)
    assert nine.count_params() - six.count_params() == 3 * pair


def test_instance_norm_removes_the_contrast_of_the_image():
    generator = build_generator("resnet", **TINY)
    stem = generator.get_layer("stem")
    kernel, bias = stem.get_weights()
    stem.set_weights([kernel, np.zeros_like(bias)])
    np.testing.assert_allclose(
        generator(_image()), generator(0.5 * _image()), atol=1e-2
    )


def test_images_of_a_batch_do_not_mix():
    generator = build_generator("resnet", **TINY)
    together = generator(_image(batch=2), training=True)
    alone = generator(_image(batch=2)[:1], training=True)
    np.testing.assert_allclose(together[:1], alone, atol=1e-5)


@pytest.mark.parametrize("normalization", ["instance", "batch", "none"])
def test_saved_model_gives_the_same_image(tmp_path, normalization):
    generator = build_generator("resnet", **TINY, normalization=normalization)
    generator(_image(), training=True)
    generator.save(tmp_path / "g.keras")
    loaded = keras.saving.load_model(tmp_path / "g.keras")
    np.testing.assert_array_equal(generator(_image()), loaded(_image()))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"image_shape": (30, 32, 3)}, "divisible by 4"),
        ({"num_blocks": 0}, "`num_blocks` must be"),
        ({"width": 0}, "`width` must be"),
        ({"upsampling": "bicubic"}, "one of transpose, resize"),
        ({"normalization": "layer"}, "one of batch, instance, none"),
    ],
)
def test_invalid_options_are_rejected(options, message):
    with pytest.raises(ValueError, match=message):
        build_generator("resnet", **options)
