import io
import os
import stat
import zipfile

import numpy as np
import pytest

from animegan_tf.utils.array_file import map_array, read_arrays, read_shapes
from animegan_tf.utils.atomic_path import atomic_path, is_temporary
from animegan_tf.utils.json_file import parse_json, read_json


def test_file_is_replaced_only_when_the_block_succeeds(tmp_path):
    path = tmp_path / "a.txt"
    with atomic_path(path) as temporary:
        assert temporary.parent == tmp_path and temporary.suffix == ".txt"
        temporary.write_text("old")
        assert not path.exists()
    with pytest.raises(RuntimeError):
        with atomic_path(path) as temporary:
            temporary.write_text("new")
            raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_temporary_files_are_recognized_by_their_names(tmp_path):
    for name in ("a.txt", "no suffix", ".hidden", "x" * 60 + ".json"):
        with atomic_path(tmp_path / name) as temporary:
            assert is_temporary(temporary)
        assert not is_temporary(tmp_path / name)
    assert not is_temporary(".holiday-20240101.png")


@pytest.mark.skipif(os.name == "nt", reason="no file modes on Windows")
def test_written_files_follow_the_umask(tmp_path):
    old = os.umask(0o027)
    try:
        with atomic_path(tmp_path / "a.txt"):
            pass
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == 0o640


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "arrays.npz"
    np.savez_compressed(path, a=np.arange(6.0).reshape(2, 3), b=np.array(7))
    return path


def _member(header_shape, content, dtype="<f4"):
    """Build a `.npy` file whose header declares a shape, whatever the content."""
    file = io.BytesIO()
    header = {"descr": dtype, "fortran_order": False, "shape": header_shape}
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue() + content


def _archive(path, *members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def test_shapes_and_arrays_are_those_written(archive):
    assert read_shapes(archive) == {"a": (2, 3), "b": ()}
    arrays = read_arrays(archive)
    np.testing.assert_array_equal(arrays["a"], np.arange(6.0).reshape(2, 3))
    assert arrays["b"] == 7
    assert list(read_arrays(archive, ["b"])) == ["b"]


def test_missing_name_is_a_key_error(archive):
    with pytest.raises(KeyError, match="c"):
        read_arrays(archive, ["a", "c"])


@pytest.mark.parametrize("shape", [(2**40,), (10**6, 10**6), (-1,), (3,)])
def test_shape_that_does_not_match_the_data_is_refused(tmp_path, shape):
    path = _archive(tmp_path / "w.npz", ("a.npy", _member(shape, bytes(8))))
    with pytest.raises(ValueError, match=r"Not a valid .npz file: .*w\.npz.*shape"):
        read_shapes(path)
    with pytest.raises(ValueError, match="shape"):
        read_arrays(path)


def test_arrays_of_objects_and_text_are_refused(tmp_path):
    np.savez(tmp_path / "o.npz", a=np.array([None]))
    np.savez(tmp_path / "t.npz", a=np.array(["text"]))
    for name in ("o.npz", "t.npz"):
        with pytest.raises(ValueError, match="expected numbers"):
            read_arrays(tmp_path / name)


def test_two_arrays_with_the_same_name_are_refused(tmp_path):
    member = _member((2,), bytes(8))
    path = _archive(tmp_path / "w.npz", ("a.npy", member), ("a", member))
    with pytest.raises(ValueError, match="two arrays with the same name"):
        read_shapes(path)


def test_a_changed_byte_fails_the_checksum(tmp_path):
    path = tmp_path / "w.npz"
    np.savez(path, a=np.full(1000, 1.0))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert read_shapes(path) == {"a": (1000,)}
    with pytest.raises(ValueError, match="CRC"):
        read_arrays(path)


def test_mapped_array_equals_the_file_and_a_false_header_is_refused(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(4))
    np.testing.assert_array_equal(map_array(tmp_path / "a.npy"), np.arange(4))
    (tmp_path / "b.npy").write_bytes(_member((2**40,), bytes(8)))
    with pytest.raises(ValueError, match=r"Not a valid .npy file: .*b\.npy"):
        map_array(tmp_path / "b.npy")
    with pytest.raises(FileNotFoundError):
        map_array(tmp_path / "gone.npy")


def test_byte_order_mark_is_skipped(tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes(b'\xef\xbb\xbf{"steps": 5}')
    assert read_json(path) == {"steps": 5}


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe{\x00}\x00", b"[" * 100_000, b""])
def test_invalid_json_is_refused_in_one_line_with_the_file(tmp_path, content):
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"Not a JSON file: .*a\.json") as error:
        read_json(path)
    assert "\n" not in str(error.value)


def test_deep_nesting_is_a_value_error():
    with pytest.raises(ValueError, match="nested too deeply"):
        parse_json("[" * 100_000)
