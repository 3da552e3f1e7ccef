import keras
import numpy as np
import pytest

from animegan_tf.models.discriminators.registry import (
    DISCRIMINATORS,
    build_discriminator,
)

SEQUENTIAL = ("conv", "dcgan", "dense")


def _images(*shape, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype("float32")


def _build(name, **options):
    return build_discriminator(name, width=4, **{"image_size": 16} | options)


@pytest.mark.parametrize("name", DISCRIMINATORS)
def test_every_name_builds_by_itself(name):
    shape = build_discriminator(name).input_shape
    assert shape == ((None, 256, 256, 3) if name in SEQUENTIAL else (None,) * 3 + (3,))


@pytest.mark.parametrize("name", SEQUENTIAL)
def test_one_unbounded_logit_per_picture(name):
    model = _build(name)
    assert isinstance(model, keras.Sequential)
    assert model(_images(2, 16, 16, 3)).shape == (2, 1)
    logits = model(1e3 * _images(8, 16, 16, 3))
    assert np.abs(logits).max() > 1.0


@pytest.mark.parametrize("name", DISCRIMINATORS)
def test_probabilities_are_the_sigmoid_of_the_logits(name):
    options = {"width": 4, "image_shape": (16, 16, 3)}
    logits = build_discriminator(name, **options)
    probabilities = build_discriminator(name, **options, from_logits=False)
    probabilities.set_weights(logits.get_weights())
    images = _images(2, 16, 16, 3)
    expected = 1.0 / (1.0 + np.exp(-np.asarray(logits(images))))
    np.testing.assert_allclose(probabilities(images), expected, atol=1e-6)


def test_conv_has_the_parameters_worked_by_hand():
    first, second = 5 * 5 * 3 * 128 + 128, 5 * 5 * 128 * 128 + 128
    # 256 pixels halved twice leave 64x64 positions of 128 channels.
    dense = 64 * 64 * 128 + 1
    count = build_discriminator("conv").count_params()
    assert count == first + second + dense == 943_745


def test_dense_has_the_parameters_worked_by_hand():
    model = build_discriminator("dense", image_size=16, width=8)
    assert model.count_params() == (16 * 16 * 3 * 8 + 8) + (8 * 8 + 8) + (8 + 1)


def test_dcgan_normalizes_all_but_the_first_convolution():
    model = _build("dcgan")
    norms = [layer.name for layer in model.layers if layer.name.endswith("_norm")]
    assert norms == ["level2_norm", "level3_norm", "level4_norm"]
    # Kernels of 4x4; a bias first; four numbers per normalized channel; the logit.
    convolutions = 16 * (3 * 4 + 4 * 8 + 8 * 16 + 16 * 32)
    assert model.count_params() == convolutions + 4 + 4 * (8 + 16 + 32) + 32 + 1


def test_grey_and_oblong_pictures_are_taken_by_their_shape():
    model = build_discriminator("conv", image_shape=(16, 32, 1), width=4)
    assert model(_images(1, 16, 32, 1)).shape == (1, 1)


@pytest.mark.parametrize("name", SEQUENTIAL)
@pytest.mark.parametrize("shape", [(None, None, 3), (16, 16)])
def test_unknown_sizes_are_refused(name, shape):
    with pytest.raises(ValueError, match="`image_shape` must .*height"):
        build_discriminator(name, image_shape=shape)


@pytest.mark.parametrize("name", ["conv", "dense"])
def test_dropout_acts_in_training_alone(name):
    model, images = _build(name), _images(4, 16, 16, 3)
    np.testing.assert_array_equal(model(images), model(images))
    assert not np.array_equal(model(images, training=True), model(images))


@pytest.mark.parametrize("name", SEQUENTIAL)
def test_saved_model_gives_the_same_verdict(tmp_path, name):
    model, images = _build(name), _images(2, 16, 16, 3)
    model(images, training=True)
    model.save(tmp_path / "d.keras")
    loaded = keras.models.load_model(tmp_path / "d.keras")
    np.testing.assert_array_equal(model(images), loaded(images))


@pytest.mark.parametrize("name", SEQUENTIAL)
@pytest.mark.parametrize("from_logits", [True, False])
def test_verdict_stays_float32_under_mixed_precision(name, from_logits):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = _build(name, from_logits=from_logits)
    finally:
        keras.config.set_dtype_policy("float32")
    verdict = model(_images(1, 16, 16, 3))
    assert keras.backend.standardize_dtype(verdict.dtype) == "float32"


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("conv", {"num_downsamples": 0}, "`num_downsamples` must be at least 1"),
        ("conv", {"dropout": 1.0}, r"`dropout` must be in \[0, 1\)"),
        ("dense", {"num_layers": 0}, "`num_layers` must be at least 1"),
        ("dcgan", {"image_size": 0}, "`image_size` must be at least 1"),
    ],
)
def test_impossible_options_are_refused(name, options, message):
    with pytest.raises(ValueError, match=message):
        build_discriminator(name, **options)
