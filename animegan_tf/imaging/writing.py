"""Write still images and animations with their metadata."""

import contextlib
from pathlib import Path

import numpy as np
from PIL import Image

from animegan_tf.imaging.content_credentials import mark_options
from animegan_tf.imaging.formats import (
    ALPHA_SUFFIXES,
    ANIMATED_SUFFIXES,
    SUFFIXES_16_BIT,
    check_image_target,
    encoding_options,
)
from animegan_tf.imaging.image_file import ImageFile, ImageFrame, Timing
from animegan_tf.imaging.metadata import save_options
from animegan_tf.imaging.png16 import write_png16
from animegan_tf.imaging.tiff16 import write_tiff16
from animegan_tf.utils.atomic_path import atomic_path

# The last entry of a palette stands for transparent pixels.
_TRANSPARENT = 255


def write_image(
    image: np.ndarray,
    path,
    *,
    quality: int = 95,
    mark: bool | str = False,
    license: str | None = None,
) -> Path:
    """Write an image in the format given by the suffix of the path, atomically.

    Args:
        image: uint8 array in [0, 255], `(height, width, 3)`.
        path: File to write; its folder must exist.
        quality: JPEG and WebP quality, 1 to 100.
        mark: Whether the metadata state that the image was made with AI: `True` or
            `"edited"` for a stylized photo, `"generated"` for an image made from noise.
            BMP files have no metadata.
        license: License of the network that the mark names, such as
            `Stylizer.license`.

    Returns:
        The path written.

    Raises:
        ValueError: If the suffix is not that of an image format, the array is not an
            image, or the quality or mark is unknown.
        OSError: If the folder is missing or not writable.
    """
    path = check_image_target(path)
    image = np.asarray(image)
    is_image = image.ndim >= 2 and image.shape[2:] in ((), (3,), (4,))
    if image.dtype != np.uint8 or not is_image or image.size == 0:
        raise ValueError(
            "`image` must be uint8 in [0, 255], (height, width, 3). "
            f"Received: dtype {image.dtype}, shape {image.shape}"
        )
    _check_quality(quality)
    options = encoding_options(path.suffix, quality)
    if mark:
        kind = "edited" if mark is True else mark
        options |= mark_options(path.suffix, kind, license)
    with atomic_path(path) as temporary:
        Image.fromarray(image).save(temporary, **options)
    return path


def write_frame(
    frame: ImageFrame, path, *, quality: int = 95, mark: bool = True
) -> Path:
    """Write a still image with its metadata, atomically.

    The suffix of the path gives the format. 16-bit images stay so in PNG and TIFF, and
    are rounded to 8 bits in other formats. Transparent pixels are blended with white
    where the format has no transparency.

    Args:
        frame: The image to write.
        path: File to write; its folder must exist.
        quality: JPEG, WebP, AVIF and HEIC quality, 1 to 100.
        mark: Whether the metadata state that the image was edited with AI.

    Raises:
        ValueError: If the suffix is not that of an image format, the plug-in of the
            format is not installed, or the quality is out of range.
        OSError: If the folder is missing or not writable.
    """
    path = check_image_target(path)
    _check_quality(quality)
    suffix = path.suffix.lower()
    options = save_options(frame.metadata, suffix, mark=mark)
    with atomic_path(path) as temporary:
        if frame.bits == 16 and suffix in SUFFIXES_16_BIT:
            pixels = [frame.colors]
            if frame.alpha is not None:
                pixels.append(frame.alpha[..., np.newaxis])
            write = write_png16 if suffix in (".apng", ".png") else write_tiff16
            with temporary.open("r+b") as file:
                write(file, pixels, options)
        else:
            image = _to_pillow(frame.with_bits(8), suffix)
            with _encoder_errors():
                image.save(temporary, **encoding_options(suffix, quality), **options)
    return path


def write_image_file(
    file: ImageFile, path, *, quality: int = 95, mark: bool = True
) -> Path:
    """Write a still image or an animation with its metadata, atomically.

    Args:
        file: What to write. All frames have one size; the metadata of the first one are
            those of the file.
        path: File to write, for an animation with one of `ANIMATED_SUFFIXES`; its
            folder must exist.
        quality: See `write_frame`.
        mark: See `write_frame`.

    Raises:
        ValueError: If the format cannot hold the file, or its plug-in is not installed.
        OSError: If the folder is missing or not writable.
    """
    if file.timing is None:
        return write_frame(file.frames[0], path, quality=quality, mark=mark)
    path = check_image_target(path)
    _check_quality(quality)
    suffix = path.suffix.lower()
    if suffix not in ANIMATED_SUFFIXES:
        raise ValueError(
            "`path` of an animation must end in one of "
            f"{', '.join(ANIMATED_SUFFIXES)}. Received: path={str(path)!r}"
        )
    options = save_options(file.frames[0].metadata, suffix, mark=mark)
    options |= encoding_options(suffix, quality) | _timing_options(file.timing, suffix)
    frames = [_to_pillow(frame.with_bits(8), suffix) for frame in file.frames]
    if file.timing.has_cover and suffix not in (".png", ".apng"):
        frames = frames[1:]
    if suffix == ".gif" and any("transparency" in frame.info for frame in frames):
        # Below transparent pixels there must be nothing, not the frame before.
        options["disposal"] = 2
    with atomic_path(path) as temporary, _encoder_errors():
        frames[0].save(temporary, save_all=True, append_images=frames[1:], **options)
    return path


def _check_quality(quality) -> None:
    if not isinstance(quality, int) or not 1 <= quality <= 100:
        raise ValueError(
            f"`quality` must be in [1, 100], an integer. Received: quality={quality!r}"
        )


def _to_pillow(frame: ImageFrame, suffix: str) -> Image.Image:
    colors, alpha = frame.colors, frame.alpha
    if alpha is None:
        image = Image.fromarray(colors)
        return image if suffix != ".gif" else image.quantize(256)
    if suffix == ".gif":
        return _to_palette(colors, alpha)
    image = Image.fromarray(np.dstack([colors, alpha]))
    if suffix in ALPHA_SUFFIXES:
        return image
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("RGB")


def _to_palette(colors, alpha) -> Image.Image:
    image = Image.fromarray(colors).quantize(_TRANSPARENT)
    indices = np.array(image)
    indices[alpha < 128] = _TRANSPARENT
    result = Image.fromarray(indices)
    palette = (image.getpalette() + [0] * 768)[:768]
    result.putpalette(palette)
    result.info["transparency"] = _TRANSPARENT
    return result


def _timing_options(timing: Timing, suffix: str) -> dict:
    durations = [max(1, round(duration)) for duration in timing.durations]
    options = {"duration": durations}
    if suffix == ".avif":
        return options
    if timing.loop is not None:
        options["loop"] = timing.loop
    if suffix in (".png", ".apng"):
        # Every frame is a whole image that replaces the one before.
        options |= {"default_image": timing.has_cover, "blend": 0, "disposal": 0}
    elif suffix == ".gif":
        # Pillow encodes disposal 3, "restore to previous", incorrectly. All frames are
        # whole images, so leaving each one in place looks the same.
        options["disposal"] = [1 if d == 3 else d for d in timing.disposals]
    elif suffix == ".webp":
        # WebP loops forever unless told otherwise, the other formats play once.
        options["loop"] = 1 if timing.loop is None else timing.loop
    return options


@contextlib.contextmanager
def _encoder_errors():
    """Report what an encoder cannot write, such as a side too long, as ValueError."""
    try:
        yield
    except (KeyError, RuntimeError, TypeError) as error:
        raise ValueError(f"The format cannot hold this image ({error})") from error
