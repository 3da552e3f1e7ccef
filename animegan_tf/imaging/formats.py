"""Image file formats: suffixes, what each can hold, and the plug-ins they need."""

import collections
import importlib
from pathlib import Path

from PIL import Image

from animegan_tf.utils.checks import check_path

IMAGE_SUFFIXES = (
    ".apng",
    ".avif",
    ".bmp",
    ".gif",
    ".heic",
    ".heif",
    ".jpeg",
    ".jpg",
    ".png",
    ".tif",
    ".tiff",
    ".webp",
)
ALPHA_SUFFIXES = tuple(
    suffix for suffix in IMAGE_SUFFIXES if suffix not in (".bmp", ".jpeg", ".jpg")
)
ANIMATED_SUFFIXES = (".apng", ".avif", ".gif", ".png", ".webp")
SUFFIXES_16_BIT = (".apng", ".png", ".tif", ".tiff")
# Pillow refuses 179 million pixels as a possible attack. Stitched panoramas and scans
# have more: 22360x22360 pixels, 1.5 GB once decoded, are what a workstation can hold.
MAX_PIXELS = 500_000_000


class MissingPackageError(ValueError):
    """A package that reads or writes an image format is not installed."""


def check_image_target(path, *, argument: str = "path") -> Path:
    """Check, before any work, that an image can be written to a path.

    Args:
        path: The file to write.
        argument: Name of the argument in error messages.

    Returns:
        The path as a `Path`.

    Raises:
        ValueError: If the suffix is not that of an image format, or the plug-in of the
            format is not installed.
        FileNotFoundError: If the folder is missing.
    """
    check_path(**{argument: path})
    path = Path(path)
    if path.suffix.lower() not in IMAGE_SUFFIXES:
        raise ValueError(
            f"`{argument}` must end in one of {', '.join(IMAGE_SUFFIXES)}. "
            f"Received: {argument}={str(path)!r}"
        )
    if not path.parent.is_dir():
        raise FileNotFoundError(f"No such output folder: {str(path.parent)!r}")
    load_codec(path.suffix, path)
    return path


def load_codec(suffix: str, path) -> None:
    """Load the Pillow plug-in of a format, if it needs one.

    Args:
        suffix: Suffix of the format, such as `".heic"`.
        path: The image file, for the error message.

    Raises:
        MissingPackageError: If the plug-in is not installed.
    """
    if suffix.lower() in (".heic", ".heif"):
        try:
            importlib.import_module("pillow_heif").register_heif_opener()
        except ImportError as error:
            raise MissingPackageError(
                'HEIC images need `pip install "animegan_tf[heif]"`. '
                f"Received: {str(path)!r}"
            ) from error
    if suffix.lower() == ".avif" and ".avif" not in Image.registered_extensions():
        raise MissingPackageError(
            f"AVIF images need `pip install 'pillow>=11.3'`. Received: {str(path)!r}"
        )


def encoding_options(suffix: str, quality: int) -> dict:
    """Return the arguments of Pillow's `save` for a quality, 1 to 100."""
    if suffix.lower() in (".png", ".apng"):
        return {}
    if suffix.lower() in (".jpg", ".jpeg"):
        # Full-resolution chroma keeps colored outlines sharp.
        return {"quality": quality, "subsampling": 0}
    return {"quality": quality}


def change_suffixes(paths: list[Path], suffix: str) -> list[Path]:
    """Change the suffixes of distinct paths, and keep the paths distinct.

    Paths that differ in nothing else get names such as `a-jpg.webp`.
    """
    changed = [path.with_suffix(suffix) for path in paths]
    counts = collections.Counter(changed)
    return [
        new
        if counts[new] == 1
        else path.with_name(f"{path.stem}-{path.suffix[1:].lower()}{suffix}")
        for path, new in zip(paths, changed, strict=True)
    ]


def list_images(folder, *, recursive: bool = False) -> list[Path]:
    """List the image files of a folder, sorted by path.

    Args:
        folder: The folder. Hidden files are left out.
        recursive: Whether to search subfolders too.

    Raises:
        FileNotFoundError: If the folder does not exist.
        NotADirectoryError: If the path is not a folder.
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
