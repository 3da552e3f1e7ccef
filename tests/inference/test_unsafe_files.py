"""Files of Keras models that try to run code, made from real ones."""

import json
import zipfile

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.src.saving.serialization_lib import SafeModeScope

from animegan_tf.inference.loading import load_generator
from animegan_tf.models.generators import build_generator


def save_model(path, layer):
    image = keras.Input((None, None, 3))
    keras.Model(image, layer(image)).save(path)
    return path


def edit_config(path, change):
    """Apply a function to the config in a `.keras` or `.h5` file."""
    if path.suffix == ".h5":
        with h5py.File(path, "r+") as file:
            config = json.loads(file.attrs["model_config"])
            change(config)
            file.attrs["model_config"] = json.dumps(config)
        return
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(members["config.json"])
    change(config)
    members["config.json"] = json.dumps(config)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def edit_layer(path, **changes):
    """Change the entry of the second layer; `config` is added to the layer's own."""

    def change(config):
        entry = config["config"]["layers"][1]
        entry["config"] |= changes.pop("config", {})
        entry |= changes

    edit_config(path, change)


@pytest.fixture(params=[".keras", ".h5"])
def model_file(tmp_path, request):
    """A file of a sound model with one convolution, in either format."""
    layer = keras.layers.Conv2D(3, 1, activation="relu", name="conv")
    return save_model(tmp_path / f"model{request.param}", layer)


@pytest.fixture
def marker(tmp_path):
    """The path of a file that exists once code from a model file has run."""
    return tmp_path / "marker"


def assert_refused(path, marker):
    """Check that a file does not load, with one line, and that none of it ran."""
    with pytest.raises(ValueError, match=path.name) as raised:
        load_generator(path)
    assert "\n" not in str(raised.value)
    assert not marker.exists()
    return str(raised.value)


def save_lambda(path, marker):
    """Save a model whose layer is a Python lambda that creates the marker."""
    marker = str(marker)
    layer = keras.layers.Lambda(
        lambda x: (open(marker, "w").close(), x)[1], output_shape=(None, None, 3)
    )
    return save_model(path, layer)


@pytest.fixture(params=[".keras", ".h5"])
def lambda_file(tmp_path, marker, request):
    return save_lambda(tmp_path / f"lambda{request.param}", marker)


def test_lambda_layer_is_refused(lambda_file, marker):
    model = keras.saving.load_model(lambda_file, compile=False, safe_mode=False)
    model(np.zeros((1, 4, 4, 3), "float32"))
    assert marker.exists(), "the file must be able to run code"
    marker.unlink()
    assert "Lambda" in assert_refused(lambda_file, marker)


def test_lambda_layer_is_refused_where_the_caller_allows_it(lambda_file, marker):
    with SafeModeScope(safe_mode=False):
        assert "Lambda" in assert_refused(lambda_file, marker)


@pytest.mark.parametrize(
    "disguise",
    [
        {"module": "animegan_tf", "registered_name": "animegan_tf>SpaceToDepth"},
        {"module": "keras", "class_name": "layers.Lambda"},
        {"module": "keras.src.layers.core.lambda_layer"},
        {"module": None},
    ],
)
def test_lambda_layer_in_disguise_is_refused(lambda_file, marker, disguise):
    edit_layer(lambda_file, **disguise)
    assert_refused(lambda_file, marker)


def test_function_in_place_of_a_layer_is_refused(model_file, marker):
    # Called with the arguments of its node; this ran in Keras 3.5 to 3.8.
    edit_layer(
        model_file,
        class_name="function",
        module="os",
        registered_name="animegan_tf>SpaceToDepth",
        inbound_nodes=[{"args": [f"touch {marker}"], "kwargs": {}}],
    )
    edit_config(model_file, lambda c: c["config"]["layers"][1].update(config="system"))
    assert "os.system" in assert_refused(model_file, marker)


@pytest.mark.parametrize("argument", ["activation", "kernel_initializer", "dtype"])
@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "system"),
        ("subprocess", "getoutput"),
        ("builtins", "eval"),
        ("keras.utils", "get_file"),
        ("keras.config", "enable_unsafe_deserialization"),
        ("keras.src.saving.serialization_lib", "os"),
        ("keras.activations", "__loader__"),
    ],
)
def test_function_in_the_config_of_a_layer_is_refused(
    model_file, marker, argument, module, name
):
    function = {
        "class_name": "function",
        "module": module,
        "config": name,
        "registered_name": "animegan_tf>SpaceToDepth",
    }
    edit_layer(model_file, config={argument: function})
    assert f"{module}.{name}" in assert_refused(model_file, marker)


@pytest.mark.parametrize("argument", ["activation", "kernel_regularizer"])
def test_lambda_in_the_config_of_a_layer_is_refused(tmp_path, marker, argument):
    path = save_lambda(tmp_path / "lambda.keras", marker)
    with zipfile.ZipFile(path) as archive:
        config = json.loads(archive.read("config.json"))
    function = config["config"]["layers"][1]["config"]["function"]
    path = save_model(tmp_path / "model.keras", keras.layers.Conv2D(3, 1))
    edit_layer(path, config={argument: function})
    assert "__lambda__" in assert_refused(path, marker)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("subprocess", "Popen"),
        ("builtins", "eval"),
        ("keras.utils", "get_file"),
        ("keras.src.layers.preprocessing.index_lookup", "IndexLookup"),
        ("keras.src.ops.core", "os"),
        ("animegan_tf.imaging.writing", "write_image"),
    ],
)
@pytest.mark.parametrize("registered_name", [None, "animegan_tf>SpaceToDepth"])
def test_object_that_is_not_a_layer_is_refused(
    model_file, marker, module, name, registered_name
):
    config = {"args": f"touch {marker}", "shell": True}
    edit_layer(
        model_file,
        module=module,
        class_name=name,
        registered_name=registered_name,
        config=config,
    )
    assert f"{module}.{name}" in assert_refused(model_file, marker)


