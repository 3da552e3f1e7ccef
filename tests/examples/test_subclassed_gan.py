import importlib.util
import re
from pathlib import Path

import keras
import numpy as np
import pytest

import animegan_tf
from animegan_tf.imaging.reading import read_image

PATH = Path(__file__).parents[2] / "examples" / "subclassed_gan.py"


@pytest.fixture(scope="module")
def example():
    spec = importlib.util.spec_from_file_location("subclassed_gan", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_disks_are_darker_than_their_background(example):
    images = example.render_disks(8, np.random.default_rng(0))
    assert images.shape == (8, 32, 32, 3)
    assert images.dtype == np.float32
    assert images[:, 16, 16].max() < 0.6 <= images[:, 0, 0].min()
    for image in images:
        assert len(np.unique(image.reshape(-1, 3), axis=0)) == 2


def test_training_updates_both_networks_and_a_saved_one_generates_the_same(
    example, tmp_path
):
    keras.utils.set_random_seed(0)
    generator, discriminator = example.Generator(4), example.Discriminator(4)
    noise = np.random.default_rng(0).normal(size=(2, 16)).astype("float32")
    discriminator(generator(noise))
    before = [w.numpy().copy() for w in generator.weights + discriminator.weights]
    losses = example.train(generator, discriminator, steps=2, batch_size=4)
    assert all(np.isfinite(value) for value in losses.values())
    after = [w.numpy() for w in generator.weights + discriminator.weights]
    assert all(not np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    generator.save(tmp_path / "g.keras")
    loaded = keras.saving.load_model(tmp_path / "g.keras")
    np.testing.assert_array_equal(generator(noise), loaded(noise))


@pytest.mark.slow
def test_a_grid_of_16_images_is_written(example, tmp_path, capsys):
    path = tmp_path / "sheet.png"
    assert example.main(["--steps", "1", "--width", "4", "--output", str(path)]) == 0
    assert read_image(path).shape == (4 * 32, 4 * 32, 3)
    assert str(path) in capsys.readouterr().out


@pytest.mark.slow
def test_generated_images_get_the_brightness_of_the_disks(example):
    keras.utils.set_random_seed(0)
    generator, discriminator = example.Generator(), example.Discriminator()
    example.train(generator, discriminator, steps=150)
    noise = np.random.default_rng(0).normal(size=(64, 16)).astype("float32")
    generated = np.asarray(generator(noise))
    real = example.render_disks(64, np.random.default_rng(1))
    # Corners are background, centers mostly disk.
    corners, centers = generated[:, :4, :4], generated[:, 14:18, 14:18]
    assert corners.mean() == pytest.approx(real[:, :4, :4].mean(), abs=0.3)
    assert centers.mean() < corners.mean() - 0.3


def test_an_output_that_cannot_be_written_is_one_line(example, capsys):
    arguments = ["--steps", "1", "--width", "4", "--output", "gone/sheet.png"]
    assert example.main(arguments) == 2
    error = [s for s in capsys.readouterr().err.splitlines() if s.startswith("error")]
    assert len(error) == 1
    assert "gone" in error[0]


def test_example_uses_public_names_only():
    names = re.findall(r"animegan_tf\.(\w+)", PATH.read_text())
    assert set(names) <= set(animegan_tf.__all__)
    assert "from animegan_tf" not in PATH.read_text()
