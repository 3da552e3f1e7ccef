import io

import h5py
import numpy as np
import pytest

from animegan_tf.inference.hdf5_file import read_dataset_shapes


def _hdf5(write):
    file = io.BytesIO()
    with h5py.File(file, "w") as archive:
        write(archive)
    return file.getvalue()


def test_shapes_are_found_at_any_depth():
    data = _hdf5(lambda f: f.create_dataset("a/b/0", data=np.zeros((2, 3))))
    assert read_dataset_shapes(data) == {"/a/b/0": (2, 3)}


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda f: f.update(a=h5py.ExternalLink("/etc/passwd", "/")), "/a is a link"),
        (lambda f: f.update(a=h5py.SoftLink("/b")), "/a is a link"),
        (
            lambda f: f.create_dataset(
                "a", (4,), "uint8", external=[("/etc/passwd", 0, 4)]
            ),
            "/a takes its values from another file",
        ),
        (
            lambda f: f.create_dataset("a", (10**6, 10**6), chunks=(10, 10)),
            "impossible shape",
        ),
    ],
)
def test_what_leads_out_of_the_file_or_beyond_it_is_refused(write, message):
    with pytest.raises(ValueError, match=message):
        read_dataset_shapes(_hdf5(write))


def test_a_group_that_holds_itself_ends():
    def write(file):
        file.create_group("a")
        file["a/again"] = file["a"]

    with pytest.raises(ValueError, match="groups nested too deeply"):
        read_dataset_shapes(_hdf5(write))


def test_scalars_and_empty_files_are_sound():
    assert read_dataset_shapes(_hdf5(lambda file: None)) == {}
    data = _hdf5(lambda file: file.create_dataset("step", data=7))
    assert read_dataset_shapes(data) == {"/step": ()}


def test_a_type_is_no_array():
    def write(file):
        file["kind"] = np.dtype("float32")

    with pytest.raises(ValueError, match="/kind is no array"):
        read_dataset_shapes(_hdf5(write))
