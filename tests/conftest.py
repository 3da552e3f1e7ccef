import os

import numpy as np
import pytest

# Read once, when TensorFlow is imported.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@pytest.fixture
def photo():
    """A small picture of noise: any shift or swap of its axes shows."""
    return np.random.default_rng(0).integers(0, 256, (33, 65, 3), dtype=np.uint8)


def _build_pointwise(kernel):
    import keras

    images = keras.Input((None, None, 3), name="photo")
    layer = keras.layers.Conv2D(3, 1, use_bias=False, name="color")
    generator = keras.Model(images, layer(images), name="pointwise")
    layer.set_weights([np.asarray(kernel, dtype="float32").reshape(1, 1, 3, 3)])
    return generator


@pytest.fixture
def identity_generator():
    """A network that gives back its input."""
    return _build_pointwise(np.eye(3))


@pytest.fixture
def negative_generator():
    """A network whose uint8 result is 255 minus its input."""
    return _build_pointwise(-np.eye(3))


@pytest.fixture
def run_folder(tmp_path, negative_generator):
    """A training's folder as far as inference needs it; its style is the negative."""
    folder = tmp_path / "run"
    folder.mkdir()
    negative_generator.save(folder / "generator.keras")
    return folder


@pytest.fixture
def style(tmp_path, monkeypatch):
    """The name of a bundled style made for the test, with a tiny random network."""
    import keras

    from animegan_tf import presets
    from animegan_tf.models.generators import build_generator

    keras.utils.set_random_seed(0)
    config = {
        "name": "anime",
        "width": 4,
        "body_width": 4,
        "num_blocks": 1,
        "head_width": 4,
    }
    weights = presets.save_preset_files(
        build_generator(**config), config, tmp_path / "weights" / "tiny"
    )
    preset = presets.Preset(
        name="tiny",
        file=str(weights),
        description="Random colours",
        source="Chance",
        credit="The test",
        license="CC0-1.0",
    )
    monkeypatch.setitem(presets.PRESETS, "tiny", preset)
    return "tiny"
