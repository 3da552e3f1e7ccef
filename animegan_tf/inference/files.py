"""Stylize pictures and picture files with dials."""

import dataclasses
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from animegan_tf.imaging.alpha import fill_transparent
from animegan_tf.imaging.color.profiles import build_conversion
from animegan_tf.imaging.formats import (
    ANIMATED_SUFFIXES,
    MAX_PIXELS,
    SUFFIXES_16_BIT,
    check_image_target,
)
from animegan_tf.imaging.image_file import ImageFile, ImageFrame, Metadata
from animegan_tf.imaging.reading import read_image_file
from animegan_tf.imaging.resizing import resize
from animegan_tf.imaging.writing import write_image_file
from animegan_tf.inference.dials import Dials, adjust, mix, scaled_size

Progress = Callable[[int, int], None]


def stylize_image(
    image: np.ndarray,
    stylizer,
    dials: Dials | None = None,
    *,
    progress: Progress | None = None,
) -> np.ndarray:
    """Stylize a picture with dials.

    Args:
        image: uint8 or uint16 sRGB of the full range, `(height, width, 3)`.
        stylizer: A `Stylizer`.
        dials: The settings; by default the style as it is.
        progress: Called with the numbers of tiles done and of all.

    Returns:
        An array of the same type and shape.

    Raises:
        ValueError: If the image is something else, or the mask has another shape.
    """
    image = np.asarray(image)
    valid = image.dtype in (np.uint8, np.uint16) and image.ndim == 3
    if not valid or image.shape[2] != 3 or image.size == 0:
        raise ValueError(
            "`image` must be uint8 or uint16 RGB of shape (height, width, 3). "
            f"Received: dtype {image.dtype}, shape {image.shape}"
        )
    stylized = stylize_picture(ImageFrame(image), stylizer, dials, progress=progress)
    return stylized.colors


def stylize_file(
    source,
    target,
    stylizer,
    dials: Dials | None = None,
    *,
    quality: int = 95,
    bits: int | None = None,
    keep_metadata: bool = True,
    mark: bool = True,
    progress: Progress | None = None,
) -> Path:
    """Stylize a picture file, with its transparency, profile, metadata and frames.

    Args:
        source: Picture or animation.
        target: File to write, in the format of its suffix; never the source.
        stylizer: A `Stylizer`.
        dials: The settings; by default the style as it is.
        quality: JPEG, WebP, AVIF and HEIC quality, 1 to 100.
        bits: Bits of a channel, 8 or 16; 16 in PNG and TIFF only. `None` keeps the
            source's where the format can.
        keep_metadata: Whether the result carries the source's EXIF, XMP and resolution.
        mark: Whether the metadata say that a network changed the picture.
        progress: Called with the numbers of tiles done and of all; of frames for an
            animation.

    Returns:
        The path written.

    Raises:
        FileNotFoundError: If the source or the target's folder is missing.
        ValueError: If the source is no picture, the target cannot be written to or is
            the source, or an argument is out of range.
    """
    target = check_image_target(target)
    check_bits(bits, target)
    if target.exists() and os.path.exists(source) and os.path.samefile(source, target):
        raise ValueError(f"The output would overwrite the source {str(target)!r}")
    file = read_image_file(source, animated=is_animated_target(target))
    file = stylize_picture_file(
        file,
        stylizer,
        dials,
        bits=bits,
        keep_metadata=keep_metadata,
        progress=progress,
    )
    return write_image_file(file, target, quality=quality, mark=mark)


def stylize_picture_file(
    file: ImageFile,
    stylizer,
    dials: Dials | None = None,
    *,
    bits: int | None = None,
    keep_metadata: bool = True,
    progress: Progress | None = None,
) -> ImageFile:
    """Stylize what a file holds; the arguments are those of `stylize_file`."""
    frames = []
    for frame in file.frames:
        if not keep_metadata:
            # Without its profile the numbers would be other colours.
            metadata = Metadata(icc=frame.metadata.icc)
            frame = dataclasses.replace(frame, metadata=metadata)
        tiles = progress if file.timing is None else None
        frames.append(
            stylize_picture(frame, stylizer, dials, bits=bits, progress=tiles)
        )
        if progress and file.timing is not None:
            progress(len(frames), len(file.frames))
    return dataclasses.replace(file, frames=tuple(frames))


def stylize_picture(
    picture: ImageFrame,
    stylizer,
    dials: Dials | None = None,
    *,
    bits: int | None = None,
    progress: Progress | None = None,
) -> ImageFrame:
    """Stylize the colours of a picture in its own profile; the rest is carried over.

    The network sees sRGB, with the surroundings' colours where it is transparent. The
    dials `strength` and `mask` mix the pixels as they are in the file, so that what is
    left of the photo is left exactly.

    Raises:
        ValueError: If `stylizer` or `dials` is something else, or the mask has another
            shape.
    """
    dials = Dials() if dials is None else dials
    _check_kinds(stylizer, dials)
    if bits is not None:
        picture = picture.with_bits(bits)
    if dials.strength == 0.0:
        return dataclasses.replace(picture, colors=picture.colors.copy())
    photo = picture.colors
    if picture.alpha is not None:
        photo = fill_transparent(photo, picture.alpha)
    conversion = build_conversion(picture.metadata.icc)
    if conversion:
        photo = conversion.to_srgb(photo)
    stylized = adjust(photo, _run(photo, stylizer, dials.scale, progress), dials)
    if conversion:
        stylized = conversion.from_srgb(stylized)
    stylized = mix(picture.colors, stylized, dials)
    return dataclasses.replace(picture, colors=stylized)


def _check_kinds(stylizer, dials):
    if not callable(stylizer):
        raise ValueError(
            "`stylizer` must be a Stylizer; Stylizer.from_preset makes one from a "
            f"style's name. Received: stylizer={stylizer!r}"
        )
    if not isinstance(dials, Dials):
        raise ValueError(
            f"`dials` must be of the type Dials. Received: dials={dials!r}"
        )


def is_animated_target(path) -> bool:
    """Tell whether the format of a path can hold an animation."""
    return Path(path).suffix.lower() in ANIMATED_SUFFIXES


def check_bits(bits: int | None, path) -> None:
    """Check that a format holds so many bits a channel.

    Raises:
        ValueError: If it does not, or there is no such depth.
    """
    deep = ", ".join(SUFFIXES_16_BIT)
    if bits not in (None, 8, 16):
        raise ValueError(f"`bits` must be 8 or 16. Received: bits={bits}")
    if bits == 16 and Path(path).suffix.lower() not in SUFFIXES_16_BIT:
        raise ValueError(
            f"`bits` may be 16 in {deep} files only. Received: {str(path)!r}"
        )


def _run(photo, stylizer, scale, progress):
    """Stylize at another size than the picture's, and bring the result back to it."""
    height, width = photo.shape[:2]
    size = scaled_size((height, width), scale)
    if size[0] * size[1] > MAX_PIXELS:
        raise ValueError(
            f"`scale` must leave at most {MAX_PIXELS} pixels. "
            f"Received: scale={scale} of {width}x{height} pixels"
        )
    stylized = stylizer(resize(photo, size), progress=progress)
    return resize(stylized, (height, width))
