"""Read a picture file with all that it holds."""

import contextlib
import dataclasses
import logging
from pathlib import Path

import numpy as np
from PIL import ExifTags

from animegan_tf.imaging.color.profiles import profile_mode
from animegan_tf.imaging.decoding import decode
from animegan_tf.imaging.image_file import Picture, PictureFile, Timing
from animegan_tf.imaging.metadata import read_metadata
from animegan_tf.imaging.opening import MAX_PIXELS, open_image
from animegan_tf.imaging.png16 import is_deep_png, read_deep_png
from animegan_tf.imaging.tiff16 import is_deep_tiff, read_deep_tiff

ANIMATED_FORMATS = ("AVIF", "GIF", "PNG", "WEBP")
_DEFAULT_DURATION = 100
_logger = logging.getLogger("animegan_tf")


def read_picture(path) -> Picture:
    """Read a picture, of an animation the first frame.

    PNG and TIFF files of 16 bits a channel keep them; all else is of 8 bits. Grey,
    palettes and CMYK become RGB.

    Args:
        path: File that Pillow can read.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is no picture, is damaged or too large, or needs a plug-in
            that is not installed.
    """
    path = Path(path)
    with open_image(path) as image:
        if image.format == "TIFF" and getattr(image, "n_frames", 1) > 1:
            _logger.warning("%s: only the first of its pages is read", path)
        pixels = _read_deep(path, image)
        if pixels is not None:
            return _deep_picture(pixels, image)
        return _eight_bit_picture(image)


def read_picture_file(path, *, animated: bool = True) -> PictureFile:
    """Read a picture or all frames of an animation.

    Args:
        path: File that Pillow can read.
        animated: Whether frames are wanted; else only the first one is read, with a
            warning that there are more.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: See `read_picture`.
    """
    with open_image(path) as image:
        count = getattr(image, "n_frames", 1)
        if image.format not in ANIMATED_FORMATS:
            count = 1
        if count > 1 and animated:
            if count * image.width * image.height > MAX_PIXELS:
                raise ValueError(f"{count} frames have more than {MAX_PIXELS} pixels")
            return _read_animation(image, count)
    if count > 1:
        _logger.warning("%s: only the first of %d frames is taken", path, count)
    return PictureFile((read_picture(path),))


def _read_animation(image, count) -> PictureFile:
    frames, durations, disposals = [], [], []
    loop = image.info.get("loop")
    has_cover = bool(getattr(image, "default_image", False))
    for index in range(count):
        image.seek(index)
        frames.append(_eight_bit_picture(image))
        # WebP and AVIF know how long a frame is once it is decoded. The cover of a PNG
        # is a frame to Pillow, but has no time.
        if index or not has_cover:
            durations.append(_duration(image))
            disposals.append(_disposal(image))
    timing = Timing(tuple(durations), tuple(disposals), loop, has_cover)
    return PictureFile(tuple(frames), timing)


def _eight_bit_picture(image) -> Picture:
    image.load()
    decoded = decode(image)
    metadata = read_metadata(image, decoded.colors.shape[1::-1])
    metadata = dataclasses.replace(metadata, icc=decoded.icc)
    return Picture(decoded.colors, decoded.alpha, metadata)


def _read_deep(path, image):
    icc = image.info.get("icc_profile")
    if icc and profile_mode(icc) == "L":
        # Only LittleCMS knows grey profiles here, and it is given 8 bits.
        return None
    if image.format == "PNG" and is_deep_png(path):
        return read_deep_png(path)
    return read_deep_tiff(path) if is_deep_tiff(image) else None


def _deep_picture(pixels, image) -> Picture:
    orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    pixels = _turn(pixels, orientation)
    channels = pixels.shape[2]
    alpha = None
    if channels in (2, 4):
        alpha = np.ascontiguousarray(pixels[..., -1])
    colors = pixels[..., :3] if channels >= 3 else np.repeat(pixels[..., :1], 3, -1)
    icc = image.info.get("icc_profile")
    if image.format == "PNG":
        # Metadata of a PNG may follow its pixels.
        with contextlib.suppress(OSError, SyntaxError, ValueError):
            image.load()
    metadata = read_metadata(image, colors.shape[1::-1])
    usable = icc if icc and profile_mode(icc) == "RGB" else None
    metadata = dataclasses.replace(metadata, icc=usable)
    return Picture(np.ascontiguousarray(colors), alpha, metadata)


def _turn(pixels, orientation):
    """Bring an array upright that a camera stored in one of the eight ways."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels


def _duration(image) -> float:
    duration = float(image.info.get("duration") or 0.0)
    return duration if duration > 0.0 else _DEFAULT_DURATION


def _disposal(image) -> int:
    if image.format == "GIF":
        return image.disposal_method
    return int(image.info.get("disposal", 0))
