import keras
import numpy as np
import pytest

from animegan_tf.models.layers import (
    AdaptiveInstanceNormalization,
    LayerInstanceNormalization,
)
from animegan_tf.models.layers.conv_block import ConvBlock


def _maps(*shape, seed=0):
    return np.random.default_rng(seed).normal(1.0, 2.0, shape).astype("float32")


def test_features_take_the_mean_and_deviation_of_others():
    style = 3.0 * _maps(2, 5, 4, 3, seed=1) - 7.0
    result = np.asarray(AdaptiveInstanceNormalization(1e-9)(_maps(2, 6, 6, 3), style))
    for axis_mean in ("mean", "std"):
        expected = getattr(style, axis_mean)(axis=(1, 2))
        np.testing.assert_allclose(
            getattr(result, axis_mean)(axis=(1, 2)), expected, rtol=1e-4
        )


def test_adaptive_normalization_of_two_pixels_by_hand():
    # Mean 1 and variance 1; the others have mean 10 and variance 4.
    x = np.array([0.0, 2.0], "float32").reshape(1, 1, 2, 1)
    style = np.array([8.0, 12.0], "float32").reshape(1, 1, 2, 1)
    result = AdaptiveInstanceNormalization(epsilon=5.0)(x, style)
    # sqrt((4 + 5) / (1 + 5)) = 1.2247
    np.testing.assert_allclose(
        np.ravel(result), [10.0 - 1.5**0.5, 10.0 + 1.5**0.5], rtol=1e-6
    )


def test_lade_is_the_formula_of_animegan_v3():
    x = _maps(2, 5, 6, 3)
    photo = keras.Input((None, None, 3))
    model = keras.Model(photo, ConvBlock(normalization="lade").normalize(photo, "c"))
    kernel = _maps(3, 3, seed=2)
    model.get_layer("c_lade").set_weights([kernel[None, None]])
    t = x @ kernel
    mean, variance = x.mean((1, 2), keepdims=True), x.var((1, 2), keepdims=True)
    expected = (x - mean) / np.sqrt(variance + 1e-5)
    expected = expected * np.sqrt(t.var((1, 2), keepdims=True) + 1e-5)
    expected += t.mean((1, 2), keepdims=True)
    np.testing.assert_allclose(model(x), expected, atol=1e-4)
    assert [w.path for w in model.trainable_weights] == ["c_lade/kernel"]


def test_statistics_are_float32_in_half_precision():
    # The squares of these values overflow float16.
    x = 300.0 * _maps(1, 8, 8, 2)
    for layer, inputs in (
        (AdaptiveInstanceNormalization, (x, x[:, ::-1])),
        (LayerInstanceNormalization, (x,)),
    ):
        half = layer(dtype="mixed_float16")(*inputs)
        assert keras.backend.standardize_dtype(half.dtype) == "float16"
        np.testing.assert_allclose(half, layer()(*inputs), rtol=0.01, atol=1.0)


@pytest.mark.parametrize("rho", [0.0, 0.25, 1.0])
def test_lin_blends_instance_and_layer_normalization(rho):
    x = _maps(2, 4, 5, 3)
    layer = LayerInstanceNormalization(rho=rho, epsilon=1e-9)
    layer.build(x.shape)
    layer.gamma.assign([1.0, 2.0, 3.0])
    layer.beta.assign([0.0, 0.0, 5.0])
    parts = [
        (x - x.mean(axes, keepdims=True)) / x.std(axes, keepdims=True)
        for axes in ((1, 2), (1, 2, 3))
    ]
    blend = rho * parts[0] + (1.0 - rho) * parts[1]
    expected = blend * np.array([1.0, 2.0, 3.0]) + np.array([0.0, 0.0, 5.0])
    np.testing.assert_allclose(layer(x), expected, atol=1e-4)


def test_adalin_takes_scale_and_shift_of_each_image():
    x, scale, shift = _maps(2, 4, 5, 3), _maps(2, 3, seed=1), _maps(2, 3, seed=2)
    adaptive = LayerInstanceNormalization(adaptive=True, rho=0.9)
    plain = LayerInstanceNormalization(rho=0.9)
    expected = np.asarray(plain(x)) * scale[:, None, None] + shift[:, None, None]
    np.testing.assert_allclose(adaptive(x, scale, shift), expected, atol=1e-4)
    assert [weight.name for weight in adaptive.weights] == ["rho"]


def test_training_keeps_rho_between_0_and_1():
    layer = LayerInstanceNormalization(rho=0.9)
    layer.build((None, None, None, 2))
    optimizer = keras.optimizers.SGD(1.0)
    optimizer.build([layer.rho])
    optimizer.apply([np.array([-5.0, 5.0], "float32")], [layer.rho])
    np.testing.assert_array_equal(layer.rho.numpy(), [1.0, 0.0])


def test_rho_out_of_range_is_refused():
    with pytest.raises(ValueError, match=r"`rho` must be in \[0, 1\]. Received: rho=2"):
        LayerInstanceNormalization(rho=2)
