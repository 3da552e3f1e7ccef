import io
import zipfile

import numpy as np
import pytest

from animegan_tf.utils.array_file import map_array, read_arrays, read_shapes


@pytest.fixture
def sound(tmp_path):
    path = tmp_path / "sound.npz"
    np.savez_compressed(path, a=np.arange(6.0).reshape(2, 3), b=np.array(7))
    return path


def _member(header_shape, content, dtype="<f4"):
    """A `.npy` file whose header claims a shape, whatever its content."""
    file = io.BytesIO()
    header = {"descr": dtype, "fortran_order": False, "shape": header_shape}
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue() + content


def _archive(path, *members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def test_shapes_and_arrays_are_those_written(sound):
    assert read_shapes(sound) == {"a": (2, 3), "b": ()}
    arrays = read_arrays(sound)
    np.testing.assert_array_equal(arrays["a"], np.arange(6.0).reshape(2, 3))
    assert arrays["b"] == 7
    assert list(read_arrays(sound, ["b"])) == ["b"]


def test_a_name_that_the_file_lacks_is_a_key_error(sound):
    with pytest.raises(KeyError, match="c"):
        read_arrays(sound, ["a", "c"])


@pytest.mark.parametrize("shape", [(2**40,), (10**6, 10**6), (-1,), (3,)])
def test_a_shape_that_the_bytes_do_not_bear_out_is_refused(tmp_path, shape):
    path = _archive(tmp_path / "w.npz", ("a.npy", _member(shape, bytes(8))))
    with pytest.raises(ValueError, match=r"Not a sound .npz file: .*w\.npz.*shape"):
        read_shapes(path)
    with pytest.raises(ValueError, match="shape"):
        read_arrays(path)


def test_objects_and_texts_are_refused(tmp_path):
    np.savez(tmp_path / "o.npz", a=np.array([None]))
    np.savez(tmp_path / "t.npz", a=np.array(["text"]))
    for name in ("o.npz", "t.npz"):
        with pytest.raises(ValueError, match="expected numbers"):
            read_arrays(tmp_path / name)


def test_two_arrays_of_one_name_are_refused(tmp_path):
    member = _member((2,), bytes(8))
    path = _archive(tmp_path / "w.npz", ("a.npy", member), ("a", member))
    with pytest.raises(ValueError, match="two arrays of one name"):
        read_shapes(path)


def test_a_changed_byte_is_found_by_the_checksum(tmp_path):
    path = tmp_path / "w.npz"
    np.savez(path, a=np.full(1000, 1.0))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert read_shapes(path) == {"a": (1000,)}
    with pytest.raises(ValueError, match="CRC"):
        read_arrays(path)


def test_a_mapped_file_gives_its_array_and_refuses_a_false_header(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(4))
    np.testing.assert_array_equal(map_array(tmp_path / "a.npy"), np.arange(4))
    (tmp_path / "b.npy").write_bytes(_member((2**40,), bytes(8)))
    with pytest.raises(ValueError, match=r"Not a sound .npy file: .*b\.npy"):
        map_array(tmp_path / "b.npy")
    with pytest.raises(FileNotFoundError):
        map_array(tmp_path / "gone.npy")
