"""Folders of pictures: checked lists of files, and a bounded cache of pictures."""

import collections
import concurrent.futures
import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from animegan_tf.imaging.formats import list_images
from animegan_tf.imaging.reading import open_image, read_image

logger = logging.getLogger("animegan_tf")


def scan_images(
    folder, *, recursive: bool = True, minimum: int = 1, argument: str = "photos"
) -> list[Path]:
    """List the pictures of a folder that really can be read, sorted by path.

    Every file is decoded to its end, since a truncated one looks sound at its start.
    Those that cannot be read are logged by name as warnings and left out.

    Args:
        folder: Folder of pictures.
        recursive: Whether to search its subfolders too.
        minimum: Number of readable pictures below which the folder is refused.
        argument: Name of the caller's argument, for the error messages.

    Returns:
        Paths of the readable pictures, sorted.

    Raises:
        FileNotFoundError: If there is no such folder.
        ValueError: If it is not a folder, or holds too few readable pictures.
    """
    # An empty path would stand for the folder that the program runs in.
    if not os.fspath(folder):
        raise ValueError(f"`{argument}` must name a folder of pictures. Received: none")
    folder = Path(folder)
    expected = f"`{argument}` must be a folder of pictures"
    if not folder.exists():
        raise FileNotFoundError(
            f"{expected}; this one does not exist. Received: {argument}={str(folder)!r}"
        )
    if not folder.is_dir():
        raise ValueError(
            f"{expected}, not a file. Received: {argument}={str(folder)!r}"
        )
    paths = list_images(folder, recursive=recursive)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        defects = list(pool.map(_find_defect, paths))
    readable = [path for path, defect in zip(paths, defects, strict=True) if not defect]
    num_skipped = len(paths) - len(readable)
    for defect in filter(None, defects):
        logger.warning("Picture skipped. %s", defect)
    if num_skipped:
        logger.warning(
            "%d of %d pictures in %s cannot be read and were skipped",
            num_skipped,
            len(paths),
            folder,
        )
    if len(readable) < minimum:
        skipped = f" and {num_skipped} that cannot be read" if num_skipped else ""
        raise ValueError(
            f"{expected}, with at least {minimum} that can be read. Received: "
            f"{argument}={str(folder)!r}, which holds {len(readable)}{skipped}"
        )
    return readable


def _find_defect(path: Path) -> str | None:
    """Say why a picture cannot be decoded, or return `None` if it can."""
    try:
        with open_image(path) as image:
            # JPEG at an eighth of its size: all the data are parsed, in less time.
            image.draft("RGB", (1, 1))
            image.load()
    except (ValueError, OSError) as error:
        return str(error)
    return None


def limit_short_side(image: np.ndarray, short_side: int) -> np.ndarray:
    """Scale a picture down to a short side; leave a smaller one as it is.

    Args:
        image: uint8 array in [0, 255], `(height, width, 3)`.
        short_side: Short side of the result, in pixels, at least 1.

    Returns:
        uint8 array in [0, 255] of the same proportions.
    """
    height, width = image.shape[:2]
    factor = short_side / min(height, width)
    if factor >= 1.0:
        return image
    size = (round(width * factor), round(height * factor))
    resized = Image.fromarray(image).resize(size, Image.Resampling.LANCZOS)
    return np.asarray(resized)


class ImageCache:
    """Keep decoded pictures in memory, within a budget, the latest used longest.

    Safe to share among threads. Two threads that miss the same picture at once both
    decode it; neither waits for the other.

    Args:
        budget_bytes: Most bytes of pixels to hold, 0 to hold none. A picture larger
            than that is read each time.
        read: Function from a path to a uint8 array `(height, width, 3)` in [0, 255].

    Raises:
        ValueError: If `budget_bytes` is negative.
    """

    def __init__(
        self, budget_bytes: int, read: Callable[[Path], np.ndarray] = read_image
    ):
        if budget_bytes < 0:
            raise ValueError(
                "`budget_bytes` must be at least 0. "
                f"Received: budget_bytes={budget_bytes}"
            )
        self._budget_bytes = budget_bytes
        self._read = read
        self._images: collections.OrderedDict[str, np.ndarray] = (
            collections.OrderedDict()
        )
        self._num_bytes = 0
        self._lock = threading.Lock()

    @property
    def num_bytes(self) -> int:
        """Bytes of pixels held at present."""
        return self._num_bytes

    def get(self, path) -> np.ndarray:
        """Return the picture of a path as a read-only uint8 array."""
        key = os.fspath(path)
        with self._lock:
            if key in self._images:
                self._images.move_to_end(key)
                return self._images[key]
        image = np.ascontiguousarray(self._read(Path(path)))
        # Callers share the array, so none may write to it.
        image.setflags(write=False)
        with self._lock:
            self._keep(key, image)
        return image

    def _keep(self, key: str, image: np.ndarray) -> None:
        if key in self._images or image.nbytes > self._budget_bytes:
            return
        self._images[key] = image
        self._num_bytes += image.nbytes
        while self._num_bytes > self._budget_bytes:
            _, dropped = self._images.popitem(last=False)
            self._num_bytes -= dropped.nbytes