def test_layer_of_a_saved_tensorflow_program_is_refused(model_file, marker, tmp_path):
    class Program(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, None, None, 3])])
        def serve(self, image):
            with tf.control_dependencies([tf.io.write_file(str(marker), "ran")]):
                return tf.identity(image)

    program = Program()
    tf.saved_model.save(program, str(tmp_path / "program"), program.serve)
    marker.unlink(missing_ok=True)
    config = {"filepath": str(tmp_path / "program")}
    edit_layer(model_file, class_name="TFSMLayer", config=config)
    assert "TFSMLayer" in assert_refused(model_file, marker)


@pytest.mark.parametrize("name", ["StringLookup", "IntegerLookup", "TextVectorization"])
def test_layer_that_reads_a_file_is_refused(model_file, marker, name):
    edit_layer(model_file, class_name=name, config={"vocabulary": "/etc/passwd"})
    assert name in assert_refused(model_file, marker)


def test_training_settings_in_a_file_are_not_loaded(model_file, marker):
    function = {"class_name": "function", "module": "os", "config": "system"}
    settings = {"optimizer": function, "loss": function, "metrics": [function]}
    if model_file.suffix == ".h5":
        with h5py.File(model_file, "r+") as file:
            file.attrs["training_config"] = json.dumps(settings)
    else:
        edit_config(model_file, lambda c: c.update(compile_config=settings))
    assert not load_generator(model_file).compiled
    assert not marker.exists()


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_compiled_model_loads(tmp_path, suffix):
    image = keras.Input((None, None, 3))
    model = keras.Model(image, keras.layers.Conv2D(3, 1)(image))
    model.compile("adam", "mse")
    model.save(tmp_path / f"model{suffix}")
    assert load_generator(tmp_path / f"model{suffix}").input_shape == (None,) * 3 + (3,)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("name", ["anime", "unet"])
def test_generators_of_this_library_load(tmp_path, photo, suffix, name):
    options = {"anime": {"body_width": 4, "num_blocks": 1}, "unet": {}}[name]
    generator = build_generator(name, width=4, **options)
    generator.save(tmp_path / f"generator{suffix}")
    image = photo[np.newaxis, :32, :64] / np.float32(127.5) - 1.0
    loaded = load_generator(tmp_path / f"generator{suffix}")
    np.testing.assert_array_equal(loaded(image), generator(image))


def test_models_of_keras_layers_and_operations_load(tmp_path):
    image = keras.Input((None, None, 3))
    inner = keras.Sequential(
        [
            keras.Input((None, None, 3)),
            keras.layers.Conv2D(
                3,
                (3, 3),
                padding="same",
                dtype="mixed_bfloat16",
                activation=keras.activations.gelu,
                kernel_regularizer="l2",
                kernel_constraint="max_norm",
            ),
        ]
    )
    x = keras.ops.tanh(inner(image) * 2.0)[:, ::-1] + image
    keras.Model(image, x).save(tmp_path / "model.keras")
    assert load_generator(tmp_path / "model.keras").output_shape == (None,) * 3 + (3,)


def test_registered_functions_and_layers_of_the_caller_load(tmp_path):
    @keras.saving.register_keras_serializable("test_unsafe_files")
    def double(x):
        return 2.0 * x

    @keras.saving.register_keras_serializable("test_unsafe_files")
    class Half(keras.layers.Layer):
        def call(self, x):
            return 0.5 * x

    image = keras.Input((None, None, 3))
    x = keras.layers.Activation(double)(Half()(image))
    for name in ("model.keras", "model.h5"):
        keras.Model(image, x).save(tmp_path / name)
        images = np.ones((1, 2, 2, 3), "float32")
        np.testing.assert_array_equal(load_generator(tmp_path / name)(images), images)


@pytest.mark.parametrize("damage", ["cut", "empty", "text"])
def test_damaged_file_is_refused_in_one_line(model_file, marker, damage):
    content = model_file.read_bytes()
    changed = {"cut": content[:-100], "empty": b"", "text": b"nothing"}[damage]
    model_file.write_bytes(changed)
    assert "Not a model that can be loaded" in assert_refused(model_file, marker)


def test_config_that_is_not_a_model_is_refused(tmp_path, marker):
    for content in ("[]", "{}", '{"class_name": ["Conv2D"]}', "[" * 10**5):
        with zipfile.ZipFile(tmp_path / "model.keras", "w") as archive:
            archive.writestr("config.json", content)
        assert_refused(tmp_path / "model.keras", marker)


def test_weights_that_are_not_finite_are_refused(model_file, marker):
    model = keras.saving.load_model(model_file, compile=False)
    model.weights[0].assign(np.full((1, 1, 3, 3), np.nan))
    model.save(model_file)
    assert "not finite" in assert_refused(model_file, marker)
