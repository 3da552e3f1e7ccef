import keras
import numpy as np
import pytest
from keras import layers


@pytest.fixture(scope="session")
def feature_extractor():
    """A network of two layers; the second is the deeper."""
    keras.utils.set_random_seed(0)
    image = keras.Input((None, None, 3))
    shallow = layers.Conv2D(4, 3, padding="same", activation="relu")(image)
    deep = layers.Conv2D(5, 3, strides=4, padding="same", activation="relu")(shallow)
    return keras.Model(image, {"a_deep": deep, "b_shallow": shallow}, name="tiny")


@pytest.fixture(scope="session")
def one_layer():
    """A network of one layer, fast on images of any size."""
    keras.utils.set_random_seed(0)
    image = keras.Input((None, None, 3))
    features = layers.Conv2D(4, 8, strides=8, activation="relu")(image)
    return keras.Model(image, {"features": features}, name="one_layer")


@pytest.fixture(scope="session")
def edge_network():
    """A network of horizontal differences, vertical differences and brightness."""
    image = keras.Input((None, None, 3))
    layer = layers.Conv2D(3, 3, activation="relu")
    model = keras.Model(image, {"edges": layer(image)}, name="edges")
    kernel = np.zeros((3, 3, 3, 3), "float32")
    kernel[1, 0, 0, 0], kernel[1, 2, 0, 0] = -1.0, 1.0
    kernel[0, 1, 0, 1], kernel[2, 1, 0, 1] = -1.0, 1.0
    kernel[1, 1, :, 2] = 1 / 3
    layer.set_weights([kernel, np.array([0.0, 0.0, 1.0], "float32")])
    return model


@pytest.fixture
def recorder():
    """An identity network that records its inputs."""

    class Recorder:
        inputs = []

        def __call__(self, images, training):
            self.inputs.append(images)
            return {"pixels": images}

    return Recorder()


@pytest.fixture(scope="session")
def blocks():
    """A function that makes images of large blocks, which survive scaling."""

    def make(seed, size=256):
        coarse = np.random.default_rng(seed).integers(0, 256, (16, 16, 3), "uint8")
        return coarse.repeat(size // 16, axis=0).repeat(size // 16, axis=1)

    return make
