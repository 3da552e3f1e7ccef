"""Read image files, still or animated, as upright RGB of 8 or 16 bits per channel."""

import contextlib
import dataclasses
import io
import logging
import os
import struct
import threading
import zlib
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageCms, ImageOps, UnidentifiedImageError

from animegan_tf.imaging.arrays import row_bands
from animegan_tf.imaging.color.profiles import (
    build_conversion,
    convert_to_srgb,
    profile_mode,
)
from animegan_tf.imaging.formats import MAX_PIXELS, MissingPackageError, load_codec
from animegan_tf.imaging.image_file import ImageFile, ImageFrame, Metadata, Timing
from animegan_tf.imaging.metadata import read_metadata
from animegan_tf.imaging.png16 import is_png16, read_png16
from animegan_tf.imaging.tiff16 import is_tiff16, read_tiff16
from animegan_tf.utils.checks import received
from animegan_tf.utils.messages import reason_of

ANIMATED_FORMATS = ("AVIF", "GIF", "PNG", "WEBP")
# Pillow would also open formats that nobody expects here, some with other programs: EPS
# with Ghostscript.
_FORMATS = ("BMP", "GIF", "JPEG", "PNG", "TIFF", "WEBP")
_ISO_FORMATS = ("AVIF", "HEIF")
# "Major brands" of the ISO base media files that hold HEVC images. Phones name some of
# these .jpg.
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1")
_DEFAULT_DURATION = 100
# Pillow reports damage with many exceptions; the file name is in none of them.
_DAMAGE = (
    OSError,
    SyntaxError,
    TypeError,
    EOFError,
    ValueError,
    LookupError,
    ArithmeticError,
    struct.error,
    zlib.error,
    ImageCms.PyCMSError,
)
_logger = logging.getLogger("animegan_tf")
_lock = threading.Lock()


def read_image(path) -> np.ndarray:
    """Read an image as a viewer shows it: upright, RGB, converted to sRGB.

    Args:
        path: Image in a format of `IMAGE_SUFFIXES`, whatever its name: its path, its
            content as bytes, or an open file. Transparent pixels are blended with
            white; of an animation, the first frame is read.

    Returns:
        uint8 array in [0, 255], `(height, width, 3)`.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is not an image, is truncated or damaged, is too large,
            or needs a plug-in that is not installed.
    """
    with open_image(path) as image:
        return pil_to_array(image)


def is_file(value) -> bool:
    """Return whether `read_image` takes a value: a path, bytes, or an open file."""
    kinds = (str, os.PathLike, bytes, bytearray, memoryview)
    return isinstance(value, kinds) or callable(getattr(value, "read", None))


def pil_to_array(image: Image.Image) -> np.ndarray:
    """Convert any Pillow image to uint8 RGB in sRGB, `(height, width, 3)`, upright."""
    frame = decode(image)
    colors = frame.colors
    conversion = build_conversion(frame.metadata.icc)
    if conversion:
        colors = conversion.to_srgb(colors)
    if frame.alpha is not None:
        for rows in row_bands(colors.shape):
            opacity = frame.alpha[rows, :, np.newaxis] / np.float32(255.0)
            on_white = colors[rows] * opacity + 255.0 * (1.0 - opacity)
            colors[rows] = np.floor(on_white + 0.5)
    return colors


def read_image_file(
    path, *, animated: bool = True, max_pixels: int = MAX_PIXELS
) -> ImageFile:
    """Read a still image or all frames of an animation.

    Args:
        path: Image file.
        animated: Whether to read all frames; if not, only the first one is read, with a
            warning that there are more.
        max_pixels: Maximum number of pixels of all frames together.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: See `read_first_frame`.
    """
    with open_image(path, max_pixels=max_pixels) as image:
        count = getattr(image, "n_frames", 1)
        if image.format not in ANIMATED_FORMATS:
            count = 1
        if count > 1 and animated:
            if count * image.width * image.height > max_pixels:
                raise ValueError(f"{count} frames have more than {max_pixels} pixels")
            return _read_animation(image, count)
    if count > 1:
        _logger.warning("%s: only the first of %d frames is read", path, count)
    return ImageFile((read_first_frame(path),))


