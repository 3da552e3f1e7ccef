"""PyTorch files, sound and hostile, written here byte by byte without PyTorch."""

import pickle
import struct
import zipfile

import numpy as np
import pytest

from animegan_tf.importing.torch_file import is_torch_file, read_torch_state


def text(value):
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def number(value):
    data = value.to_bytes((value.bit_length() + 8) // 8, "little", signed=True)
    return b"\x8a" + bytes([len(data)]) + data


def numbers(values):
    return b"(" + b"".join(number(value) for value in values) + b"t"


def name(module, attribute):
    return f"c{module}\n{attribute}\n".encode()


ORDERED_DICT = name("collections", "OrderedDict") + b")R"


def storage(key="0", kind="FloatStorage", length=6):
    fields = text("storage") + name("torch", kind) + text(key) + text("cpu")
    return b"(" + fields + number(length) + b"tQ"


def tensor(content=None, offset=0, shape=(2, 3), strides=(3, 1)):
    fields = (content or storage()) + number(offset) + numbers(shape) + numbers(strides)
    function = name("torch._utils", "_rebuild_tensor_v2")
    return function + b"(" + fields + b"\x89" + ORDERED_DICT + b"tR"


def state_dict(**values):
    items = b"".join(text(key) + value for key, value in values.items())
    return ORDERED_DICT + b"(" + items + b"u"


def write(path, content, storages=None, root="archive", **entries):
    """Write an archive whose pickle has the opcodes `content`."""
    if storages is None:
        storages = {"0": np.arange(6, dtype="<f4").tobytes()}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{root}/data.pkl", b"\x80\x02" + content + b".")
        for key, data in {**storages}.items():
            archive.writestr(f"{root}/data/{key}", data)
        for key, data in entries.items():
            archive.writestr(f"{root}/{key}", data)
    return path


@pytest.fixture
def path(tmp_path):
    return tmp_path / "weights.pt"


def error_of(path):
    with pytest.raises(ValueError) as caught:
        read_torch_state(path)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    return message


def test_shape_stride_and_offset_select_the_values(path):
    write(
        path,
        state_dict(
            whole=tensor(),
            transposed=tensor(shape=(3, 2), strides=(1, 3)),
            tail=tensor(offset=4, shape=(2,), strides=(1,)),
            scalar=tensor(offset=5, shape=(), strides=()),
        ),
    )
    values = read_torch_state(path)
    np.testing.assert_array_equal(values["whole"], [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(values["transposed"], [[0, 3], [1, 4], [2, 5]])
    np.testing.assert_array_equal(values["tail"], [4, 5])
    assert values["scalar"] == 5
    assert list(values) == ["whole", "transposed", "tail", "scalar"]
    assert values["transposed"].flags.c_contiguous


@pytest.mark.parametrize(
    "kind, stored, dtype",
    [
        ("FloatStorage", np.array([1.5, -2], "<f4"), "float32"),
        ("DoubleStorage", np.array([1.5, -2], "<f8"), "float64"),
        ("HalfStorage", np.array([1.5, -2], "<f2"), "float16"),
        # The upper halves of the float32 values 1.5 and -2.
        ("BFloat16Storage", np.array([0x3FC0, 0xC000], "<u2"), "float32"),
        ("LongStorage", np.array([3, -2], "<i8"), "int64"),
        ("IntStorage", np.array([3, -2], "<i4"), "int32"),
        ("ShortStorage", np.array([3, -2], "<i2"), "int16"),
        ("CharStorage", np.array([3, -2], "i1"), "int8"),
    ],
)
@pytest.mark.parametrize("order", ["little", "big"])
def test_every_dtype_is_read_in_both_byte_orders(path, kind, stored, dtype, order):
    data = stored.byteswap() if order == "big" else stored
    content = tensor(storage(kind=kind, length=2), shape=(2,), strides=(1,))
    write(path, state_dict(x=content), {"0": data.tobytes()}, byteorder=order)
    values = read_torch_state(path)["x"]
    assert values.dtype == dtype
    np.testing.assert_array_equal(values, [3 if dtype.startswith("int") else 1.5, -2])


def test_names_of_nested_state_dicts_begin_with_their_keys(path):
    inner = state_dict(**{"module.a": tensor(), "b": tensor()})
    loss = text("loss") + tensor()
    content = b"}(" + text("epoch") + number(7) + loss + text("G") + inner + b"u"
    assert set(read_torch_state(write(path, content))) == {"loss", "G.module.a", "G.b"}


def test_a_dict_inside_of_itself_is_read_once(path):
    # Memo 0 is a dict that holds a tensor and, twice, itself.
    own = text("x") + b"h\x00" + text("y") + b"h\x00"
    content = b"}q\x00(" + text("a") + tensor() + own + b"u"
    assert list(read_torch_state(write(path, content))) == ["a"]


def test_a_parameter_is_read_as_its_tensor(path):
    function = name("torch._utils", "_rebuild_parameter")
    parameter = function + b"(" + tensor() + b"\x88" + ORDERED_DICT + b"tR"
    values = read_torch_state(write(path, state_dict(x=parameter)))
    np.testing.assert_array_equal(values["x"], [[0, 1, 2], [3, 4, 5]])


def test_attributes_of_the_ordered_dict_are_ignored(path):
    # PyTorch keeps the versions of the modules in an attribute `_metadata`.
    content = state_dict(x=tensor()) + b"}" + text("_metadata") + ORDERED_DICT + b"sb"
    assert list(read_torch_state(write(path, content))) == ["x"]


def test_is_torch_file_needs_a_pickle_in_a_zip(path, tmp_path):
    assert is_torch_file(write(path, state_dict(x=tensor())))
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("a/config.json", "{}")
    assert not is_torch_file(tmp_path / "other.zip")
    assert not is_torch_file(tmp_path / "missing.pt")


CALLS = {
    "os.system": name("os", "system"),
    "posix.system": name("posix", "system"),
    "builtins.eval": name("builtins", "eval"),
    "__builtin__.exec": name("__builtin__", "exec"),
    "builtins.getattr": name("builtins", "getattr"),
    "torch.load": name("torch", "load"),
    "collections.OrderedDict.fromkeys": name("collections", "OrderedDict.fromkeys"),
    # The same with the opcode of protocol 4.
    "subprocess.Popen": text("subprocess") + text("Popen") + b"\x93",
}


@pytest.mark.parametrize("target", CALLS)
def test_a_named_function_is_neither_imported_nor_called(path, tmp_path, target):
    trace = tmp_path / "trace"
    command = text(f"touch {trace}")
    content = CALLS[target] + b"(" + command + b"tR" + b"0" + state_dict(x=tensor())
    assert target.split(".")[-1] in error_of(write(path, content))
    assert not trace.exists()


def test_a_pickled_object_with_code_is_refused(path, tmp_path):
    class Attack:
        def __reduce__(self):
            return open, (str(tmp_path / "trace"), "w")

    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({"x": Attack()}))
    assert "open" in error_of(path)
    assert not (tmp_path / "trace").exists()


@pytest.mark.parametrize(
    "content",
    [
        # New attributes of a marker, as a dict of attributes and as slots.
        name("torch", "FloatStorage") + b"}" + text("name") + text("x") + b"sb",
        name("torch", "FloatStorage") + b"N}" + text("name") + text("x") + b"s\x86b",
        # New fields of a tensor, after it was checked.
        tensor() + b"}" + text("offset") + number(99) + b"sb",
        tensor() + b"N}" + text("offset") + number(99) + b"s\x86b",
        # A call, and an instance, of a storage type.
        name("torch", "FloatStorage") + b")R",
        name("torch", "FloatStorage") + b")\x81",
    ],
)
def test_markers_and_tensors_cannot_be_changed(path, content):
    error_of(write(path, state_dict(x=content)))
    np.testing.assert_array_equal(
        read_torch_state(write(path, state_dict(x=tensor())))["x"],
        [[0, 1, 2], [3, 4, 5]],
    )


@pytest.mark.parametrize(
    "arguments",
    [
        {"offset": 1},
        {"offset": 2**70},
        {"offset": -1},
        {"shape": (2**40, 2**40), "strides": (0, 0)},
        {"shape": (2**62,), "strides": (0,)},
        {"shape": (2, 3), "strides": (4, 1)},
        {"shape": (2, 3), "strides": (-3, 1)},
        {"shape": (2, -3)},
        {"shape": (2, 3), "strides": (1,)},
        {"shape": (0, 5), "strides": (5, 1), "offset": 7},
        {"shape": (1,) * 40, "strides": (1,) * 40},
    ],
)
def test_tensors_beyond_their_storage_are_refused(path, arguments):
    content = state_dict(x=tensor(**arguments))
    assert "tensor" in error_of(write(path, content))


def test_tensors_may_share_values_but_not_fill_the_memory(path):
    values = np.arange(10_000, dtype="<f4")
    content = tensor(storage(length=10_000), shape=(10_000,), strides=(1,))

    def write_copies(number):
        names = {f"x{index}": content for index in range(number)}
        return write(path, state_dict(**names), {"0": values.tobytes()})

    np.testing.assert_array_equal(read_torch_state(write_copies(2))["x1"], values)
    assert "overlap" in error_of(write_copies(9))


@pytest.mark.parametrize("length", [5, 7, 2**80, -1])
def test_a_storage_must_have_the_size_of_its_entry(path, length):
    content = state_dict(x=tensor(storage(length=length), shape=(2,), strides=(1,)))
    assert "must have" in error_of(write(path, content))


@pytest.mark.parametrize("key", ["../data.pkl", "a/b", "1", ""])
def test_a_storage_must_be_an_entry_of_the_data_folder(path, key):
    storages = {"a/b": bytes(24), "0": bytes(24)}
    content = state_dict(x=tensor(storage(key=key)))
    assert "storage" in error_of(write(path, content, storages))


@pytest.mark.parametrize("kind", ["ComplexFloatStorage", "nn.Module"])
def test_other_storage_types_are_refused(path, kind):
    assert kind in error_of(write(path, state_dict(x=tensor(storage(kind=kind)))))


def test_a_large_memo_index_is_refused_before_it_takes_memory(path):
    content = state_dict(x=tensor()) + b"r" + struct.pack("<I", 2**32 - 2)
    assert "memo" in error_of(write(path, content))


@pytest.mark.parametrize("again", [b"2", b"q\x05h\x05", b"q\x050h\x05h\x05"])
def test_tuples_nested_in_themselves_are_refused_before_they_are_hashed(path, again):
    # As a key of a dict, a tuple of 2^60 numbers would be hashed for years.
    nested = numbers((1, 2)) + (again + b"\x86") * 60
    content = b"}" + nested + b"Ns0" + state_dict(x=tensor())
    prefix = b"".join(b"Nq" + bytes([index]) + b"0" for index in range(5))
    assert "again and again" in error_of(write(path, prefix + content))


def test_the_format_before_1_6_is_refused_with_advice(path):
    path.write_bytes(pickle.dumps(0x1950A86A20F9469CFC6C, 2) + bytes(100))
    assert "save it again" in error_of(path)


def test_nested_and_doubled_archives_are_refused(path):
    write(path, state_dict(x=tensor()), root="a/b")
    assert "NAME/data.pkl" in error_of(path)
    with pytest.warns(UserWarning), zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/data.pkl", b"")
        archive.writestr("a/data.pkl", b"")
    assert "same name" in error_of(path)


def test_compressed_entries_are_refused(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/data.pkl", bytes(2**20))
    assert "compressed" in error_of(path)


@pytest.mark.parametrize("content", [b"", b"N", b"]", state_dict(), tensor(), b"K\x05"])
def test_content_without_named_tensors_is_refused(path, content):
    error_of(write(path, content))


def test_every_cut_of_a_file_gives_one_line(path):
    data = write(path, state_dict(x=tensor())).read_bytes()
    for length in range(0, len(data), 23):
        path.write_bytes(data[:length])
        error_of(path)


def test_every_changed_byte_of_the_pickle_is_read_or_refused(path):
    content = b"\x80\x02" + state_dict(x=tensor()) + b"."
    for position in range(len(content)):
        changed = bytearray(content)
        changed[position] ^= 0x55
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a/data.pkl", bytes(changed))
            archive.writestr("a/data/0", bytes(24))
        try:
            values = read_torch_state(path)
        except ValueError:
            continue
        assert all(array.size <= 6 for array in values.values())


def test_a_missing_file_is_reported_as_missing(path):
    with pytest.raises(FileNotFoundError, match="No such file"):
        read_torch_state(path)
