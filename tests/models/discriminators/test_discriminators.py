import keras
import numpy as np
import pytest

from animegan_tf.models.discriminators import (
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
def test_one_unbounded_logit_per_image(name):
    model = _build(name)
    assert isinstance(model, keras.Sequential)
    assert model(_images(2, 16, 16, 3)).shape == (2, 1)
    logits = model(1e3 * _images(8, 16, 16, 3))
    assert np.abs(logits).max() > 1.0


@pytest.mark.parametrize("name", [*SEQUENTIAL, "patch"])
def test_probabilities_are_the_sigmoid_of_the_logits(name):
    options = {"width": 4, "image_shape": (16, 16, 3)}
    logits = build_discriminator(name, **options)
    probabilities = build_discriminator(name, **options, from_logits=False)
    probabilities.set_weights(logits.get_weights())
    images = _images(2, 16, 16, 3)
    expected = 1.0 / (1.0 + np.exp(-np.asarray(logits(images))))
    np.testing.assert_allclose(probabilities(images), expected, atol=1e-6)


def test_conv_has_the_expected_number_of_parameters():
    first, second = 5 * 5 * 3 * 128 + 128, 5 * 5 * 128 * 128 + 128
    # 256 pixels halved twice leave 64x64 positions of 128 channels.
    dense = 64 * 64 * 128 + 1
    count = build_discriminator("conv").count_params()
    assert count == first + second + dense == 943_745


def test_dense_has_the_expected_number_of_parameters():
    model = build_discriminator("dense", image_size=16, width=8)
    assert model.count_params() == (16 * 16 * 3 * 8 + 8) + (8 * 8 + 8) + (8 + 1)


def test_dcgan_normalizes_all_but_the_first_convolution():
    model = _build("dcgan")
    norms = [layer.name for layer in model.layers if layer.name.endswith("_norm")]
    assert norms == ["level2_norm", "level3_norm", "level4_norm"]
    # Kernels of 4x4; a bias first; four numbers per normalized channel; the logit.
    convolutions = 16 * (3 * 4 + 4 * 8 + 8 * 16 + 16 * 32)
    assert model.count_params() == convolutions + 4 + 4 * (8 + 16 + 32) + 32 + 1


def test_grayscale_and_rectangular_images_are_accepted():
    model = build_discriminator("conv", image_shape=(16, 32, 1), width=4)
    assert model(_images(1, 16, 32, 1)).shape == (1, 1)


@pytest.mark.parametrize("name", SEQUENTIAL)
@pytest.mark.parametrize("shape", [(None, None, 3), (16, 16)])
def test_unknown_sizes_are_rejected(name, shape):
    with pytest.raises(ValueError, match="`image_shape` must .*height"):
        build_discriminator(name, image_shape=shape)


@pytest.mark.parametrize("name", ["conv", "dense"])
def test_dropout_is_active_in_training_only(name):
    model, images = _build(name), _images(4, 16, 16, 3)
    np.testing.assert_array_equal(model(images), model(images))
    assert not np.array_equal(model(images, training=True), model(images))


@pytest.mark.parametrize("name", SEQUENTIAL)
def test_saved_model_gives_the_same_logits(tmp_path, name):
    model, images = _build(name), _images(2, 16, 16, 3)
    model(images, training=True)
    model.save(tmp_path / "d.keras")
    loaded = keras.models.load_model(tmp_path / "d.keras")
    np.testing.assert_array_equal(model(images), loaded(images))


@pytest.mark.parametrize("name", SEQUENTIAL)
@pytest.mark.parametrize("from_logits", [True, False])
def test_output_stays_float32_under_mixed_precision(name, from_logits):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = _build(name, from_logits=from_logits)
    finally:
        keras.config.set_dtype_policy("float32")
    output = model(_images(1, 16, 16, 3))
    assert keras.backend.standardize_dtype(output.dtype) == "float32"


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("conv", {"num_downsamples": 0}, "`num_downsamples` must be at least 1"),
        ("conv", {"dropout": 1.0}, r"`dropout` must be in \[0, 1\)"),
        ("dense", {"num_layers": 0}, "`num_layers` must be at least 1"),
        ("dcgan", {"image_size": 0}, "`image_size` must be at least 1"),
    ],
)
def test_options_out_of_range_are_rejected(name, options, message):
    with pytest.raises(ValueError, match=message):
        build_discriminator(name, **options)


def test_the_patch_discriminator_has_the_published_size():
    # AnimeGAN's 1,128,800 less its 1,280 normalization weights, plus 865 biases.
    model = build_discriminator("patch")
    count = sum(int(np.prod(weight.shape)) for weight in model.trainable_variables)
    assert count == 1_128_800 - 1_280 + 865