def read_first_frame(path) -> ImageFrame:
    """Read a still image, or the first frame of an animation.

    PNG and TIFF images of 16 bits per channel stay 16-bit; all others become 8-bit.
    Grayscale, palette and CMYK images become RGB.

    Args:
        path: Image file; 16-bit TIFF images need the extra `tiff`.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is not an image, is truncated or damaged, is too large,
            or needs a package that is not installed.
    """
    path = Path(path)
    with open_image(path) as image:
        if image.format == "TIFF" and getattr(image, "n_frames", 1) > 1:
            _logger.warning("%s: only the first of its pages is read", path)
        pixels = _read_16_bit(path, image)
        return _read_8_bit(image) if pixels is None else _frame_16_bit(pixels, image)


@contextlib.contextmanager
def open_image(path, *, max_pixels: int = MAX_PIXELS):
    """Open an image with Pillow, as a context manager.

    Pixels are decoded on access; errors that this raises in the block are reported in
    the same way as errors of opening the file.

    Args:
        path: Image in a format of `IMAGE_SUFFIXES`, whatever its name: its path, its
            content as bytes, or a file that is open for reading bytes.
        max_pixels: Maximum number of pixels.

    Yields:
        The `PIL.Image.Image`.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is not an image, is truncated or damaged, has more than
            `max_pixels`, or needs a plug-in that is not installed.
    """
    path, file = _to_source(path)
    if file is None:
        with path.open("rb") as opened:
            head = opened.read(12)
    else:
        head = file.read(12)
        file.seek(0)
    # Else Pillow imports all its plug-ins, since it misses one of `_FORMATS`.
    Image.preinit()
    formats = _FORMATS
    if head[4:8] == b"ftyp":
        load_codec(".heic" if head[8:] in _HEIF_BRANDS else ".avif", path)
        Image.init()
        formats = tuple(name for name in _ISO_FORMATS if name in Image.OPEN)
    try:
        with _open_unlimited(path if file is None else file, formats) as image:
            if image.width * image.height > max_pixels:
                raise Image.DecompressionBombError
            yield image
    except UnidentifiedImageError as error:
        raise ValueError(f"Not an image that can be read: {str(path)!r}") from error
    except Image.DecompressionBombError as error:
        raise ValueError(
            f"Image of more than {max_pixels} pixels, too large to open: {str(path)!r}"
        ) from error
    except MissingPackageError:
        raise
    except _DAMAGE as error:
        raise ValueError(
            f"Truncated or damaged image: {str(path)!r} ({reason_of(error)})"
        ) from error


def decode(image: Image.Image) -> ImageFrame:
    """Decode a Pillow image of any mode to 8 bits per channel.

    RGB stays in its own color space. Grayscale and CMYK are converted to sRGB, since
    they could not be converted back. 16-bit grayscale is rounded to 8 bits.

    Returns:
        The frame; of its metadata, only the ICC profile is set.

    Raises:
        ValueError: If the pixels are floating-point numbers, whose range is unknown.
    """
    icc = image.info.get("icc_profile")
    image = _to_8_bit(_apply_orientation(image))
    if image.mode in ("P", "PA") or "transparency" in image.info:
        transparent = image.mode == "PA" or "transparency" in image.info
        image = image.convert("RGBA" if transparent else "RGB")
    alpha = None
    if image.mode in ("RGBA", "LA", "RGBa", "La"):
        image = image.convert({"RGBa": "RGBA", "La": "LA"}.get(image.mode, image.mode))
        alpha = _to_array(image.getchannel("A"))
        image = image.convert(image.mode[:-1])
    color_space = profile_mode(icc) if icc else None
    if image.mode in ("L", "CMYK") and color_space == image.mode:
        return ImageFrame(_to_array(convert_to_srgb(image, icc)), alpha)
    colors = _to_array(image if image.mode == "RGB" else image.convert("RGB"))
    return ImageFrame(colors, alpha, Metadata(icc if color_space == "RGB" else None))


def _to_source(path) -> tuple[Path, io.BytesIO | None]:
    """Return a path, or a name for messages and the content of what is no path."""
    if isinstance(path, str | os.PathLike):
        path = Path(path)
        if not path.is_file():
            raise FileNotFoundError(f"No such image file. Received: {str(path)!r}")
        return path, None
    if isinstance(path, bytes | bytearray | memoryview):
        return Path("<bytes>"), io.BytesIO(path)
    if not is_file(path):
        raise ValueError(
            f"`path` must be a path, bytes or an open file. {received('path', path)}"
        )
    content = path.read()
    if not isinstance(content, bytes):
        raise ValueError(
            "`path` must be open for reading bytes, such as open(name, 'rb'). "
            f"Received: {path!r}"
        )
    # Pillow would close the file of the caller, or cannot seek in it.
    return Path(str(getattr(path, "name", "<file>"))), io.BytesIO(content)


