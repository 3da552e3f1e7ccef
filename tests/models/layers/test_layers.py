import keras
import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.models.layers import (
    DepthToSpace,
    ReflectionPadding2D,
    SpaceToDepth,
    SpectralNormConv2D,
)


def _images(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


@pytest.mark.parametrize(
    ("layer", "unknown", "known"),
    [
        (ReflectionPadding2D(((0, 1), (2, 3))), (None, None, 8), (9, 13, 8)),
        (SpaceToDepth(4), (None, None, 128), (2, 2, 128)),
        (DepthToSpace(2), (None, None, 2), (16, 16, 2)),
        (SpectralNormConv2D(5, 3, strides=2), (None, None, 5), (4, 4, 5)),
        (SpectralNormConv2D(5, 3, padding="valid"), (None, None, 5), (6, 6, 5)),
        (
            SpectralNormConv2D(5, 4, strides=3, padding="valid"),
            (None, None, 5),
            (2, 2, 5),
        ),
    ],
)
def test_symbolic_shapes_equal_the_actual_ones(layer, unknown, known):
    image = keras.Input((None, None, 8))
    output = layer(image)
    assert output.shape[1:] == unknown
    assert layer.compute_output_shape((3, 8, 8, 8)) == (3, *known)
    # One function for all sizes, as the exported models have.
    function = tf.function(
        layer, input_signature=[tf.TensorSpec((None, None, None, 8))]
    )
    assert function(_images(3, 8, 8, 8)).shape == (3, *known)


def test_saved_layers_give_the_same_output(tmp_path):
    image = keras.Input((None, None, 3))
    x = SpectralNormConv2D(8, 3, strides=2, use_bias=False, seed=3)(image)
    x = ReflectionPadding2D(((0, 1), (1, 0)))(DepthToSpace(2)(x))
    x = SpaceToDepth(3)(x)
    model = keras.Model(image, x)
    batch = _images(2, 8, 8, 3)
    model(batch, training=True)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    for one, other in zip(model.weights, loaded.weights, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())
    np.testing.assert_array_equal(model(batch), loaded(batch))
    for one, other in zip(model.layers, loaded.layers, strict=True):
        assert one.get_config() == other.get_config()


def test_reflection_padding_does_not_repeat_the_border():
    row = np.array([1.0, 2.0, 3.0], "float32")
    image = (row[:, None] * 10 + row)[None, ..., None]
    padded = ReflectionPadding2D(((1, 0), (0, 2)))(image)[0, ..., 0]
    expected = [
        [21, 22, 23, 22, 21],
        [11, 12, 13, 12, 11],
        [21, 22, 23, 22, 21],
        [31, 32, 33, 32, 31],
    ]
    np.testing.assert_array_equal(padded, expected)


def test_reflection_padding_by_a_number_pads_all_sides():
    image = _images(1, 4, 5, 2)
    expected = np.pad(image, ((0, 0), (2, 2), (2, 2), (0, 0)), mode="reflect")
    np.testing.assert_array_equal(ReflectionPadding2D(2)(image), expected)


@pytest.mark.parametrize("padding", [-1, 1.5, (1, 1), ((1, 1), (1, -1)), "same"])
def test_reflection_padding_rejects_other_forms(padding):
    with pytest.raises(ValueError, match="`padding` must be .* Received: padding="):
        ReflectionPadding2D(padding)


def test_space_to_depth_orders_each_block_row_by_row():
    image = np.arange(8, dtype="float32").reshape(1, 2, 4, 1)
    expected = [[[0, 1, 4, 5], [2, 3, 6, 7]]]
    np.testing.assert_array_equal(SpaceToDepth(2)(image)[0], expected)


@pytest.mark.parametrize("block", [1, 2, 4])
def test_space_and_depth_are_ordered_as_in_tensorflow(block):
    image = _images(2, 8, 12, 3)
    depth = SpaceToDepth(block)(image)
    if block > 1:
        np.testing.assert_array_equal(depth, tf.nn.space_to_depth(image, block))
        np.testing.assert_array_equal(
            DepthToSpace(block)(depth), tf.nn.depth_to_space(depth, block)
        )
    np.testing.assert_array_equal(DepthToSpace(block)(depth), image)


def test_space_to_depth_rejects_a_size_that_is_not_divisible():
    with pytest.raises(ValueError, match=r"divisible by 4.*\(2, 6, 8, 3\)"):
        SpaceToDepth(4)(_images(2, 6, 8, 3))
    with pytest.raises(ValueError, match="divisible by 4"):
        DepthToSpace(2)(_images(1, 2, 2, 6))
    with pytest.raises(ValueError, match="`block` must be"):
        SpaceToDepth(0)
