"""Extract the images of a `.npy` file to a folder, which all recipes read."""

import json
import shutil
from pathlib import Path

import numpy as np

from animegan_tf.data.datasets.arrays import ImageArray
from animegan_tf.imaging.arrays import to_uint8
from animegan_tf.imaging.writing import write_image

SUFFIX = ".npy"
_SOURCE_FILE = "source.json"


def is_array_file(path) -> bool:
    """Return whether a path is that of a `.npy` file rather than of a folder."""
    return Path(path).suffix == SUFFIX and not Path(path).is_dir()


def extract_images(source, folder, *, argument: str = "images") -> Path:
    """Write the images of a `.npy` file as PNG files, unless that was done before.

    Args:
        source: File of uint8 images in [0, 255] or float images in [-1, 1],
            `(count, height, width, channels)`, with 1, 3 or 4 channels.
        folder: Folder to write to, named by the images' indices, such as `000000.png`;
            made if missing, replaced if it is of another file.
        argument: Name of the argument in error messages.

    Returns:
        The folder.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it does not hold such images.
    """
    source, folder = Path(source), Path(folder)
    images = ImageArray(source, argument=argument)
    if images.shape[3] not in (1, 3, 4):
        raise ValueError(
            f"`{argument}` must have 1, 3 or 4 channels. Received: shape {images.shape}"
        )
    status = source.stat()
    origin = {
        "path": str(source.absolute()),
        "size": status.st_size,
        "modified": status.st_mtime_ns,
    }
    if _is_of(folder, origin):
        return folder
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    for index in range(len(images)):
        image = to_uint8(images.take(slice(index, index + 1))[0])
        if image.shape[2] == 1:
            image = np.repeat(image, 3, axis=2)
        write_image(image, folder / f"{index:06d}.png")
    # Last, so that an interrupted extraction is made again.
    (folder / _SOURCE_FILE).write_text(json.dumps(origin), encoding="utf-8")
    return folder


def _is_of(folder: Path, origin) -> bool:
    try:
        text = (folder / _SOURCE_FILE).read_text(encoding="utf-8")
        return json.loads(text) == origin
    except (OSError, ValueError):
        return False
