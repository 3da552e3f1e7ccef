import keras
import numpy as np
import pytest

from animegan_tf.models.generators import build_generator

TINY = {"width": 4, "latent_channels": 5}


def _image(height=16, width=24, seed=0):
    rng = np.random.default_rng(seed)
    return rng.uniform(-1, 1, (1, height, width, 3)).astype("float32")


def test_output_has_the_size_of_the_input_and_the_range_of_tanh():
    generator = build_generator("autoencoder", **TINY)
    output = generator(_image())
    assert output.shape == (1, 16, 24, 3)
    assert keras.backend.standardize_dtype(output.dtype) == "float32"
    assert np.abs(output).max() <= 1.0


def test_the_whole_is_the_decoder_of_the_encoder():
    generator = build_generator("autoencoder", **TINY)
    encoder, decoder = (generator.get_layer(name) for name in ("encoder", "decoder"))
    code = encoder(_image())
    assert code.shape == (1, 2, 3, 5)
    np.testing.assert_allclose(decoder(code), generator(_image()), atol=1e-6)


def test_the_image_depends_on_the_code_alone():
    generator = build_generator("autoencoder", **TINY)
    code = generator.get_layer("encoder").get_layer("code")
    code.set_weights([np.zeros_like(weight) for weight in code.get_weights()])
    first, second = generator(_image()), generator(_image(seed=1))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("num_downsamples", [1, 2])
def test_code_is_smaller_by_the_number_of_halvings(num_downsamples):
    generator = build_generator("autoencoder", **TINY, num_downsamples=num_downsamples)
    code = generator.get_layer("encoder")(_image())
    assert code.shape[1:3] == (16 // 2**num_downsamples, 24 // 2**num_downsamples)


@pytest.mark.parametrize("normalization", ["none", "batch", "instance"])
def test_saved_model_gives_the_same_image_and_parts(tmp_path, normalization):
    generator = build_generator("autoencoder", **TINY, normalization=normalization)
    generator.save(tmp_path / "g.keras")
    loaded = keras.saving.load_model(tmp_path / "g.keras")
    np.testing.assert_array_equal(generator(_image()), loaded(_image()))
    assert loaded.get_layer("encoder").output_shape == (None, None, None, 5)


def test_regressing_one_image_lowers_the_error():
    keras.utils.set_random_seed(0)
    generator = build_generator("autoencoder", **TINY, num_downsamples=1)
    generator.compile(keras.optimizers.Adam(1e-2), loss="mae")
    losses = [generator.train_on_batch(_image(), _image()) for _ in range(25)]
    assert losses[-1] < 0.8 * losses[0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"image_shape": (60, 64, 3)}, "divisible by 8"),
        ({"width": 0}, "`width` must be .* width=0"),
        ({"num_downsamples": 0}, "`num_downsamples` must be"),
        ({"latent_channels": 0}, "`latent_channels` must be"),
        ({"normalization": "layer"}, "one of batch, instance, none"),
    ],
)
def test_invalid_options_are_rejected(options, message):
    with pytest.raises(ValueError, match=message):
        build_generator("autoencoder", **options)
