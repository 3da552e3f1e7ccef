"""Write a picture, or an animation, with its metadata."""

import contextlib
from pathlib import Path

import numpy as np
from PIL import Image

from animegan_tf.imaging.color.profiles import row_bands
from animegan_tf.imaging.image_file import Picture, PictureFile, Timing
from animegan_tf.imaging.image_io import atomic_path, check_target, encoding_options
from animegan_tf.imaging.metadata import save_options
from animegan_tf.imaging.png16 import write_deep_png
from animegan_tf.imaging.tiff16 import write_deep_tiff

DEEP_WRITERS = {
    ".apng": write_deep_png,
    ".png": write_deep_png,
    ".tif": write_deep_tiff,
    ".tiff": write_deep_tiff,
}
ALPHA_SUFFIXES = (".apng", ".avif", ".gif", ".heic", ".heif", ".png", ".tif", ".tiff")
ALPHA_SUFFIXES += (".webp",)
ANIMATED_SUFFIXES = (".apng", ".avif", ".gif", ".png", ".webp")
# A palette's last entry stands for transparent pixels; the others are colours.
_CLEAR = 255


def write_picture(
    picture: Picture, path, *, quality: int = 95, mark: bool = True
) -> Path:
    """Write a picture in the format of the path's suffix, atomically.

    Pictures of 16 bits stay so in PNG and TIFF, and are rounded to 8 elsewhere.
    Transparent ones are laid on white where the format has no transparency.

    Args:
        picture: What to write.
        path: Target file; its folder must exist.
        quality: JPEG, WebP, AVIF and HEIC quality, 1 to 100.
        mark: Whether the metadata say that a network changed the picture.

    Raises:
        ValueError: If the suffix is not that of a picture format, or its plug-in is not
            installed.
        OSError: If the folder is missing or not writable.
    """
    path = check_target(path)
    suffix = path.suffix.lower()
    options = save_options(picture.metadata, suffix, mark=mark)
    with atomic_path(path) as temporary:
        if picture.bits == 16 and suffix in DEEP_WRITERS:
            pixels = [picture.colors]
            if picture.alpha is not None:
                pixels.append(picture.alpha[..., np.newaxis])
            with temporary.open("r+b") as file:
                DEEP_WRITERS[suffix](file, pixels, options)
        else:
            image = _to_image(to_eight_bits(picture), suffix)
            with _one_line():
                image.save(temporary, **encoding_options(suffix, quality), **options)
    return path


def write_picture_file(
    file: PictureFile, path, *, quality: int = 95, mark: bool = True
) -> Path:
    """Write a picture, or an animation, in the format of the path's suffix, atomically.

    Args:
        file: What to write. All frames are of one size; the first one's metadata are
            those of the whole.
        path: Target file, of an animation one of `ANIMATED_SUFFIXES`; its folder must
            exist.
        quality: See `write_picture`.
        mark: See `write_picture`.

    Raises:
        ValueError: If the format cannot hold the file, or its plug-in is missing.
        OSError: If the folder is missing or not writable.
    """
    if file.timing is None:
        return write_picture(file.frames[0], path, quality=quality, mark=mark)
    path = check_target(path)
    suffix = path.suffix.lower()
    if suffix not in ANIMATED_SUFFIXES:
        raise ValueError(
            "`path` of an animation must end in one of "
            f"{', '.join(ANIMATED_SUFFIXES)}. Received: path={str(path)!r}"
        )
    options = save_options(file.frames[0].metadata, suffix, mark=mark)
    options |= encoding_options(suffix, quality) | _timing_options(file.timing, suffix)
    frames = [_to_image(to_eight_bits(frame), suffix) for frame in file.frames]
    if file.timing.has_cover and suffix not in (".png", ".apng"):
        frames = frames[1:]
    if suffix == ".gif" and any("transparency" in frame.info for frame in frames):
        # What a frame shows through must be nothing, not the frame before it.
        options["disposal"] = 2
    with atomic_path(path) as temporary, _one_line():
        frames[0].save(temporary, save_all=True, append_images=frames[1:], **options)
    return path


def to_eight_bits(picture: Picture) -> Picture:
    """Round a picture of 16 bits to 8; return others as they are."""
    if picture.bits == 8:
        return picture
    alpha = picture.alpha
    return Picture(
        _round_levels(picture.colors),
        None if alpha is None else _round_levels(alpha),
        picture.metadata,
    )


def _round_levels(levels):
    result = np.empty(levels.shape, np.uint8)
    for rows in row_bands(levels.shape):
        # 65535 is 255 times 257.
        result[rows] = (levels[rows].astype(np.uint32) + 128) // 257
    return result


def _to_image(picture: Picture, suffix: str) -> Image.Image:
    colors, alpha = picture.colors, picture.alpha
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
    image = Image.fromarray(colors).quantize(_CLEAR)
    indices = np.array(image)
    indices[alpha < 128] = _CLEAR
    result = Image.fromarray(indices)
    palette = (image.getpalette() + [0] * 768)[:768]
    result.putpalette(palette)
    result.info["transparency"] = _CLEAR
    return result


def _timing_options(timing: Timing, suffix: str) -> dict:
    durations = [max(1, round(duration)) for duration in timing.durations]
    options = {"duration": durations}
    if suffix == ".avif":
        return options
    if timing.loop is not None:
        options["loop"] = timing.loop
    if suffix in (".png", ".apng"):
        # Frames are whole pictures, so each replaces what was there.
        options |= {"default_image": timing.has_cover, "blend": 0, "disposal": 0}
    elif suffix == ".gif":
        # Pillow's differences to "the frame before the last", number 3, are wrong.
        # Frames look the same if it is left in place.
        options["disposal"] = [1 if d == 3 else d for d in timing.disposals]
    elif suffix == ".webp":
        # WebP plays for ever unless told otherwise, the others once.
        options["loop"] = 1 if timing.loop is None else timing.loop
    return options


@contextlib.contextmanager
def _one_line():
    """Report what an encoder cannot do, such as too large a side, as a ValueError."""
    try:
        yield
    except (KeyError, RuntimeError, TypeError) as error:
        raise ValueError(f"The format cannot hold this picture ({error})") from error
