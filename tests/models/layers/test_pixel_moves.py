import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.models.layers import DepthToSpace, SpaceToDepth


def _images(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def test_space_to_depth_lists_each_square_row_by_row():
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


def test_space_to_depth_refuses_a_size_that_does_not_divide():
    with pytest.raises(ValueError, match=r"divisible by 4.*\(2, 6, 8, 3\)"):
        SpaceToDepth(4)(_images(2, 6, 8, 3))
    with pytest.raises(ValueError, match="divisible by 4"):
        DepthToSpace(2)(_images(1, 2, 2, 6))
    with pytest.raises(ValueError, match="`block` must be"):
        SpaceToDepth(0)
