import numpy as np
import pytest

from animegan_tf.models.layers import ReflectionPadding2D


def _images(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def test_reflection_padding_mirrors_without_the_border():
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
def test_reflection_padding_refuses_other_forms(padding):
    with pytest.raises(ValueError, match="`padding` must be .* Received: padding="):
        ReflectionPadding2D(padding)
