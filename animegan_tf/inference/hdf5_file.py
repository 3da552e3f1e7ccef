"""Look into an HDF5 file of weights before it is read."""

import io
import math

import h5py


def read_dataset_shapes(data: bytes) -> dict[str, tuple[int, ...]]:
    """Read the shape of every dataset; the values are not touched.

    HDF5 can name other files to take values from, and claim arrays far larger than
    itself. Weights need neither.

    Args:
        data: Content of the file.

    Returns:
        Shape by path.

    Raises:
        ValueError: If a link or dataset leads outside the file, or claims more bytes
            than the file has.
    """
    shapes = {}
    with h5py.File(io.BytesIO(data), "r") as file:
        groups = [("", file)]
        while groups:
            prefix, group = groups.pop()
            for name in group:
                path = f"{prefix}/{name}"
                if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                    raise ValueError(f"{path} is a link")
                item = group[name]
                if isinstance(item, h5py.Group):
                    # A group that holds itself would go on for ever.
                    if path.count("/") > 100:
                        raise ValueError("groups nested too deeply")
                    groups.append((path, item))
                else:
                    shapes[path] = _check_dataset(path, item, len(data))
    return shapes


def _check_dataset(path, dataset, num_bytes):
    if not isinstance(dataset, h5py.Dataset):
        raise ValueError(f"{path} is no array")
    if dataset.external or dataset.is_virtual:
        raise ValueError(f"{path} takes its values from another file")
    shape = dataset.shape
    if shape is None or math.prod(shape) * dataset.dtype.itemsize > num_bytes:
        raise ValueError(f"{path} claims the impossible shape {shape}")
    return shape
