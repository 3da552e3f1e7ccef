"""Save and load the weights of a network as a compressed NumPy archive."""

import re
from pathlib import Path

import numpy as np

from animegan_tf.utils.array_file import read_arrays, read_shapes
from animegan_tf.utils.atomic_path import atomic_path


def save_weights_npz(model, path, *, dtype: str = "float16") -> Path:
    """Save the weights of a model, by default in float16.

    Args:
        model: Built `keras.Model`.
        path: Output file ending in `.npz`; its folder must exist.
        dtype: Dtype in which float weights are stored; others keep their own.

    Returns:
        The path written.

    Raises:
        ValueError: If the suffix is not `.npz`, or a weight is not finite in `dtype`.
        OSError: If the folder is missing or not writable.
    """
    path = Path(path)
    if path.suffix != ".npz":
        raise ValueError(f"`path` must end in .npz. Received: path={str(path)!r}")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"No such output folder: {str(path.parent)!r}")
    arrays = {}
    for key, variable in _keyed_weights(model).items():
        arrays[key] = variable.numpy()
        if "float" in str(variable.dtype):
            # An overflow is reported below, with the weight's name.
            with np.errstate(over="ignore"):
                arrays[key] = arrays[key].astype(dtype)
            if not np.isfinite(arrays[key]).all():
                raise ValueError(f"Weight {key!r} is not finite in {dtype}.")
    with atomic_path(path) as temporary:
        np.savez_compressed(temporary, **arrays)
    return path


def load_weights_npz(model, path) -> None:
    """Load the weights that `save_weights_npz` saved into a model.

    Args:
        model: Built `keras.Model` of the same architecture; its weights keep their
            dtype. It is unchanged if the file does not match.
        path: The `.npz` file.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is damaged or holds the weights of another network.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"No such weights file: {str(path)!r}")
    weights = _keyed_weights(model)
    shapes = {key: tuple(variable.shape) for key, variable in weights.items()}
    _check_shapes(read_shapes(path), shapes, path)
    arrays = read_arrays(path)
    for key, variable in weights.items():
        # An overflow of the weight's dtype is reported as not finite.
        with np.errstate(over="ignore"):
            arrays[key] = arrays[key].astype(variable.dtype)
        if not np.isfinite(arrays[key]).all():
            raise ValueError(f"Weight {key!r} in {str(path)!r} is not finite.")
    for key, variable in weights.items():
        variable.assign(arrays[key])


def _check_shapes(found, expected, path) -> None:
    different = sorted(found.keys() ^ expected.keys())
    if different:
        raise ValueError(
            f"The weights in {str(path)!r} are those of another network: "
            f"{len(found)} arrays for {len(expected)} weights, "
            f"first difference {different[0]!r}"
        )
    for key, shape in expected.items():
        if found[key] != shape:
            raise ValueError(
                f"The weights in {str(path)!r} are those of another network: "
                f"{key!r} has shape {found[key]}, expected {shape}"
            )


def _keyed_weights(model) -> dict:
    """Map keys of index and path, `007/block1_conv1/kernel`, to weights.

    Keras numbers unnamed layers across the whole process, so a second copy of a network
    has other numbers: they are left out, and the index keeps the keys unique.
    """
    return {
        f"{index:03d}/" + re.sub(r"_\d+(?=/)", "", variable.path): variable
        for index, variable in enumerate(model.weights)
    }
