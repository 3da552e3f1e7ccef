"""The discriminators of the AnimeGAN family: published sizes and what they do."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.models.discriminators import build_discriminator

NAMES = ("animegan_v1", "animegan_v2", "animegan_v3", "cartoongan", "white_box")


def _images(*shape, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype("float32")


def _as_list(outputs):
    return outputs if isinstance(outputs, list | tuple) else [outputs]


def _small(name, **options):
    defaults = {"width": 4}
    if name == "ugatit":
        defaults = {"width": 2, "num_layers": 4}
    return build_discriminator(name, **defaults | options)


def _shape_counts(name, **options):
    model = build_discriminator(name, **options)
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_variables)


# 3x3 kernels from the image to 32, 64, 128, 128, 256, 256 and 1 channels.
_V1_KERNELS = 9 * (3 * 32 + 32 * 64 + 64 * 128 + 128 * 128 + 128 * 256 + 256**2 + 256)
_V1_NORMS = 2 * (128 + 256 + 256)


@pytest.mark.parametrize("name", ["animegan_v1", "animegan_v2"])
def test_animegan_v1_and_v2_have_the_published_size(name):
    assert _shape_counts(name) == _V1_KERNELS + _V1_NORMS == 1_128_800


def test_animegan_v3_has_the_published_size():
    count = 7 * 7 * 3 * 32
    for before, width in ((32, 32), (64, 64), (128, 128)):
        count += 9 * before * width + width**2
        count += 9 * width * 2 * width + (2 * width) ** 2
    assert _shape_counts("animegan_v3") == count + 256 == 693_088


@pytest.mark.parametrize(("channels", "expected"), [(1, 286_561), (3, 287_137)])
def test_white_box_has_the_published_size_of_grayscale_images(channels, expected):
    count, before = 0, channels
    for width in (32, 64, 128):
        count += 9 * before * width + width + 9 * width**2 + width
        before = width
    assert count + 128 + 1 == expected
    assert _shape_counts("white_box", image_shape=(None, None, channels)) == expected


def test_cartoongan_is_animegan_with_biases():
    biases = 32 + 64 + 128 + 128 + 256 + 256 + 1
    expected = _V1_KERNELS + _V1_NORMS + biases
    assert _shape_counts("cartoongan") == expected == 1_129_665


def test_ugatit_has_two_discriminators_that_share_nothing():
    def branch(num_layers):
        widths = [3] + [64 * 2**index for index in range(num_layers)]
        last = widths[-1]
        count = sum(16 * a * b + b for a, b in zip(widths, widths[1:], strict=False))
        # The map's weights, a 1x1 convolution of both weightings, and the logits.
        return count + last + 2 * last * last + last + 16 * last + 1

    assert _shape_counts("ugatit") == branch(4) + branch(6)


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("animegan_v1", [(2, 6, 7, 1)]),
        ("animegan_v2", [(2, 6, 7, 1)]),
        ("animegan_v3", [(2, 3, 3, 1)]),
        # The last two convolutions do not pad.
        ("cartoongan", [(2, 2, 3, 1)]),
        ("white_box", [(2, 4, 4, 1)]),
        ("ugatit", [(2, 13, 15, 1), (2, 3, 3, 1), (2, 2), (2, 2)]),
    ],
)
def test_shape_of_the_logits_at_odd_sizes(name, shapes):
    outputs = _as_list(_small(name)(_images(2, 27, 31, 3)))
    assert [tuple(logits.shape) for logits in outputs] == shapes


@pytest.mark.parametrize("name", [*NAMES, "ugatit"])
def test_every_trainable_weight_has_a_gradient(name):
    model = _small(name)
    with tf.GradientTape() as tape:
        outputs = _as_list(model(_images(2, 48, 48, 3), training=True))
        loss = sum(tf.reduce_sum(tf.square(logits - 1.0)) for logits in outputs)
    gradients = tape.gradient(loss, [v.value for v in model.trainable_variables])
    for weight, gradient in zip(model.trainable_variables, gradients, strict=True):
        # A bias before a normalization over the image has none.
        cancelled = name == "cartoongan" and "bias" in weight.path
        assert gradient is not None, weight.path
        assert cancelled or float(tf.reduce_max(tf.abs(gradient))) > 0, weight.path


@pytest.mark.parametrize("name", [*NAMES, "ugatit"])
def test_saved_model_gives_the_same_logits(tmp_path, name):
    model, images = _small(name), _images(2, 32, 32, 3)
    model(images, training=True)
    model.save(tmp_path / "d.keras")
    loaded = keras.models.load_model(tmp_path / "d.keras")
    for one, other in zip(
        _as_list(model(images)), _as_list(loaded(images)), strict=True
    ):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", [*NAMES, "ugatit"])
def test_logits_stay_float32_under_mixed_precision(name):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = _small(name)
    finally:
        keras.config.set_dtype_policy("float32")
    for logits in _as_list(model(_images(1, 32, 32, 3))):
        assert keras.backend.standardize_dtype(logits.dtype) == "float32"
        assert np.isfinite(logits).all()


@pytest.mark.parametrize("name", ["animegan_v1", "animegan_v2", "animegan_v3"])
def test_strided_convolutions_pad_at_the_top_and_left(name):
    padding = _small(name).get_layer("level1_down_pad").padding
    assert tuple(tuple(sides) for sides in padding) == ((1, 0), (1, 0))


@pytest.mark.parametrize("name", ["animegan_v1", "animegan_v3", "ugatit"])
def test_without_spectral_norm_the_logits_grow_with_the_kernels(name):
    images = _images(1, 32, 32, 3)
    growth = {}
    for spectral_norm in (True, False):
        model = _small(name, spectral_norm=spectral_norm)
        before = np.abs(_as_list(model(images))[0]).max()
        for weight in model.trainable_variables:
            if "logits" in weight.path:
                weight.assign(10.0 * weight)
        growth[spectral_norm] = np.abs(_as_list(model(images))[0]).max() / before
    assert growth[True] == pytest.approx(1.0, rel=1e-4)
    assert growth[False] == pytest.approx(10.0, rel=1e-4)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("animegan_v1", {"normalization": "batch"}, "must be one of instance, layer"),
        ("animegan_v2", {"width": 0}, "`width` must be"),
        ("animegan_v3", {"num_downsamples": 0}, "`num_downsamples` must be"),
        ("cartoongan", {"normalization": "layer"}, "must be one of batch, instance"),
        ("ugatit", {"num_layers": 3}, "`num_layers` must be at least 4. Received"),
        ("white_box", {"width": 0}, "`width` must be"),
    ],
)
def test_options_out_of_range_are_rejected(name, options, message):
    with pytest.raises(ValueError, match=message):
        build_discriminator(name, **options)
