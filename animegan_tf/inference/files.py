"""Stylize images and image files with dials."""

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
from animegan_tf.imaging.resizing import resize, resize_in_bands
from animegan_tf.imaging.writing import write_image_file
from animegan_tf.inference.dials import (
    AUTO,
    Dials,
    adjust,
    auto_scale,
    mix,
    scaled_size,
)
from animegan_tf.utils.checks import check_path

Progress = Callable[[int, int], None]


def stylize_image(
    image: np.ndarray,
    stylizer,
    dials: Dials | None = None,
    *,
    progress: Progress | None = None,
) -> np.ndarray:
    """Stylize an image with dials.

    Args:
        image: uint8 or uint16 sRGB of the full range, `(height, width, 3)`.
        stylizer: A `Stylizer`.
        dials: The `Dials`; `None` changes nothing.
        progress: Called with the number of tiles done and their total.

    Returns:
        An array of the same dtype and shape.

    Raises:
        ValueError: If an argument is not as described, or the mask's aspect ratio is
            not the image's.
    """
    image = np.asarray(image)
    valid = image.dtype in (np.uint8, np.uint16) and image.ndim == 3
    if not valid or image.shape[2] != 3 or image.size == 0:
        raise ValueError(
            "`image` must be uint8 or uint16 RGB of shape (height, width, 3). "
            f"Received: dtype {image.dtype}, shape {image.shape}"
        )
    frame = ImageFrame(image)
    return stylize_frame(frame, stylizer, dials, progress=progress).colors


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
    """Stylize an image file, with its transparency, profile, metadata and frames.

    Args:
        source: Path of an image or animation.
        target: Path to write, in the format of its suffix; not the source.
        stylizer: A `Stylizer`.
        dials: The `Dials`; `None` changes nothing.
        quality: JPEG, WebP, AVIF and HEIC quality, 1 to 100.
        bits: Bits per channel, 8 or 16; 16 in PNG and TIFF only. `None` keeps the
            source's if the format can.
        keep_metadata: Whether to keep the source's EXIF, XMP and resolution.
        mark: Whether the metadata state that the image was edited by a network.
        progress: Called with the number of tiles done and their total; of frames for
            an animation.

    Returns:
        The path written.

    Raises:
        FileNotFoundError: If the source or the target's folder is missing.
        ValueError: If the source is not an image, the target cannot be written or is
            the source, or an argument is out of range.
    """
    target = check_image_target(target, argument="target")
    check_bits(bits, target)
    check_path(source=source)
    if target.exists() and os.path.exists(source) and os.path.samefile(source, target):
        raise ValueError(f"The output would overwrite the source {str(target)!r}")
    file = read_image_file(source, animated=is_animated_target(target))
    file = stylize_image_file(
        file,
        stylizer,
        dials,
        bits=bits,
        keep_metadata=keep_metadata,
        progress=progress,
    )
    return write_image_file(file, target, quality=quality, mark=mark)


def stylize_image_file(
    file: ImageFile,
    stylizer,
    dials: Dials | None = None,
    *,
    bits: int | None = None,
    keep_metadata: bool = True,
    progress: Progress | None = None,
) -> ImageFile:
    """Stylize the frames of an image file; see `stylize_file` for the arguments."""
    frames = []
    for frame in file.frames:
        if not keep_metadata:
            # Without their profile the values would mean other colors.
            metadata = Metadata(icc=frame.metadata.icc)
            frame = dataclasses.replace(frame, metadata=metadata)
        tiles = progress if file.timing is None else None
        frames.append(stylize_frame(frame, stylizer, dials, bits=bits, progress=tiles))
        if progress and file.timing is not None:
            progress(len(frames), len(file.frames))
    return dataclasses.replace(file, frames=tuple(frames))


def stylize_frame(
    frame: ImageFrame,
    stylizer,
    dials: Dials | None = None,
    *,
    bits: int | None = None,
    progress: Progress | None = None,
) -> ImageFrame:
    """Stylize a frame in its own color profile; its alpha and metadata are kept.

    The network sees sRGB, with transparent pixels filled from their surroundings. The
    dials `strength` and `mask` blend the values of the file, so that unchanged parts of
    the photo are exactly unchanged.

    Raises:
        ValueError: If `stylizer` or `dials` is of another type, or the mask's aspect
            ratio is not the image's.
    """
    dials = Dials() if dials is None else dials
    if not callable(stylizer):
        raise ValueError(
            "`stylizer` must be a Stylizer; Stylizer.from_preset makes one from a "
            f"style's name. Received: stylizer={stylizer!r}"
        )
    if not isinstance(dials, Dials):
        raise ValueError(f"`dials` must be a Dials. Received: dials={dials!r}")
    if bits is not None:
        frame = frame.with_bits(bits)
    if dials.strength == 0.0:
        return dataclasses.replace(frame, colors=frame.colors.copy())
    photo = frame.colors
    if frame.alpha is not None:
        photo = fill_transparent(photo, frame.alpha)
    conversion = build_conversion(frame.metadata.icc)
    if conversion:
        photo = conversion.to_srgb(photo)
    stylized = adjust(photo, _run(photo, stylizer, dials.scale, progress), dials)
    if conversion:
        stylized = conversion.from_srgb(stylized)
    license = getattr(stylizer, "license", None)
    return dataclasses.replace(
        frame,
        colors=mix(frame.colors, stylized, dials),
        metadata=dataclasses.replace(frame.metadata, license=license),
    )


def is_animated_target(path) -> bool:
    """Return whether the file format of a path can hold an animation."""
    return Path(path).suffix.lower() in ANIMATED_SUFFIXES


def check_bits(bits: int | None, path) -> None:
    """Check that the file format of a path can hold a number of bits per channel.

    Raises:
        ValueError: If it cannot, or `bits` is neither 8, 16 nor `None`.
    """
    if bits not in (None, 8, 16):
        raise ValueError(f"`bits` must be 8 or 16. Received: bits={bits}")
    if bits == 16 and Path(path).suffix.lower() not in SUFFIXES_16_BIT:
        raise ValueError(
            f"`bits` may be 16 in {', '.join(SUFFIXES_16_BIT)} files only. "
            f"Received: {str(path)!r}"
        )


def _run(photo, stylizer, scale, progress):
    """Stylize an image resized by `scale`, and resize the result back."""
    size = photo.shape[:2]
    if scale != AUTO:
        return resize(_run_resized(photo, stylizer, scale, progress), size)
    scale = auto_scale(size)
    full = stylizer(photo, progress=progress)
    if scale == 1.0:
        return full
    coarse = _run_resized(photo, stylizer, scale, None)
    smooth = resize(full, coarse.shape[:2])
    top = np.iinfo(full.dtype).max
    # Large images would not fit into memory four times.
    coarse_bands, smooth_bands = (resize_in_bands(x, size) for x in (coarse, smooth))
    for (rows, band), (_, smooth_band) in zip(coarse_bands, smooth_bands, strict=True):
        detail = full[rows].astype(np.int32) - smooth_band
        full[rows] = np.clip(band + detail, 0, top)
    return full


def _run_resized(photo, stylizer, scale, progress):
    height, width = photo.shape[:2]
    size = scaled_size((height, width), scale)
    if size[0] * size[1] > MAX_PIXELS:
        raise ValueError(
            f"`scale` must leave at most {MAX_PIXELS} pixels. "
            f"Received: scale={scale} of {width}x{height} pixels"
        )
    return stylizer(resize(photo, size), progress=progress)