@pytest.mark.parametrize(
    ("options", "shape"),
    [
        ({}, (2, 4, 5, 1)),
        ({"num_downsamples": 1}, (2, 7, 9, 1)),
        ({"num_downsamples": 3}, (2, 2, 3, 1)),
        ({"spectral_norm": False}, (2, 4, 5, 1)),
        ({"image_shape": (14, 18, 3)}, (2, 4, 5, 1)),
    ],
)
def test_one_logit_per_patch(options, shape):
    model = build_discriminator("patch", width=4, **options)
    assert model(_images(2, 14, 18, 3)).shape == shape


def test_the_patch_discriminator_accepts_grayscale_images():
    model = build_discriminator("patch", image_shape=(None, None, 1), width=4)
    assert model(_images(1, 8, 8, 1)).shape == (1, 2, 2, 1)


def test_a_logit_depends_on_its_patch_of_37_pixels_alone():
    model = build_discriminator("patch", width=4)
    image = _images(1, 64, 64, 3)
    row, column = 8, 8
    logit = model(image)[0, row, column, 0]
    # A stride-2 convolution pads an even size below alone, so position 8 at 1/4 is
    # centered on pixel 35: 18 pixels each way make the patch.
    changed = {}
    for pixel in (16, 17, 53, 54):
        moved = image.copy()
        moved[0, pixel, :, :] += 1.0
        changed[pixel] = float(model(moved)[0, row, column, 0]) != float(logit)
    assert changed == {16: False, 17: True, 53: True, 54: False}


def test_images_of_a_batch_do_not_mix():
    model = build_discriminator("patch", width=4)
    first, second = _images(1, 16, 16, 3), _images(1, 16, 16, 3, seed=1)
    together = model(np.concatenate([first, second]))
    np.testing.assert_allclose(together[:1], model(first), atol=1e-6)


def test_spectral_norm_is_invariant_to_the_scale_of_kernels():
    model = build_discriminator("patch", width=4)
    image = _images(1, 16, 16, 3)
    before = model(image)
    for weight in model.trainable_variables:
        if weight.name == "kernel":
            weight.assign(weight * 7.0)
    np.testing.assert_allclose(model(image), before, rtol=1e-4, atol=1e-6)


def test_a_call_in_training_mode_keeps_the_trainable_weights():
    model = build_discriminator("patch", width=4)
    before = [weight.numpy().copy() for weight in model.trainable_variables]
    model(_images(1, 16, 16, 3), training=True)
    for weight, value in zip(model.trainable_variables, before, strict=True):
        np.testing.assert_array_equal(weight.numpy(), value)


def test_patch_logits_stay_float32_under_mixed_precision():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = build_discriminator("patch", width=4)
    finally:
        keras.config.set_dtype_policy("float32")
    logits = model(_images(1, 16, 16, 3))
    assert keras.backend.standardize_dtype(logits.dtype) == "float32"


@pytest.mark.parametrize("spectral_norm", [True, False])
def test_saved_patch_model_gives_the_same_logits(tmp_path, spectral_norm):
    model = build_discriminator("patch", width=4, spectral_norm=spectral_norm)
    image = _images(1, 16, 16, 3)
    model(image, training=True)
    model.save(tmp_path / "discriminator.keras")
    loaded = keras.models.load_model(tmp_path / "discriminator.keras")
    np.testing.assert_array_equal(model(image), loaded(image))


@pytest.mark.parametrize("option", ["width", "num_downsamples"])
def test_numbers_below_one_are_rejected(option):
    with pytest.raises(ValueError, match=f"`{option}` must be .* {option}=0"):
        build_discriminator("patch", **{option: 0})


def test_an_unknown_name_is_reported_with_the_known_ones():
    known = ", ".join(DISCRIMINATORS)
    with pytest.raises(ValueError, match=f"{known}. Did you mean 'patch'"):
        build_discriminator("pacth")


@pytest.mark.parametrize("shape", [(64, 64), 64, (0, 64, 3), ("64", 64, 3)])
def test_an_invalid_shape_is_rejected(shape):
    with pytest.raises(ValueError, match="`image_shape` must .*Received: image_shape="):
        build_discriminator("patch", image_shape=shape)


def test_invalid_options_are_rejected_with_the_closest_one():
    with pytest.raises(ValueError, match="`widht`. Did you mean 'width'.*slope"):
        build_discriminator("patch", widht=4)
    with pytest.raises(ValueError, match="`spectral_norm` must be true or false"):
        build_discriminator("patch", spectral_norm="yes")
    with pytest.raises(ValueError, match="`width` must be an integer.*width=True"):
        build_discriminator("patch", width=True)
