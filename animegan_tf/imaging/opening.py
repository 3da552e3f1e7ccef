"""Open picture files: which can be, how large they may be, and errors of one line."""

import contextlib
import importlib
import struct
import threading
import zlib
from pathlib import Path

from PIL import Image, ImageCms, UnidentifiedImageError

from animegan_tf.utils.messages import reason_of

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
# Pillow refuses 179 million pixels as a possible attack. Stitched panoramas and scans
# have more: 22360x22360 pixels, 1.5 GB once decoded, are what a workstation can hold.
MAX_PIXELS = 500_000_000
_HEIF_SUFFIXES = (".heic", ".heif")
# "Major brands" of the ISO base media files that hold HEVC pictures. Telephones name
# some of these .jpg.
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1")
# Pillow reports damage in many ways; the file's name is in none of them.
_DAMAGE = (
    OSError,
    SyntaxError,
    EOFError,
    ValueError,
    LookupError,
    ArithmeticError,
    struct.error,
    zlib.error,
    ImageCms.PyCMSError,
)
_lock = threading.Lock()


@contextlib.contextmanager
def open_image(path):
    """Open a picture with Pillow; its pixels are decoded when they are asked for.

    Damage that shows only in the block is reported as if it had shown here.

    Args:
        path: File that Pillow, or an installed plug-in of it, can read.

    Yields:
        The `PIL.Image.Image`.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is not a picture, is truncated or damaged, has more
            than `MAX_PIXELS`, or needs a plug-in that is not installed.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"No such image file. Received: {str(path)!r}")
    with path.open("rb") as file:
        head = file.read(12)
    if head[4:8] == b"ftyp":
        check_codec(".heic" if head[8:] in _HEIF_BRANDS else ".avif", path)
    try:
        with open_within(path, MAX_PIXELS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise Image.DecompressionBombError
            yield image
    except UnidentifiedImageError as error:
        raise ValueError(f"Not an image that can be read: {str(path)!r}") from error
    except Image.DecompressionBombError as error:
        raise ValueError(
            f"Image of more than {MAX_PIXELS} pixels, too large to open: {str(path)!r}"
        ) from error
    except _DAMAGE as error:
        raise ValueError(
            f"Truncated or damaged image: {str(path)!r} ({reason_of(error)})"
        ) from error


def check_codec(suffix: str, path) -> None:
    """Load the plug-in that files of a format need.

    Args:
        suffix: That of the format, such as `".heic"`.
        path: The file in question, for the message.

    Raises:
        ValueError: If the plug-in is not installed.
    """
    if suffix.lower() in _HEIF_SUFFIXES:
        try:
            importlib.import_module("pillow_heif").register_heif_opener()
        except ImportError as error:
            raise ValueError(
                'HEIC pictures need `pip install "animegan_tf[heif]"`. '
                f"Received: {str(path)!r}"
            ) from error
    if suffix.lower() == ".avif" and ".avif" not in Image.registered_extensions():
        raise ValueError(
            f"AVIF pictures need `pip install 'pillow>=11.3'`. Received: {str(path)!r}"
        )


def open_within(file, limit: int | None) -> Image.Image:
    """Open a path or binary file with another limit of pixels than Pillow's global one.

    Args:
        file: What `PIL.Image.open` takes.
        limit: Pixels above which Pillow warns; `None` for any number.
    """
    with _lock:
        before = Image.MAX_IMAGE_PIXELS
        Image.MAX_IMAGE_PIXELS = limit
        try:
            return Image.open(file)
        finally:
            Image.MAX_IMAGE_PIXELS = before
