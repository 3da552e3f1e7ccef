import keras
import numpy as np
import pytest

from animegan_tf.models.layers import ClassActivationMap, ExternalAttention


def _maps(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def test_external_attention_is_the_double_normalization_written_out():
    x, table = _maps(2, 3, 4, 5), _maps(5, 6, seed=1)
    layer = ExternalAttention(slots=6)
    layer.build(x.shape)
    layer.kernel.assign(table)
    expected = np.empty_like(x)
    for image, result in zip(x, expected, strict=True):
        products = image.reshape(12, 5) @ table
        shares = np.exp(products)
        for slot in range(6):
            shares[:, slot] /= shares[:, slot].sum()
        for pixel in range(12):
            shares[pixel] /= shares[pixel].sum() + 1e-9
        result[:] = (shares @ table.T).reshape(3, 4, 5)
    np.testing.assert_allclose(layer(x), expected, atol=1e-5)


def test_uniform_images_get_the_mean_of_the_slots():
    # Every share is 1 / slots, whatever the color.
    layer = ExternalAttention(slots=4)
    result = layer(np.full((1, 6, 7, 3), 2.5, "float32"))
    expected = layer.kernel.numpy().mean(axis=1)
    np.testing.assert_allclose(result, np.broadcast_to(expected, (1, 6, 7, 3)), 1e-5)


def test_class_activation_map_by_hand():
    # Means 2 and 10, maxima 3 and 16; weights 1 and -1.
    x = np.array([[1.0, 4.0], [3.0, 16.0]], "float32").reshape(1, 1, 2, 2)
    layer = ClassActivationMap()
    layer.build(x.shape)
    layer.kernel.assign([[1.0], [-1.0]])
    weighted, logits = layer(x)
    np.testing.assert_allclose(logits, [[-8.0, -13.0]])
    np.testing.assert_allclose(weighted[0, 0], [[1, -4, 1, -4], [3, -16, 3, -16]])


def test_spectral_norm_makes_the_weights_a_unit_vector():
    layer = ClassActivationMap(spectral_norm=True)
    x = np.ones((1, 2, 2, 2), "float32")
    layer.build(x.shape)
    layer.kernel.assign([[3.0], [4.0]])
    weighted, logits = layer(x)
    np.testing.assert_allclose(logits, [[1.4, 1.4]], rtol=1e-6)
    np.testing.assert_allclose(weighted[0, 0, 0], [0.6, 0.8, 0.6, 0.8], rtol=1e-6)


@pytest.mark.parametrize("layer", [ExternalAttention, ClassActivationMap])
def test_attention_in_half_precision_stays_close(layer):
    x = _maps(1, 9, 9, 8)
    half, full = layer(dtype="mixed_bfloat16"), layer()
    for one in (half, full):
        one.build(x.shape)
    half.set_weights(full.get_weights())
    results = [keras.tree.flatten(one(x)) for one in (half, full)]
    for one, other in zip(*results, strict=True):
        np.testing.assert_allclose(keras.ops.cast(one, "float32"), other, atol=0.1)


def test_slots_below_one_are_refused():
    with pytest.raises(ValueError, match="`slots` must be at least 1. Received"):
        ExternalAttention(slots=0)
