import json

import keras
import numpy as np
import pytest

from animegan_tf.models.generator_files import load_saved_generator, save_generator
from animegan_tf.models.generators import GENERATORS, build_generator
from animegan_tf.models.layers.license_notice import add_notice, find_notice
from animegan_tf.models.saved_options import read_style_names

SMALL = {
    "anime": {"width": 4, "body_width": 4, "num_blocks": 1, "head_width": 4},
    "animegan_v1": {"width": 2, "num_blocks": 1},
    "animegan_v2": {"width": 2},
    "animegan_v2_lite": {"width": 2, "num_blocks": 1},
    "animegan_v3": {"width": 2, "slots": 3},
    "autoencoder": {"width": 2, "latent_channels": 2},
    "cartoongan": {"width": 2, "num_blocks": 1},
    "dcgan": {"latent_dim": 4, "image_size": 64, "width": 2},
    "resnet": {"width": 2, "num_blocks": 1},
    "restoration": {"width": 2},
    "ugatit_light": {"width": 2, "num_blocks": 1},
    "unet": {"width": 2, "num_downsamples": 2},
    "white_box": {"width": 2, "num_blocks": 1},
}


@pytest.mark.parametrize("name", GENERATORS)
def test_loaded_generator_equals_the_saved_one(tmp_path, name):
    keras.utils.set_random_seed(0)
    generator = build_generator(name, **SMALL[name])
    path = save_generator(generator, {"name": name, **SMALL[name]}, tmp_path / "run")
    assert path == tmp_path / "run" / "generator.npz"
    loaded, styles = load_saved_generator(tmp_path / "run")
    assert styles == []
    for weight, expected in zip(loaded.weights, generator.weights, strict=True):
        np.testing.assert_array_equal(weight.numpy(), expected.numpy())
    shape = [size or 16 for size in generator.input_shape[1:]]
    inputs = np.random.default_rng(0).normal(size=(1, *shape)).astype("float32")
    np.testing.assert_array_equal(
        loaded(inputs, training=False), generator(inputs, training=False)
    )


def test_the_license_of_the_weights_is_saved_with_them(tmp_path):
    options = {"name": "white_box", **SMALL["white_box"]}
    plain = build_generator(**options)
    noted = add_notice(plain, "CC BY-NC-SA 4.0")
    photo = np.random.default_rng(0).uniform(-1, 1, (1, 16, 16, 3)).astype("float32")
    for generator, notice in ((plain, None), (noted, "CC BY-NC-SA 4.0")):
        save_generator(generator, options, tmp_path)
        loaded, _ = load_saved_generator(tmp_path)
        assert find_notice(loaded) == notice
        np.testing.assert_array_equal(loaded(photo), plain(photo))


@pytest.fixture
def saved(tmp_path):
    options = {"num_styles": 2, **SMALL["anime"]}
    generator = build_generator("anime", **options)
    save_generator(generator, options, tmp_path, styles=("comic", "oil"))
    return tmp_path


def test_style_names_are_saved_in_order(saved):
    assert load_saved_generator(saved)[1] == read_style_names(saved) == ["comic", "oil"]


def test_defaults_are_saved_too(saved):
    options = json.loads((saved / "generator.json").read_text())["generator"]
    assert options["name"] == "anime"
    assert options["image_shape"] == [None, None, 3]


@pytest.mark.parametrize("file", ["generator.json", "generator.npz"])
def test_missing_file_is_named(saved, file):
    (saved / file).unlink()
    with pytest.raises(FileNotFoundError, match=file):
        load_saved_generator(saved)


def _edit_options(folder, **changes):
    path = folder / "generator.json"
    content = json.loads(path.read_text())
    content["generator"] |= changes
    path.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"width": 2**31}, "`width` must be at most 48.*width=2147483648"),
        ({"image_shape": [None, None, 2**40]}, "`image_shape` must be at most 48"),
        ({"image_shape": [3]}, "Not the options of a generator|image_shape"),
        ({"name": ["anime"]}, "`name` must be one of"),
        ({"width": 3}, "another network"),
        ({"width": "four"}, "`width` must be an integer"),
        ({"depth": 3}, "no option `depth`"),
        ({"name": "os.system"}, "`name` must be one of"),
    ],
)
def test_damaged_options_are_refused_in_one_line(saved, changes, message):
    _edit_options(saved, **changes)
    with pytest.raises(ValueError, match=message) as raised:
        load_saved_generator(saved)
    assert "\n" not in str(raised.value)


def test_pickled_weights_are_refused(saved):
    np.savez(saved / "generator.npz", np.array([{"an": "object"}], dtype=object))
    with pytest.raises(ValueError, match=r"Not a valid \.npz file"):
        load_saved_generator(saved)