def _open_unlimited(path, formats) -> Image.Image:
    """Open an image without Pillow's own limit on the number of pixels."""
    with _lock:
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            return Image.open(path, formats=formats)
        finally:
            Image.MAX_IMAGE_PIXELS = limit


def _apply_orientation(image):
    if image.getexif().get(ExifTags.Base.Orientation, 1) == 1:
        return image
    return ImageOps.exif_transpose(image)


def _to_8_bit(image):
    if image.mode == "F":
        raise ValueError("floating-point pixels are not supported")
    if image.mode.startswith("I"):
        # Pillow's own conversion clips 16-bit gray at 255 instead of scaling it.
        gray = np.asarray(image, dtype=np.float32) / np.float32(257.0)
        return Image.fromarray(np.clip(gray + 0.5, 0, 255).astype(np.uint8))
    return image.convert("L") if image.mode == "1" else image


def _to_array(image: Image.Image) -> np.ndarray:
    """Copy the pixels band by band; `np.asarray` would hold two more copies of them."""
    image.load()
    width, height = image.size
    num_channels = len(image.getbands())
    shape = (height, width, num_channels) if num_channels > 1 else (height, width)
    pixels = np.empty(shape, np.uint8)
    for rows in row_bands(shape):
        band = image.crop((0, rows.start, width, min(rows.stop, height)))
        pixels[rows] = np.asarray(band)
    return pixels


def _read_8_bit(image) -> ImageFrame:
    image.load()
    frame = decode(image)
    return _with_metadata(frame, image, frame.metadata.icc)


def _read_16_bit(path, image):
    """Read `(height, width, channels)` of uint16, or return `None` for other files."""
    icc = image.info.get("icc_profile")
    if icc and profile_mode(icc) == "L":
        # Only LittleCMS converts gray profiles here, and only 8-bit pixels.
        return None
    if image.format == "PNG" and is_png16(path):
        return read_png16(path)
    return read_tiff16(path) if is_tiff16(image) else None


def _frame_16_bit(pixels, image) -> ImageFrame:
    orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    pixels = _transpose(pixels, orientation)
    num_channels = pixels.shape[2]
    alpha = None
    if num_channels in (2, 4):
        alpha = np.ascontiguousarray(pixels[..., -1])
    colors = pixels[..., :3] if num_channels >= 3 else np.repeat(pixels[..., :1], 3, -1)
    icc = image.info.get("icc_profile")
    if icc and profile_mode(icc) != "RGB":
        icc = None
    if image.format == "PNG":
        # The metadata of a PNG may follow its pixels.
        with contextlib.suppress(OSError, SyntaxError, ValueError):
            image.load()
    return _with_metadata(ImageFrame(np.ascontiguousarray(colors), alpha), image, icc)


def _transpose(pixels, orientation):
    """Apply an EXIF orientation, 1 to 8."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels


def _with_metadata(frame, image, icc) -> ImageFrame:
    metadata = read_metadata(image, frame.colors.shape[1::-1])
    return dataclasses.replace(frame, metadata=dataclasses.replace(metadata, icc=icc))


def _read_animation(image, count) -> ImageFile:
    frames, durations, disposals = [], [], []
    loop = image.info.get("loop")
    has_cover = bool(getattr(image, "default_image", False))
    for index in range(count):
        image.seek(index)
        frames.append(_read_8_bit(image))
        # The duration of WebP and AVIF frames is known once they are decoded. Pillow
        # counts the cover of a PNG as a frame, but it has no duration.
        if index or not has_cover:
            duration = float(image.info.get("duration") or 0.0)
            durations.append(duration if duration > 0.0 else _DEFAULT_DURATION)
            disposals.append(_disposal(image))
    timing = Timing(tuple(durations), tuple(disposals), loop, has_cover)
    return ImageFile(tuple(frames), timing)


def _disposal(image) -> int:
    if image.format == "GIF":
        return image.disposal_method
    return int(image.info.get("disposal", 0))
