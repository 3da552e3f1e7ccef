import keras
import numpy as np
import pytest

from animegan_tf.models.generator_files import save_generator
from animegan_tf.models.generators import build_generator

TINY = {"width": 4, "body_width": 8, "num_blocks": 2, "head_width": 4}
STYLES = ["comic", "oil", "ink"]


@pytest.fixture(autouse=True)
def cache_folder(tmp_path, monkeypatch):
    """The folder of cached files, one for each test."""
    monkeypatch.setenv("ANIMEGAN_TF_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def build_with_styles():
    """Build a small network of three styles with random scales and shifts."""
    keras.utils.set_random_seed(0)
    generator = build_generator("anime", num_styles=len(STYLES), **TINY)
    random = np.random.default_rng(0)
    for weight in generator.weights:
        if weight.path.endswith(("scale", "shift")):
            weight.assign(weight + 0.3 * random.normal(size=weight.shape))
    return generator


@pytest.fixture(scope="session")
def styles_generator():
    return build_with_styles()


@pytest.fixture(scope="session")
def run(tmp_path_factory, styles_generator):
    """A run folder with a small network of three styles."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    options = {"name": "anime", "num_styles": len(STYLES), **TINY}
    save_generator(styles_generator, options, folder, styles=STYLES)
    return folder


@pytest.fixture(scope="session")
def photo():
    """Smooth areas, edges and noise; its sides are odd."""
    random = np.random.default_rng(1)
    rows, columns = np.mgrid[0:101, 0:147]
    image = np.stack([rows, columns, rows + columns], axis=-1) % 256
    image[30:70, 40:90] = (200, 30, 60)
    image = image + random.normal(0, 8, image.shape)
    return np.clip(image, 0, 255).astype(np.uint8)
