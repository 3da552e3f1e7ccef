import keras
import pytest
from keras import layers


@pytest.fixture(scope="module")
def feature_extractor():
    """A tiny network of two layers; the second is the deeper."""
    keras.utils.set_random_seed(0)
    image = keras.Input((None, None, 3))
    shallow = layers.Conv2D(4, 3, padding="same", activation="relu")(image)
    deep = layers.Conv2D(5, 3, strides=4, padding="same", activation="relu")(shallow)
    return keras.Model(image, {"a_deep": deep, "b_shallow": shallow}, name="tiny")


@pytest.fixture
def recorder():
    """An identity "network" that remembers what it was given."""

    class Recorder:
        inputs = []

        def __call__(self, images, training):
            self.inputs.append(images)
            return {"pixels": images}

    return Recorder()
