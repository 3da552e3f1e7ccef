import keras
import numpy as np
import pytest

from animegan_tf.models.features.extractor import build_feature_extractor
from animegan_tf.transfer.few_shot import FITTING_LAYERS


@pytest.fixture
def generator():
    """Two convolutions, which are traced fast."""
    keras.utils.set_random_seed(0)
    image = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(8, 3, padding="same", activation="relu")(image)
    x = keras.layers.Conv2D(3, 3, padding="same", activation="tanh")(x)
    return keras.Model(image, x)


@pytest.fixture
def weights_file(tmp_path):
    """Random weights of VGG19 up to the deepest layer used, with four channels."""
    rng = np.random.default_rng(1)
    arrays, channels = {}, 3
    for name in ("1_conv1", "1_conv2", "2_conv1", "2_conv2", "3_conv1"):
        arrays[f"block{name}/kernel"] = rng.normal(0, 0.3, (3, 3, channels, 4))
        arrays[f"block{name}/bias"] = np.zeros(4)
        channels = 4
    np.savez(tmp_path / "features.npz", **arrays)
    return tmp_path / "features.npz"


@pytest.fixture
def features(weights_file):
    return build_feature_extractor(weights_file, layers=FITTING_LAYERS)
