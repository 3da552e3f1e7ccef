"""Read NumPy files from untrusted sources: check the headers before reading arrays.

A header of a hundred bytes can declare an array of terabytes. Here it is compared with
the size of the data before memory is allocated.
"""

import contextlib
import math
import zipfile
from pathlib import Path

import numpy as np

from animegan_tf.utils.messages import reason_of

# Maximum compression ratio of Deflate (https://www.zlib.net/zlib_tech.html).
_MAX_EXPANSION = 1032


def read_shapes(path) -> dict[str, tuple[int, ...]]:
    """Read the shapes of all arrays of an `.npz` file without reading the values.

    Args:
        path: The file.

    Returns:
        Dict from name to shape.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is not a valid archive of numeric arrays.
    """
    with _open(path) as archive:
        return {
            _name_of(info): _read_shape(archive, info) for info in _members(archive)
        }


def read_arrays(path, names=None) -> dict[str, np.ndarray]:
    """Read arrays of an `.npz` file.

    Arrays take as much memory as their shapes say; if the file may be malicious, check
    those with `read_shapes` first.

    Args:
        path: The file.
        names: Names of the arrays to read; `None` reads all.

    Returns:
        Dict from name to array of numbers or booleans.

    Raises:
        FileNotFoundError: If there is no such file.
        KeyError: If the file has no array with one of the names.
        ValueError: If it is not a valid archive of numeric arrays.
    """
    with _open(path) as archive:
        members = {_name_of(info): info for info in _members(archive)}
        missing = [name for name in names or () if name not in members]
        if not missing:
            chosen = members if names is None else names
            return {name: _read_array(archive, members[name]) for name in chosen}
    raise KeyError(missing[0])


def map_array(path) -> np.ndarray:
    """Memory-map a numeric `.npy` file, read-only.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is not a valid file of one numeric array.
    """
    path = Path(path)
    with _reported(path, ".npy"):
        with path.open("rb") as file:
            _check_header(file, path.stat().st_size)
        return np.load(path, mmap_mode="r", allow_pickle=False)


@contextlib.contextmanager
def _open(path):
    with _reported(path, ".npz"), zipfile.ZipFile(path) as archive:
        yield archive


@contextlib.contextmanager
def _reported(path, suffix):
    try:
        yield
    except (FileNotFoundError, PermissionError, IsADirectoryError):
        raise
    # zipfile, zlib and NumPy report damage with a dozen exceptions, which vary between
    # versions; whichever it is, the cause is the file.
    except Exception as error:
        raise ValueError(
            f"Not a valid {suffix} file: {str(path)!r} ({reason_of(error)})"
        ) from error


def _members(archive):
    members = archive.infolist()
    if len({_name_of(info) for info in members}) < len(members):
        raise ValueError("two arrays with the same name")
    return members


def _name_of(info):
    return info.filename.removesuffix(".npy")


def _read_shape(archive, info):
    if info.file_size > (info.compress_size + 1) * _MAX_EXPANSION:
        raise ValueError(f"impossible size of {_name_of(info)!r}")
    with archive.open(info) as file:
        return _check_header(file, info.file_size)


def _read_array(archive, info):
    _read_shape(archive, info)
    with archive.open(info) as file:
        array = np.lib.format.read_array(file, allow_pickle=False)
        # The archive verifies the checksum only at the end of the member.
        file.read(1)
    return array


def _check_header(file, num_bytes):
    """Read a header, check it against the number of bytes, and return the shape."""
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    elif version == (2, 0):
        shape, _, dtype = np.lib.format.read_array_header_2_0(file)
    else:
        raise ValueError(f"version {version} of the format is not supported")
    if dtype.kind not in "fiub":
        raise ValueError(f"an array of {dtype}, expected numbers")
    if min(shape, default=0) < 0:
        raise ValueError(f"impossible shape {shape}")
    if file.tell() + math.prod(shape) * dtype.itemsize != num_bytes:
        raise ValueError(f"its size does not match its shape {shape}")
    return tuple(shape)
