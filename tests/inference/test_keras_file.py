import json
import zipfile

import keras
import numpy as np
import pytest
from keras.src.saving.serialization_lib import SafeModeScope

from animegan_tf.inference.keras_file import check_keras_file
from animegan_tf.inference.loading import load_generator


def _network(layer):
    images = keras.Input((None, None, 3))
    return keras.Model(images, layer(images))


@pytest.fixture
def sound(tmp_path):
    path = tmp_path / "sound.keras"
    _network(keras.layers.Conv2D(40, 3, padding="same")).save(path)
    return path


def _edit(path, name, change):
    """Rewrite one member of an archive; `None` for its content leaves it out."""
    with zipfile.ZipFile(path) as archive:
        members = {n: archive.read(n) for n in archive.namelist()}
    members[name] = change(members.get(name, b""))
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in members.items():
            if content is not None:
                archive.writestr(member, content)


def _edit_layer(path, change):
    def edit(content):
        config = json.loads(content)
        change(config["config"]["layers"][1])
        return json.dumps(config).encode()

    _edit(path, "config.json", edit)


def test_a_sound_file_passes(sound):
    check_keras_file(sound)


def test_a_lambda_layer_is_refused_whatever_keras_allows(tmp_path):
    path = tmp_path / "lambda.keras"
    _network(keras.layers.Lambda(lambda x: x * 2.0)).save(path)
    with SafeModeScope(safe_mode=False):
        with pytest.raises(ValueError, match="not allowed.*Lambda"):
            load_generator(path)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "system"),
        ("keras.utils", "get_file"),
        ("keras.layers", "TFSMLayer"),
        ("keras.src.saving.saving_lib", "load_model"),
        ("animegan_tf.imaging.image_io", "write_image"),
        (None, "__lambda__"),
        ("builtins", "eval"),
        ("builtins", "function"),
    ],
)
def test_what_is_no_layer_of_pictures_is_refused(sound, module, name):
    _edit_layer(sound, lambda layer: layer.update(module=module, class_name=name))
    with pytest.raises(ValueError, match=f"not allowed in it: {module}.{name}"):
        check_keras_file(sound)


@pytest.mark.parametrize(
    "name", ["../escaped", "/tmp/escaped", "assets/vocabulary.txt"]
)
def test_members_that_do_not_belong_there_are_refused(sound, name):
    _edit(sound, name, lambda _: b"text")
    with pytest.raises(ValueError, match="it must hold config.json, .* and holds "):
        check_keras_file(sound)


@pytest.mark.parametrize("name", ["config.json", "model.weights.h5"])
def test_a_missing_member_is_named(sound, name):
    _edit(sound, name, lambda _: None)
    with pytest.raises(ValueError, match=f"it must hold .*{name}"):
        check_keras_file(sound)


def test_layers_wider_than_any_weight_are_refused_before_they_are_built(sound):
    _edit_layer(sound, lambda layer: layer["config"].update(filters=2**31))
    with pytest.raises(ValueError, match="filters=2147483648 is the length of none"):
        check_keras_file(sound)


def test_a_zip_bomb_is_refused(sound, tmp_path):
    bomb = tmp_path / "bomb.keras"
    with zipfile.ZipFile(sound) as archive:
        members = {n: archive.read(n) for n in archive.namelist()}
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content + bytes(10**7))
    with pytest.raises(ValueError, match="impossible size"):
        check_keras_file(bomb)


def test_damage_is_reported_in_one_line_with_the_file(sound):
    sound.write_bytes(sound.read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"Not a network .*sound\.keras") as error:
        load_generator(sound)
    assert "\n" not in str(error.value)


def test_weights_that_are_not_finite_are_refused(tmp_path):
    network = _network(keras.layers.Conv2D(3, 1))
    network.weights[0].assign(np.full((1, 1, 3, 3), np.nan))
    network.save(tmp_path / "nan.keras")
    with pytest.raises(ValueError, match=r"nan\.keras' are not finite"):
        load_generator(tmp_path / "nan.keras")


def test_a_function_of_keras_is_an_activation(tmp_path):
    path = tmp_path / "gelu.keras"
    _network(keras.layers.Conv2D(3, 1, activation=keras.activations.gelu)).save(path)
    check_keras_file(path)
    by_name = {"module": "builtins", "class_name": "function", "config": "gelu"}
    _edit_layer(path, lambda layer: layer["config"].update(activation=by_name))
    assert load_generator(path).output_shape == (None, None, None, 3)
