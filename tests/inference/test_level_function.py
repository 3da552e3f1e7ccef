import keras
import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.images import to_uint8
from animegan_tf.inference.level_function import build_level_function


@pytest.mark.parametrize("dtype", [tf.uint8, tf.uint16])
def test_every_level_comes_back_from_an_identity(identity_generator, dtype):
    levels = np.arange(dtype.max + 1, dtype=dtype.as_numpy_dtype)
    images = np.repeat(levels.reshape(1, 16, -1, 1), 3, axis=-1)
    assert np.array_equal(
        build_level_function(identity_generator, dtype)(images), images
    )


def test_results_become_levels_as_images_s_own_do():
    values = np.linspace(-1.3, 1.3, 5001).astype("float32")
    values = np.append(values, [np.nan, np.inf, -np.inf]).reshape(1, -1, 1, 1)

    class Constant(keras.layers.Layer):
        def call(self, images):
            return tf.convert_to_tensor(values)

    image = keras.Input((None, None, 3))
    generator = keras.Model(image, Constant()(image))
    result = build_level_function(generator, tf.uint8)(np.zeros((1, 1, 1, 3), np.uint8))
    assert np.array_equal(result, to_uint8(values))
