"""The image contract: uint8 RGB outside, float32 NHWC RGB in [-1, 1] inside."""

import contextlib
import os
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from animegan_tf.imaging.color.profiles import build_conversion, row_bands
from animegan_tf.imaging.content_credentials import mark_options
from animegan_tf.imaging.decoding import decode
from animegan_tf.imaging.opening import IMAGE_SUFFIXES, check_codec, open_image


def read_image(path) -> np.ndarray:
    """Read a picture as the viewer shows it: upright, RGB, colour-managed to sRGB.

    Args:
        path: File that Pillow can read. Transparent pixels are laid on white; of an
            animation the first frame is taken.

    Returns:
        uint8 array in [0, 255], `(height, width, 3)`.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is not a picture, is truncated or damaged, too large, or
            needs a plug-in that is not installed.
    """
    with open_image(path) as image:
        return pil_to_array(image)


def pil_to_array(image: Image.Image) -> np.ndarray:
    """Convert any Pillow image to uint8 RGB in sRGB, `(height, width, 3)`, upright."""
    decoded = decode(image)
    colors = decoded.colors
    conversion = build_conversion(decoded.icc)
    if conversion:
        colors = conversion.to_srgb(colors)
    if decoded.alpha is not None:
        for rows in row_bands(colors.shape):
            opacity = decoded.alpha[rows, :, np.newaxis] / np.float32(255.0)
            on_white = colors[rows] * opacity + 255.0 * (1.0 - opacity)
            colors[rows] = np.floor(on_white + 0.5)
    return colors


def write_image(
    image: np.ndarray, path, *, quality: int = 95, mark: bool | str = False
) -> Path:
    """Write a picture in the format of the path's suffix, atomically.

    Args:
        image: uint8 array in [0, 255], `(height, width, 3)`.
        path: Target file; its folder must exist.
        quality: JPEG and WebP quality, 1 to 100.
        mark: Whether the file's metadata say that a network made the picture: `True`
            or `"edited"` of a photo, `"generated"` of nothing. BMP has no metadata.

    Returns:
        The path written.

    Raises:
        ValueError: If the suffix is not that of a picture format, the array is none
            of a picture, or the quality or mark is unknown.
        OSError: If the folder is missing or not writable.
    """
    path = check_target(path)
    image = np.asarray(image)
    is_picture = image.ndim >= 2 and image.shape[2:] in ((), (3,), (4,))
    if image.dtype != np.uint8 or not is_picture or image.size == 0:
        raise ValueError(
            "`image` must be uint8 in [0, 255], (height, width, 3). "
            f"Received: dtype {image.dtype}, shape {image.shape}"
        )
    if not 1 <= quality <= 100:
        raise ValueError(f"`quality` must be in [1, 100]. Received: quality={quality}")
    options = encoding_options(path.suffix, quality)
    if mark:
        options |= mark_options(path.suffix, "edited" if mark is True else mark)
    with atomic_path(path) as temporary:
        Image.fromarray(image).save(temporary, **options)
    return path


def check_target(path, *, argument: str = "path") -> Path:
    """Find out before any work whether a picture could be written to a path.

    Args:
        path: The file.
        argument: Name by which the caller's caller knows it.

    Returns:
        It as a `Path`.

    Raises:
        ValueError: If the suffix is not that of a picture format, or its plug-in is not
            installed.
        FileNotFoundError: If the folder is missing.
    """
    path = Path(path)
    if path.suffix.lower() not in IMAGE_SUFFIXES:
        raise ValueError(
            f"`{argument}` must end in one of {', '.join(IMAGE_SUFFIXES)}. "
            f"Received: {argument}={str(path)!r}"
        )
    if not path.parent.is_dir():
        raise FileNotFoundError(f"No such output folder: {str(path.parent)!r}")
    check_codec(path.suffix, path)
    return path


def encoding_options(suffix: str, quality: int) -> dict:
    """Return the arguments of Pillow's `save` that hold the quality, 1 to 100."""
    if suffix.lower() in (".png", ".apng"):
        return {}
    if suffix.lower() in (".jpg", ".jpeg"):
        # Full-resolution chroma keeps coloured contours sharp.
        return {"quality": quality, "subsampling": 0}
    return {"quality": quality}


@contextlib.contextmanager
def atomic_path(path):
    """Yield a temporary path that replaces `path` only if the block succeeds."""
    path = Path(path)
    handle, name = tempfile.mkstemp(
        dir=path.parent, prefix=f".{path.stem[:40]}-", suffix=path.suffix
    )
    os.close(handle)
    try:
        yield Path(name)
        umask = os.umask(0)
        os.umask(umask)
        # mkstemp makes private files; a picture should follow the user's umask.
        os.chmod(name, 0o666 & ~umask)
        os.replace(name, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)


def list_images(folder, *, recursive: bool = False) -> list[Path]:
    """List the picture files of a folder, sorted by path.

    Raises:
        FileNotFoundError: If the folder does not exist.
        NotADirectoryError: If the path is a file.
    """
    folder = Path(folder)
    if not folder.exists():
        raise FileNotFoundError(f"No such folder: {str(folder)!r}")
    if not folder.is_dir():
        raise NotADirectoryError(f"Not a folder: {str(folder)!r}")
    pattern = "**/*" if recursive else "*"
    return sorted(
        path
        for path in folder.glob(pattern)
        if path.suffix.lower() in IMAGE_SUFFIXES
        and path.is_file()
        and not path.name.startswith(".")
    )


def to_float(image: np.ndarray) -> np.ndarray:
    """Map uint8 [0, 255] to float32 [-1, 1]; any shape."""
    return np.asarray(image, dtype=np.float32) / np.float32(127.5) - np.float32(1.0)


def to_uint8(image) -> np.ndarray:
    """Map float [-1, 1] to uint8 [0, 255], rounded to the nearest and clipped.

    Not-a-number becomes mid-grey rather than an arbitrary level.
    """
    levels = (np.asarray(image, dtype=np.float32) + 1.0) * 127.5
    levels = np.nan_to_num(levels, nan=127.5, posinf=255.0, neginf=0.0)
    return np.clip(np.floor(levels + 0.5), 0.0, 255.0).astype(np.uint8)
