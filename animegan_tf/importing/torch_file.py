"""Read the tensors of a PyTorch state dict without PyTorch and without running code.

A `.pt` file is a zip archive of a pickle and the tensors' bytes. Unpickling calls
whatever functions the file names; here it can name a few inert markers only, which
record what a tensor is. The arrays are made afterwards, when everything is checked.
"""

import collections
import io
import math
import pickle
import pickletools
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from animegan_tf.utils.messages import reason_of

# The pickle of a state dict takes some hundred bytes per tensor.
_MAX_PICKLE = 2**24
_MAX_DIMENSIONS = 8
# Most bytes of tensors per byte of the file.
_MAX_EXPANSION = 4
# Dtypes of the storages; NumPy has no bfloat16, the upper half of a float32.
_DTYPES = {
    "FloatStorage": "f4",
    "DoubleStorage": "f8",
    "HalfStorage": "f2",
    "BFloat16Storage": "bfloat16",
    "LongStorage": "i8",
    "IntStorage": "i4",
    "ShortStorage": "i2",
    "CharStorage": "i1",
    "ByteStorage": "u1",
    "BoolStorage": "?",
}
# Dicts inside of each other in which tensors are looked for.
_MAX_DEPTH = 6
_PUTS = ("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE")
_GETS = ("GET", "BINGET", "LONG_BINGET")
# Opcodes of objects that state dicts use again.
_REPEATED = (
    "BINPERSID",
    "BINUNICODE",
    "EMPTY_DICT",
    "EMPTY_LIST",
    "EMPTY_TUPLE",
    "GLOBAL",
    "REDUCE",
    "SHORT_BINUNICODE",
    "STACK_GLOBAL",
)
_MAX_REPEATS = 16


def is_torch_file(path) -> bool:
    """Return whether a file is a zip archive with a pickle, as PyTorch saves it."""
    path = Path(path)
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any(name.endswith("data.pkl") for name in archive.namelist())


