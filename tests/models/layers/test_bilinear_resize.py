import keras
import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.models.layers import RESIZE_MODES, BilinearResize
from animegan_tf.models.layers.bilinear_resize import resize_with_gather

ROW = [0.0, 4.0, 8.0]
# The positions of 6 samples of 3 pixels, from the formula of each mode: from -1/4 in
# steps of 1/2; from 0 in steps of 1/2; from 0 to 2 in steps of 2/5.
DOUBLED = {
    "half_pixel": [0.0, 1.0, 3.0, 5.0, 7.0, 8.0],
    "legacy": [0.0, 2.0, 4.0, 6.0, 8.0, 8.0],
    "align_corners": [0.0, 1.6, 3.2, 4.8, 6.4, 8.0],
}
# And of 4 pixels halved: means of two; every second; the first and the last.
HALVED = {"half_pixel": [2.0, 10.0], "legacy": [0.0, 8.0], "align_corners": [0, 12]}


def _images(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


@pytest.mark.parametrize("axis", [1, 2])
@pytest.mark.parametrize("mode", RESIZE_MODES)
def test_samples_of_a_row_by_hand(mode, axis):
    layer = BilinearResize(mode)
    for row, expected in ((ROW, DOUBLED[mode]), ([0.0, 4, 8, 12], HALVED[mode])):
        shape, size = [1, 1, 1, 1], [1, 1, 1, 5]
        shape[axis], size[axis] = len(row), len(expected)
        image = np.array(row, "float32").reshape(shape)
        result = layer(image, np.zeros(size, "float32"))
        assert result.shape == (*size[:3], 1)
        np.testing.assert_allclose(np.ravel(result), expected, atol=1e-6)


@pytest.mark.parametrize("mode", RESIZE_MODES)
@pytest.mark.parametrize("size", [(1, 1), (5, 9), (14, 22), (15, 4), (29, 45)])
def test_backends_without_the_operation_give_the_same(mode, size):
    image = _images(2, 7, 11, 3)
    expected = BilinearResize(mode)(image, np.zeros((2, *size, 1), "float32"))
    np.testing.assert_allclose(
        resize_with_gather(image, size, mode), expected, atol=1e-5
    )


def test_half_pixel_is_the_resize_of_tensorflow_2():
    image = _images(1, 7, 11, 3)
    result = BilinearResize()(image, np.zeros((1, 16, 20, 1), "float32"))
    np.testing.assert_allclose(result, tf.image.resize(image, (16, 20)), atol=1e-6)


@pytest.mark.parametrize("mode", ["legacy", "align_corners"])
def test_legacy_and_align_corners_are_those_of_tensorflow_1(mode):
    image = _images(1, 7, 11, 3)
    result = BilinearResize(mode)(image, np.zeros((1, 14, 22, 1), "float32"))
    expected = tf.compat.v1.image.resize_bilinear(
        image, (14, 22), align_corners=mode == "align_corners"
    )
    np.testing.assert_allclose(result, expected, atol=1e-6)


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_one_trace_serves_all_sizes(policy):
    layer = BilinearResize("legacy", dtype=policy)
    signature = [tf.TensorSpec((None, None, None, 2))] * 2
    function = tf.function(layer, input_signature=signature)
    for size in (4, 7):
        result = function(_images(1, size, 5, 2), _images(1, 2 * size, 9, 2))
        assert result.shape == (1, 2 * size, 9, 2)
        assert layer.compute_dtype == keras.backend.standardize_dtype(result.dtype)


@pytest.mark.parametrize("mode", RESIZE_MODES)
def test_gradient_is_the_share_of_each_pixel(mode):
    image = tf.constant(_images(1, 3, 3, 1))
    with tf.GradientTape() as tape:
        tape.watch(image)
        result = BilinearResize(mode)(image, np.zeros((1, 6, 6, 1), "float32"))
    gradient = tape.gradient(result, image)
    # The shares of each sample sum to 1.
    assert float(tf.reduce_sum(gradient)) == pytest.approx(36.0, rel=1e-5)
    assert float(tf.reduce_min(gradient)) > 0


def test_unknown_mode_is_refused():
    with pytest.raises(ValueError, match="`mode` must be one of half_pixel, legacy"):
        BilinearResize("nearest")
