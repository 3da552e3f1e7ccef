"""Load generators: bundled styles, results of training, and files of unknown origin."""

import inspect
import sys
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np

# Importing the generators registers their layers, which loading a file needs.
import animegan_tf.models.generators  # noqa: F401
from animegan_tf import presets
from animegan_tf.inference.style_source import (
    KERAS_SUFFIXES,
    check_name,
    choose_run_style,
    is_bundled,
    is_style_of_run,
    run_style_names,
)
from animegan_tf.models.generator_files import load_saved_generator
from animegan_tf.models.generators.anime import fold_style
from animegan_tf.models.saved_options import OPTIONS_FILE
from animegan_tf.utils.json_file import parse_json
from animegan_tf.utils.messages import reason_of

# Run folders from before `generator.json` have it instead.
_KERAS_FILE = "generator.keras"
# Layers that run code or read files named in their config. Keras' safe mode refuses
# all of them only in recent versions: 3.9 loads `TFSMLayer`, `StringLookup` and, from
# an `.h5` file, `Lambda`.
_UNSAFE_LAYERS = {
    "FlaxLayer",
    "IntegerLookup",
    "JaxLayer",
    "Lambda",
    "StringLookup",
    "TFSMLayer",
    "TextVectorization",
    "TorchModuleWrapper",
}
_MODULES = (
    "constraints",
    "dtype_policies",
    "initializers",
    "layers",
    "models",
    "regularizers",
)
_KERAS_MODULES = {None, "keras", *(f"keras.{module}" for module in _MODULES)}
_KERAS_CLASSES = {
    name
    for module in _MODULES
    for name, value in vars(getattr(keras, module)).items()
    if isinstance(value, type) and name not in _UNSAFE_LAYERS
}
_ACTIVATIONS = {
    name for name, value in vars(keras.activations).items() if inspect.isfunction(value)
}
# What Keras writes for values of Python and NumPy.
_PLAIN_VALUES = {
    "__ellipsis__",
    "__keras_tensor__",
    "__numpy__",
    "__slice__",
    "__tensor__",
    "__tuple__",
}


def load_generator(name_or_path) -> keras.Model:
    """Load a bundled style, the result of a training, or a file of a Keras model.

    A `.keras` or `.h5` file may only hold layers of Keras, without those that run code
    or read other files, and layers registered by
    `keras.saving.register_keras_serializable`.

    Args:
        name_or_path: Name of a bundled style or a blend of several; a run folder; one
            style of a run folder, `RUN/STYLE`; or a `.keras` or `.h5` file. A folder
            with the name of a bundled style is reached as `./NAME`.

    Returns:
        A `keras.Model`, not compiled. Of a run with several styles, the one given, or
        the first.

    Raises:
        FileNotFoundError: If there is no such path, or the run folder has no
            generator yet.
        ValueError: If there is no such style, or the file is damaged or not allowed.
    """
    check_name(name_or_path)
    given, path = str(name_or_path), Path(name_or_path)
    if is_bundled(given):
        return presets.load_preset(given)
    if path.is_dir():
        return _load_run(path, None)
    if is_style_of_run(path):
        return _load_run(path.parent, path.name)
    if not path.is_file():
        raise FileNotFoundError(f"No such run folder, .keras or .h5 file: {given!r}")
    if path.suffix not in KERAS_SUFFIXES:
        raise ValueError(f"Not a run folder, .keras or .h5 file: {given!r}")
    return _load_keras_file(path)


def _load_run(folder: Path, style: str | None) -> keras.Model:
    if (folder / OPTIONS_FILE).is_file():
        generator, names = load_saved_generator(folder)
    elif (folder / _KERAS_FILE).is_file():
        generator = _load_keras_file(folder / _KERAS_FILE)
        names = run_style_names(folder)
    else:
        raise FileNotFoundError(
            f"The folder {str(folder)!r} has no generator; a training writes it."
        )
    chosen = choose_run_style(folder, names, style)
    if not names:
        return generator
    return fold_style(generator, [float(name == chosen) for name in names])


def _load_keras_file(path: Path) -> keras.Model:
    try:
        _check_config(_read_config(path))
        generator = keras.saving.load_model(path, compile=False, safe_mode=True)
    except (FileNotFoundError, PermissionError, MemoryError):
        raise
    # zipfile, h5py and Keras each have their own exceptions for damaged files.
    except Exception as error:
        raise ValueError(
            f"Not a model that can be loaded: {str(path)!r} ({reason_of(error)})"
        ) from error
    if not all(np.isfinite(weight.numpy()).all() for weight in generator.weights):
        raise ValueError(f"The weights in {str(path)!r} are not finite.")
    return generator


def _read_config(path: Path) -> dict:
    """Read the config of a saved model; nothing is built."""
    if path.suffix == ".keras":
        with zipfile.ZipFile(path) as archive:
            return parse_json(archive.read("config.json").decode("utf-8"))
    with h5py.File(path, "r") as file:
        return parse_json(file.attrs["model_config"])


def _check_config(config) -> None:
    """Check that a model has only layers that neither run code nor read files.

    Raises:
        ValueError: If it has another object.
    """
    # The optimizer and losses of a compiled model are not loaded.
    stack = [{k: v for k, v in config.items() if k != "compile_config"}]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            if "class_name" in value and not _is_allowed(value):
                is_function = value["class_name"] == "function"
                name = value.get("config") if is_function else value["class_name"]
                raise ValueError(f"it contains {value.get('module')}.{name}")
            stack += value.values()
        elif isinstance(value, list):
            stack += value


def _is_allowed(node: dict) -> bool:
    name, module = node["class_name"], node.get("module")
    if name in _PLAIN_VALUES:
        return True
    if name in _UNSAFE_LAYERS:
        return False
    find_registered = keras.saving.get_registered_object
    if name == "function":
        function = node.get("config")
        return function in _ACTIVATIONS or find_registered(function) is not None
    if module in _KERAS_MODULES and name in _KERAS_CLASSES:
        return True
    if module in (None, "keras.src.models.functional") and name == "Functional":
        return True
    if str(module).startswith("keras.src.ops."):
        found = getattr(sys.modules.get(module), name, None)
        return isinstance(found, type) and issubclass(found, keras.Operation)
    # Keras finds a registered class by `registered_name`, in `.h5` by `class_name`.
    found = find_registered(node.get("registered_name") or name)
    return found is not None and name in (
        found.__name__,
        keras.saving.get_registered_name(found),
    )