def read_torch_state(path) -> dict[str, np.ndarray]:
    """Read a state dict that `torch.save` wrote.

    The file must be in the zip format, the default since PyTorch 1.6, of either byte
    order. Where a training saved its state dicts in a dict, names begin with their
    keys: `"generator.block.weight"`. No code of the file is run.

    Args:
        path: The `.pt` or `.pth` file.

    Returns:
        Dict from name to array, of a dtype of NumPy; bfloat16 becomes float32.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is damaged, in another format, or holds anything but
            tensors in plain Python containers.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"No such file: {str(path)!r}")
    try:
        return _read(path)
    except (FileNotFoundError, PermissionError, MemoryError):
        raise
    # pickle and zipfile raise many kinds of errors for damaged files.
    except Exception as error:
        raise ValueError(
            f"Not a PyTorch state dict that can be read: {str(path)!r} "
            f"({reason_of(error)})"
        ) from error


def _read(path: Path) -> dict[str, np.ndarray]:
    if not zipfile.is_zipfile(path):
        raise ValueError(
            "it is not a zip archive; if it was saved before PyTorch 1.6, load and "
            "save it again with a newer version"
        )
    with zipfile.ZipFile(path) as archive:
        entries = _Entries(archive)
        unpickler = _Unpickler(entries.read_pickle(), entries)
        tensors = _find_tensors(unpickler.load())
        # Tensors may share a storage, but not so often that they fill the memory.
        size = sum(tensor.num_bytes for tensor in tensors.values())
        if size > _MAX_EXPANSION * path.stat().st_size:
            raise ValueError(f"its tensors would take {size} bytes, as they overlap")
        return {name: entries.read_tensor(tensor) for name, tensor in tensors.items()}


class _Entries:
    """The entries of the archive that belong to the state dict, with their sizes."""

    def __init__(self, archive):
        self._archive = archive
        self._infos = {info.filename: info for info in archive.infolist()}
        if len(self._infos) != len(archive.infolist()):
            raise ValueError("two entries of the archive have the same name")
        pickles = [name for name in self._infos if name.endswith("data.pkl")]
        if len(pickles) != 1 or pickles[0].count("/") != 1:
            raise ValueError("the archive must have one entry NAME/data.pkl")
        self._root = pickles[0].partition("/")[0]
        self._order = self._read_byte_order()

    def read_pickle(self) -> bytes:
        """Return the pickle after a look at its opcodes."""
        data = self._read(f"{self._root}/data.pkl", limit=_MAX_PICKLE)
        _check_opcodes(data)
        return data

    def storage(self, key, dtype: str, length) -> "_Storage":
        """Return the record of a storage; its bytes are checked, not read."""
        name = f"{self._root}/data/{key}"
        if "/" in key or name not in self._infos:
            raise ValueError(f"it has no data of the storage {_short(key)}")
        size = self._info(name).file_size
        needed = length * _item_size(dtype) if _is_count(length) else -1
        if needed != size:
            raise ValueError(
                f"the storage {_short(key)} must have {_short(needed)} bytes, but has "
                f"{size}"
            )
        return _Storage(name, dtype, length)

    def read_tensor(self, tensor: "_Tensor") -> np.ndarray:
        """Read the values of a checked tensor into a new array."""
        storage = tensor.storage
        data = self._read(storage.entry)
        kind = "u2" if storage.dtype == "bfloat16" else storage.dtype
        values = np.frombuffer(data, np.dtype(kind).newbyteorder(self._order))
        values = values[tensor.offset :]
        strides = tuple(step * values.itemsize for step in tensor.strides)
        view = np.lib.stride_tricks.as_strided(
            values, tensor.shape, strides, writeable=False
        )
        array = view.astype(view.dtype.newbyteorder("="), order="C", copy=True)
        if storage.dtype == "bfloat16":
            array = (array.astype("u4") << 16).view("f4")
        return array

    def _read_byte_order(self) -> str:
        name = f"{self._root}/byteorder"
        # Older files do not have it and are little-endian.
        order = self._read(name, limit=16) if name in self._infos else b"little"
        if order.strip() not in (b"little", b"big"):
            raise ValueError(f"its byte order {order!r} is unknown")
        return "<" if order.strip() == b"little" else ">"

    def _info(self, name):
        info = self._infos[name]
        # PyTorch does not compress, so the sizes cannot exceed that of the file.
        if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1:
            raise ValueError(f"the entry {name!r} is compressed or encrypted")
        return info

    def _read(self, name, limit=None) -> bytes:
        info = self._info(name)
        if limit is not None and info.file_size > limit:
            raise ValueError(f"the entry {name!r} is larger than {limit} bytes")
        data = self._archive.read(info)
        if len(data) != info.file_size:
            raise ValueError(f"the entry {name!r} is cut off")
        return data


# Named tuples, because pickles can change the fields of other objects after the checks.
class _Storage(NamedTuple):
    entry: str
    dtype: str
    length: int


class _Tensor(NamedTuple):
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    @property
    def num_bytes(self) -> int:
        return math.prod(self.shape) * _item_size(self.storage.dtype)


class _Marker:
    """Stands for a class or function that a pickle may name.

    Pickles can set attributes of what they name, and call it; a marker has no
    attributes that can be set, and its call only records the arguments.
    """

    __slots__ = ("_call", "name")

    def __init__(self, name, call=None):
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "_call", call)

    def __setattr__(self, name, value):
        raise ValueError("it changes an attribute of a class")

    def __call__(self, *arguments):
        if self._call is None:
            raise ValueError(f"it calls {self.name}")
        return self._call(*arguments)


def _rebuild_tensor(storage, offset, shape, strides, *_) -> _Tensor:
    """Record a tensor, if all its values lie inside its storage."""
    if not isinstance(storage, _Storage):
        raise ValueError("a tensor has no storage")
    sizes = (*shape, *strides) if isinstance(shape, tuple) else (None,)
    if not all(_is_count(n) for n in (offset, *sizes)) or len(shape) != len(strides):
        raise ValueError("a tensor has an invalid shape, stride or offset")
    count = math.prod(shape)
    last = offset + sum((n - 1) * s for n, s in zip(shape, strides, strict=True))
    too_large = count > storage.length or (count and last >= storage.length)
    if len(shape) > _MAX_DIMENSIONS or offset > storage.length or too_large:
        raise ValueError(
            f"a tensor of shape {_short(shape)} at offset {_short(offset)} exceeds its "
            f"storage of {storage.length} values"
        )
    return _Tensor(storage, offset, shape, strides)


def _rebuild_parameter(tensor, *_) -> _Tensor:
    if not isinstance(tensor, _Tensor):
        raise ValueError("a parameter is not a tensor")
    return tensor


_GLOBALS = {
    ("collections", "OrderedDict"): _Marker("OrderedDict", collections.OrderedDict),
    ("torch._utils", "_rebuild_tensor_v2"): _Marker("tensor", _rebuild_tensor),
    ("torch._utils", "_rebuild_parameter"): _Marker("parameter", _rebuild_parameter),
    **{("torch", name): _Marker(name) for name in _DTYPES},
}


class _Unpickler(pickle.Unpickler):
    """Unpickler of state dicts."""

    def __init__(self, data: bytes, entries: _Entries):
        super().__init__(io.BytesIO(data))
        self._entries = entries

    def find_class(self, module: str, name: str) -> _Marker:
        """Return a marker; nothing is imported."""
        marker = _GLOBALS.get((module, name))
        if marker is None:
            raise ValueError(
                f"it names {_short(f'{module}.{name}')}, but only tensors are read"
            )
        return marker

    def persistent_load(self, pid) -> _Storage:
        """Record a storage: `("storage", type, key, device, length)`."""
        if not isinstance(pid, tuple) or len(pid) != 5 or pid[0] != "storage":
            raise ValueError("it refers to something other than a storage")
        _, kind, key, _, length = pid
        if not isinstance(key, str):
            raise ValueError("the key of a storage is not a string")
        dtype = _DTYPES.get(kind.name) if isinstance(kind, _Marker) else None
        if dtype is None:
            raise ValueError(f"the type of the storage {_short(key)} is unknown")
        return self._entries.storage(key, dtype, length)


def _check_opcodes(data: bytes) -> None:
    """Check that unpickling takes no more time and memory than the pickle's size says.

    Raises:
        ValueError: If the memo has gaps, for which memory would be allocated; or if
            tuples are used again and again: nested in each other, their hashes take
            exponential time.
    """
    memo, nestable, repeats, previous = set(), set(), 0, None
    for count, (opcode, argument, _) in enumerate(pickletools.genops(data)):
        name = opcode.name
        if name in _PUTS:
            index = len(memo) if name == "MEMOIZE" else argument
            if index > count:
                raise ValueError("its pickle has an invalid memo index")
            memo.add(index)
            (nestable.discard if previous in _REPEATED else nestable.add)(index)
            continue
        repeats += name == "DUP" or (name in _GETS and argument in nestable)
        if repeats > _MAX_REPEATS:
            raise ValueError("its pickle uses tuples again and again")
        previous = name


def _find_tensors(content) -> dict[str, _Tensor]:
    """Return the tensors in nested dicts, by their keys joined with dots."""
    tensors, seen = {}, set()
    pending = [("", content, 0)]
    while pending:
        start, values, depth = pending.pop()
        # A dict may be used again, also inside of itself.
        if not isinstance(values, dict) or id(values) in seen or depth > _MAX_DEPTH:
            continue
        seen.add(id(values))
        for key, value in values.items():
            if isinstance(key, str) and isinstance(value, _Tensor):
                tensors[start + key] = value
            elif isinstance(key, str):
                pending.append((f"{start}{key}.", value, depth + 1))
    if not tensors:
        raise ValueError("it has no tensors by name")
    return tensors


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _item_size(dtype: str) -> int:
    return 2 if dtype == "bfloat16" else np.dtype(dtype).itemsize


def _short(value: int | str | tuple[int, ...]) -> str:
    # Numbers of a damaged file can have more digits than Python converts.
    if isinstance(value, int):
        return str(value) if value.bit_length() <= 64 else "2^64 or more"
    if isinstance(value, tuple):
        return f"({', '.join(_short(item) for item in value[:_MAX_DIMENSIONS])})"
    return repr(value if len(value) <= 60 else f"{value[:57]}...")
