import keras
import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.models.layers import SpectralNormConv2D


def _images(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def _sigma(layer):
    """Return the largest singular value of the kernel that the layer convolves with."""
    channels, filters = layer.kernel.shape[2:]
    size = layer.kernel_size
    # The response to an impulse is the flipped kernel.
    impulses = np.zeros((channels, 2 * size - 1, 2 * size - 1, channels), "float32")
    impulses[range(channels), size - 1, size - 1, range(channels)] = 1.0
    answer = keras.ops.convert_to_numpy(layer(impulses, training=False))
    return np.linalg.svd(answer.reshape(-1, filters), compute_uv=False)[0]


def test_the_spectral_norm_of_the_effective_kernel_converges_to_1():
    # Two largest singular values close together would make the iteration slow.
    keras.utils.set_random_seed(0)
    layer = SpectralNormConv2D(6, 3, use_bias=False)
    image = _images(1, 4, 4, 5)
    for _ in range(60):
        layer(image, training=True)
    assert _sigma(layer) == pytest.approx(1.0, abs=1e-3)


def test_spectral_norm_of_a_diagonal_kernel_by_hand():
    layer = SpectralNormConv2D(2, 1, use_bias=False)
    layer.build((None, None, None, 2))
    layer.kernel.assign(np.diag([4.0, 1.0])[None, None])
    layer.u.assign([[1.0], [0.0]])
    output = layer(np.array([[[[8.0, 8.0]]]], "float32"), training=False)
    np.testing.assert_allclose(output, [[[[8.0, 2.0]]]], rtol=1e-6)


def test_only_training_calls_update_u_and_nothing_else():
    layer = SpectralNormConv2D(4, 3)
    image = _images(1, 5, 5, 3)
    layer(image, training=False)
    before = [weight.numpy().copy() for weight in layer.weights]
    layer(image, training=False)
    for weight, value in zip(layer.weights, before, strict=True):
        np.testing.assert_array_equal(weight.numpy(), value)
    trained = layer(image, training=True)
    for weight, value in zip(layer.weights, before, strict=True):
        moved = not np.array_equal(weight.numpy(), value)
        assert moved == (weight.name == "u")
    np.testing.assert_array_equal(layer(image, training=False), trained)


def test_a_frozen_layer_does_not_update_u():
    layer = SpectralNormConv2D(4, 3, trainable=False)
    image = _images(1, 5, 5, 3)
    layer(image)
    before = layer.u.numpy().copy()
    layer(image, training=True)
    np.testing.assert_array_equal(layer.u.numpy(), before)


def test_gradient_flows_through_the_norm():
    layer = SpectralNormConv2D(4, 3, use_bias=False)
    image = _images(1, 5, 5, 3)
    layer(image)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(image, training=True) ** 2)
    gradient = tape.gradient(loss, layer.kernel.value)
    # W / sigma(W) ignores the length of W, so no gradient lies along W.
    along = float(tf.reduce_sum(gradient * layer.kernel.value))
    assert along == pytest.approx(0.0, abs=1e-4 * float(tf.norm(gradient)))
    assert float(tf.norm(gradient)) > 1e-3
    assert [weight.name for weight in layer.trainable_variables] == ["kernel"]


@pytest.mark.parametrize("dtype", ["mixed_bfloat16", "mixed_float16"])
def test_the_norm_is_computed_in_float32_under_mixed_precision(dtype):
    layer = SpectralNormConv2D(4, 3, dtype=dtype)
    layer.build((None, None, None, 3))
    # Squares of such a kernel overflow float16.
    layer.kernel.assign(layer.kernel * 1e4)
    image = _images(1, 5, 5, 3)
    reference = SpectralNormConv2D(4, 3)
    reference.build((None, None, None, 3))
    reference.set_weights(layer.get_weights())
    output = layer(image, training=True)
    assert keras.backend.standardize_dtype(output.dtype) == dtype.removeprefix("mixed_")
    assert {weight.dtype for weight in layer.weights} == {"float32"}
    expected = reference(image, training=True)
    np.testing.assert_allclose(tf.cast(output, tf.float32), expected, atol=0.03)
    np.testing.assert_array_equal(layer.u.numpy(), reference.u.numpy())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"filters": 0}, "`filters` must be"),
        ({"kernel_size": (3, 3)}, "`kernel_size` must be"),
        ({"strides": 1.0}, "`strides` must be"),
        ({"padding": "reflect"}, "`padding` must be 'same' or 'valid'"),
    ],
)
def test_invalid_convolutions_are_rejected(options, message):
    with pytest.raises(ValueError, match=message):
        SpectralNormConv2D(**{"filters": 4, "kernel_size": 3} | options)
