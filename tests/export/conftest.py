import keras
import pytest

from animegan_tf.models.generator_files import save_generator
from animegan_tf.models.generators import build_generator

TINY = {"width": 4, "body_width": 8, "num_blocks": 1, "head_width": 4}


@pytest.fixture(autouse=True)
def cache_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("ANIMEGAN_TF_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="session")
def generator():
    keras.utils.set_random_seed(0)
    generator = build_generator("anime", **TINY)
    # Trained networks do not saturate their last activation, as random ones do.
    head = generator.get_layer("head")
    head.set_weights([0.3 * weight for weight in head.get_weights()])
    return generator


@pytest.fixture(scope="session")
def run(tmp_path_factory, generator):
    """A run folder with a small default generator."""
    folder = tmp_path_factory.mktemp("runs") / "tiny"
    save_generator(generator, {"name": "anime", **TINY}, folder)
    return folder
