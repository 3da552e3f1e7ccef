import keras
import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.imaging.arrays import to_uint8
from animegan_tf.inference.compiled import CompiledGenerator


@pytest.mark.parametrize("dtype", [tf.uint8, tf.uint16])
def test_identity_generator_returns_every_level_unchanged(identity_generator, dtype):
    levels = np.arange(dtype.max + 1, dtype=dtype.as_numpy_dtype)
    images = np.repeat(levels.reshape(1, 16, -1, 1), 3, axis=-1)
    assert np.array_equal(CompiledGenerator(identity_generator, dtype)(images), images)


def test_outputs_are_converted_as_by_to_uint8():
    values = np.linspace(-1.3, 1.3, 5001).astype("float32")
    values = np.append(values, [np.nan, np.inf, -np.inf]).reshape(1, -1, 1, 1)

    class Constant(keras.layers.Layer):
        def call(self, images):
            return tf.convert_to_tensor(values)

    image = keras.Input((None, None, 3))
    generator = keras.Model(image, Constant()(image))
    result = CompiledGenerator(generator, tf.uint8)(np.zeros((1, 1, 1, 3), np.uint8))
    assert np.array_equal(result, to_uint8(values))


def test_one_trace_serves_all_sizes(negative_generator):
    function = CompiledGenerator(negative_generator, tf.uint8)
    for shape in [(1, 4, 4, 3), (2, 3, 5, 3)]:
        assert (function(np.zeros(shape, np.uint8)) == 255).all()
    assert function.num_traces == 1


def test_generator_that_needs_static_sizes_is_traced_for_each():
    image = keras.Input((None, None, 3))
    x = keras.layers.AveragePooling2D(2)(image)
    x = keras.layers.UpSampling2D(2, interpolation="bilinear")(x)
    function = CompiledGenerator(keras.Model(image, x), tf.uint8)
    for height, width in [(4, 4), (6, 8), (4, 4)]:
        images = np.full((1, height, width, 3), 77, np.uint8)
        assert np.array_equal(function(images), images)


def test_error_of_the_generator_itself_is_raised():
    class Broken(keras.layers.Layer):
        def call(self, images):
            raise TypeError("broken")

        def compute_output_shape(self, input_shape):
            return input_shape

    image = keras.Input((None, None, 3))
    generator = keras.Model(image, Broken()(image))
    with pytest.raises(TypeError, match="broken"):
        CompiledGenerator(generator, tf.uint8)(np.zeros((1, 4, 4, 3), np.uint8))
