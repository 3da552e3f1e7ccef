import keras
import numpy as np
import pytest
from keras import layers

from animegan_tf.models.features.chain import build_feature_chain

NAMES = ("block1_conv1", "block1_conv2", "block2_conv1", "block3_conv1")
IMAGE = np.random.default_rng(0).uniform(-1, 1, (1, 8, 12, 3)).astype("float32")


def _negate(x, layer):
    return layers.Rescaling(-1.0, name=layer)(x)


def _build(outputs=NAMES, convolve=_negate, **options):
    preprocessing = layers.Rescaling(2.0, name="preprocessing")
    return build_feature_chain(
        NAMES, convolve, outputs=outputs, preprocessing=preprocessing, **options
    )


def test_maps_by_hand():
    maps = _build(name="chain")(IMAGE)
    # Negated, what is left by the first ReLU is nothing but 0 after the second.
    first = np.maximum(-2.0 * IMAGE, 0.0)
    np.testing.assert_allclose(maps["block1_conv1"], first, rtol=1e-6)
    np.testing.assert_array_equal(maps["block1_conv2"], np.zeros_like(first))


def test_maps_before_the_relu_are_negative_too():
    maps = _build(name="chain", pre_activation=True)(IMAGE)
    np.testing.assert_allclose(maps["block1_conv1"], -2.0 * IMAGE, rtol=1e-6)
    expected = -np.maximum(-2.0 * IMAGE, 0.0)
    np.testing.assert_allclose(maps["block1_conv2"], expected, rtol=1e-6)


def test_each_block_but_the_first_halves_the_size_by_its_maxima():
    def keep(x, layer):
        return layers.Identity(name=layer)(x)

    maps = _build(name="chain", convolve=keep)(IMAGE)
    expected = np.maximum(2.0 * IMAGE, 0.0)
    for layer in ("block2_conv1", "block3_conv1"):
        _, height, width, _ = expected.shape
        blocks = expected.reshape(1, height // 2, 2, width // 2, 2, 3)
        expected = blocks.max(axis=(2, 4))
        np.testing.assert_allclose(maps[layer], expected, rtol=1e-6)


def test_maps_are_those_asked_for_in_that_order_and_the_model_ends_at_the_deepest():
    model = _build(("block2_conv1", "block1_conv1"), name="chain")
    assert list(model(IMAGE)) == ["block2_conv1", "block1_conv1"]
    assert model.name == "chain"
    assert "block3_conv1" not in {layer.name for layer in model.layers}


@pytest.mark.parametrize("pre_activation", [False, True])
def test_maps_are_float32_whatever_the_chain_computes_in(pre_activation):
    model = _build(name="chain", dtype="bfloat16", pre_activation=pre_activation)
    assert model.get_layer("block1_conv1_relu").compute_dtype == "bfloat16"
    for features in model(IMAGE).values():
        assert keras.backend.standardize_dtype(features.dtype) == "float32"
