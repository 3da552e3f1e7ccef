import numpy as np
import pytest

from animegan_tf.config import DataConfig
from animegan_tf.imaging.writing import write_image
from animegan_tf.models.features.compact import WIDTHS, build_compact_features
from animegan_tf.models.weights_io import load_weights_npz
from animegan_tf.recipes.feature_distillation import (
    DistillationConfig,
    distill_features,
)
from animegan_tf.recipes.runner import default_config
from animegan_tf.utils.settings import to_dict


@pytest.fixture
def images(tmp_path):
    (tmp_path / "images").mkdir()
    for index in range(4):
        coarse = np.random.default_rng(index).integers(0, 255, (6, 6, 3), np.uint8)
        image = np.kron(coarse, np.ones((8, 8, 1), np.uint8))
        write_image(image, tmp_path / "images" / f"{index}.png")
    return tmp_path / "images"


@pytest.fixture
def teacher(tmp_path):
    """Write a network of random weights with the layers and channels of VGG19."""
    random = np.random.default_rng(0)
    inputs, arrays = 3, {}
    for layer, (channels, _, _) in WIDTHS.items():
        shape = (3, 3, inputs, channels)
        kernel = random.normal(0.0, np.sqrt(2.0 / (9 * inputs)), shape)
        arrays[f"{layer}/kernel"] = kernel.astype("float32")
        arrays[f"{layer}/bias"] = np.zeros(channels, "float32")
        inputs = channels
    np.savez(tmp_path / "teacher.npz", **arrays)
    return tmp_path / "teacher.npz"


def _config(images, teacher, steps, **changes):
    return DistillationConfig(
        steps=steps,
        features=str(teacher),
        data=DataConfig(photos=str(images), crop_size=16, batch_size=8),
        **changes,
    )


@pytest.mark.slow
def test_weights_written_are_those_of_the_network(images, teacher, tmp_path):
    output = tmp_path / "features.npz"
    config = _config(images, teacher, 2)
    distill_features(config, tmp_path / "run", output, progress=False)
    network = build_compact_features()
    load_weights_npz(network, output)
    assert output.stat().st_size < 2e6
    with pytest.raises(ValueError, match="already holds a training"):
        distill_features(config, tmp_path / "run", output, progress=False)


@pytest.mark.slow
def test_resumed_training_writes_what_an_unbroken_one_does(images, teacher, tmp_path):
    config = _config(images, teacher, 4, learning_rate=1e-4, checkpoint_every=2)
    whole = distill_features(config, tmp_path / "a", tmp_path / "a.npz", progress=False)
    distill_features(config, tmp_path / "b", tmp_path / "b.npz", progress=False)
    newest = sorted((tmp_path / "b" / "checkpoints").iterdir())[-1]
    newest.unlink()
    resumed = distill_features(
        config, tmp_path / "b", tmp_path / "b.npz", resume=True, progress=False
    )
    with np.load(whole) as a, np.load(resumed) as b:
        for name in a:
            np.testing.assert_array_equal(a[name], b[name], err_msg=name)


def test_missing_folder_leaves_no_run_behind(teacher, tmp_path):
    config = _config(tmp_path / "gone", teacher, 2)
    with pytest.raises(FileNotFoundError, match="gone"):
        distill_features(config, tmp_path / "run", tmp_path / "f.npz", progress=False)
    assert not (tmp_path / "run").exists()


def test_settings_of_a_gan_are_refused():
    own, foreign = to_dict(DistillationConfig()), to_dict(default_config("cut"))
    assert (own["steps"], own["learning_rate"]) == (5000, 1e-3)
    for name in set(foreign) - set(own):
        with pytest.raises(TypeError, match=name):
            DistillationConfig(**{name: foreign[name]})
