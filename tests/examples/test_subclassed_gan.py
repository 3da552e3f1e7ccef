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


def test_discs_are_darker_than_their_ground(example):
    pictures = example.draw_discs(8, np.random.default_rng(0))
    assert pictures.shape == (8, 32, 32, 3)
    assert pictures.dtype == np.float32
    assert pictures[:, 16, 16].max() < 0.6 <= pictures[:, 0, 0].min()
    for picture in pictures:
        assert len(np.unique(picture.reshape(-1, 3), axis=0)) == 2


def test_training_moves_both_networks_and_saved_ones_draw_the_same(example, tmp_path):
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


def test_a_sheet_of_16_pictures_is_written(example, tmp_path, capsys):
    path = tmp_path / "sheet.png"
    assert example.main(["--steps", "1", "--width", "4", "--output", str(path)]) == 0
    assert read_image(path).shape == (4 * 32, 4 * 32, 3)
    assert str(path) in capsys.readouterr().out


@pytest.mark.slow
def test_pictures_come_to_have_the_brightness_of_the_discs(example):
    keras.utils.set_random_seed(0)
    generator, discriminator = example.Generator(), example.Discriminator()
    example.train(generator, discriminator, steps=150)
    noise = np.random.default_rng(0).normal(size=(64, 16)).astype("float32")
    drawn = np.asarray(generator(noise))
    real = example.draw_discs(64, np.random.default_rng(1))
    # Corners are ground, middles mostly disc.
    assert drawn[:, :4, :4].mean() == pytest.approx(real[:, :4, :4].mean(), abs=0.3)
    assert drawn[:, 14:18, 14:18].mean() < drawn[:, :4, :4].mean() - 0.3


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
