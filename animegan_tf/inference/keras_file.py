"""Look into a `.keras` file before Keras builds what it describes.

Such files come from strangers, and describe Python objects by name. Keras' safe mode
refuses code, but how thoroughly depends on its version; here only layers of pictures
pass, of sizes that fit the weights.
"""

import zipfile
from pathlib import Path

import keras

from animegan_tf.inference.hdf5_file import read_dataset_shapes
from animegan_tf.utils.json_file import parse_json

_MEMBERS = ("config.json", "metadata.json", "model.weights.h5")
_MAX_CONFIG_BYTES = 2**26
# Keras stores members as they are; weights that another program packed shrink little.
_MAX_EXPANSION = 20
_MODULES = (
    "keras",
    "keras.activations",
    "keras.constraints",
    "keras.initializers",
    "keras.layers",
    "keras.models",
    "keras.regularizers",
    "keras.src.models.functional",
    "keras.src.models.sequential",
)
# They run code, or read files that their settings name.
_REFUSED_CLASSES = (
    "FlaxLayer",
    "IntegerLookup",
    "JaxLayer",
    "Lambda",
    "StringLookup",
    "TFSMLayer",
    "TextVectorization",
    "TorchModuleWrapper",
)
_PLAIN_VALUES = ("__keras_tensor__", "__numpy__", "__tensor__", "__slice__")
# Sizes up to here need no weight of that length: kernels, strides, factors.
_SMALL_SIZE = 32
_LARGEST_PICTURE = 8192
# Seeds and numbers of nodes are no sizes, and shapes that were built are not read.
_NO_SIZES = ("seed", "shared_object_id", "inbound_nodes", "build_config")


def check_keras_file(path) -> None:
    """Refuse a file that holds more than a network of known layers and its weights.

    Args:
        path: The `.keras` file.

    Raises:
        ValueError: If a member is missing or does not belong there, the network has
            layers that Keras and `keras.saving.register_keras_serializable` do not
            know or that run code, or its sizes are not those of the weights. The
            message is a reason without the file's name.
    """
    with zipfile.ZipFile(path) as archive:
        _check_members(archive.infolist(), Path(path).stat().st_size)
        config = parse_json(archive.read("config.json").decode("utf-8"))
        shapes = read_dataset_shapes(archive.read("model.weights.h5"))
    lengths = {length for shape in shapes.values() for length in shape}
    for key, value in _walk(config):
        if isinstance(value, dict) and "class_name" in value:
            _check_class(value)
        elif type(value) is int and key not in _NO_SIZES:
            _check_size(key, value, lengths)


def _check_members(members, num_bytes) -> None:
    names = sorted(info.filename for info in members)
    if names != sorted(_MEMBERS):
        shown = ", ".join(map(repr, names[:5]))
        raise ValueError(f"it must hold {', '.join(_MEMBERS)}, and holds {shown}")
    if any(info.file_size > num_bytes * _MAX_EXPANSION for info in members):
        raise ValueError("it unpacks to an impossible size")
    sizes = {info.filename: info.file_size for info in members}
    if sizes["config.json"] + sizes["metadata.json"] > _MAX_CONFIG_BYTES:
        raise ValueError("its description is too large")


def _walk(config):
    """Yield every value at any depth, with the key that it, or its list, has."""
    stack = [("", config)]
    while stack:
        key, value = stack.pop()
        yield key, value
        if isinstance(value, dict):
            # Below such a key nothing is a size.
            stack += [(key if key in _NO_SIZES else k, v) for k, v in value.items()]
        elif isinstance(value, list):
            stack += [(key, item) for item in value]


def _check_class(value) -> None:
    name, module = value["class_name"], value.get("module")
    if name in _PLAIN_VALUES:
        return
    # A class that the user, or this library, has registered.
    if value.get("registered_name") in keras.saving.get_custom_objects():
        return
    if name == "function":
        known = hasattr(keras.activations, str(value.get("config")))
    else:
        known = module in _MODULES or str(module).startswith("keras.src.ops.")
    if not known or name in _REFUSED_CLASSES:
        raise ValueError(f"a class that is not allowed in it: {module}.{name}")


def _check_size(key, value, lengths) -> None:
    limit = _LARGEST_PICTURE if key == "batch_shape" else _SMALL_SIZE
    if value > limit and value not in lengths:
        raise ValueError(f"{key}={value} is the length of none of its weights")
