"""Image folders: lists of readable files, and a bounded in-memory cache."""

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
    """List the readable images of a folder, sorted by path.

    Every file is decoded completely, since the start of a truncated one looks valid.
    Unreadable files are skipped with a warning each.

    Args:
        folder: Folder of images.
        recursive: Whether to search its subfolders too.
        minimum: Minimum number of readable images.
        argument: Name of the caller's argument, for error messages.

    Returns:
        Paths of the readable images, sorted.

    Raises:
        FileNotFoundError: If there is no such folder.
        ValueError: If it is not a folder or has too few readable images.
    """
    # An empty path would mean the current working directory.
    if not os.fspath(folder):
        raise ValueError(f"`{argument}` must name a folder of images. Received: none")
    folder = Path(folder)
    expected = f"`{argument}` must be a folder of images"
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
        logger.warning("Image skipped. %s", defect)
    if num_skipped:
        logger.warning(
            "%d of %d images in %s cannot be read and were skipped",
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
    """Return why an image cannot be decoded, or `None` if it can."""
    try:
        with open_image(path) as image:
            # Decode JPEG at 1/8 of its size: faster, and all data are still parsed.
            image.draft("RGB", (1, 1))
            image.load()
    except (ValueError, OSError) as error:
        return str(error)
    return None


def limit_short_side(image: np.ndarray, short_side: int) -> np.ndarray:
    """Downscale an image to a short side; a smaller one is returned unchanged.

    Args:
        image: uint8 array in [0, 255], `(height, width, 3)`.
        short_side: Maximum short side of the output, in pixels, at least 1.

    Returns:
        uint8 array in [0, 255] of the same aspect ratio.
    """
    height, width = image.shape[:2]
    factor = short_side / min(height, width)
    if factor >= 1.0:
        return image
    size = (round(width * factor), round(height * factor))
    resized = Image.fromarray(image).resize(size, Image.Resampling.LANCZOS)
    return np.asarray(resized)


class ImageCache:
    """A least-recently-used cache of decoded images within a memory budget.

    It is thread-safe. If two threads miss the same image at once, both decode it.

    Args:
        budget_bytes: Maximum size of all cached images; 0 disables the cache. A larger
            image is read each time.
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
        """Current size of all cached images, in bytes."""
        return self._num_bytes

    def get(self, path) -> np.ndarray:
        """Return the image at a path as a read-only uint8 array."""
        key = os.fspath(path)
        with self._lock:
            if key in self._images:
                self._images.move_to_end(key)
                return self._images[key]
        image = np.ascontiguousarray(self._read(Path(path)))
        # All callers share the array.
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
