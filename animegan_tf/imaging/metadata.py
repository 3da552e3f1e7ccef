"""Carry EXIF, XMP, profile and resolution from one file to another."""

import contextlib
import re
import struct

from PIL import ExifTags, Image, PngImagePlugin

from animegan_tf.imaging.color.profiles import srgb_icc
from animegan_tf.imaging.content_credentials import (
    SOFTWARE,
    SOFTWARE_TAG,
    XMP_TAG,
    mark_options,
    merge_xmp,
)
from animegan_tf.imaging.image_file import Metadata

# Tags of how a TIFF file stores its pixels. They are none of the picture's.
_STORAGE_TAGS = {
    *range(254, 260), 262, 266, 273, 277, 278, 279, 284, 292, 293, 317, 320,
    *range(322, 326), 330, 332, 336, 337, 338, 339, 347, *range(529, 533),
    XMP_TAG, 33723, 34377, 34675,
}  # fmt: skip
_ORIENTATION = re.compile(
    rb"""\stiff:Orientation=(?:"\d+"|'\d+')|<tiff:Orientation>\d+</tiff:Orientation>"""
)
# What a segment of a JPEG file can hold beside its header.
_JPEG_SEGMENT = 65000


def read_metadata(image: Image.Image, size: tuple[int, int]) -> Metadata:
    """Collect what a file says of its picture; the profile is left to the decoder.

    Args:
        image: As opened, before anything is converted.
        size: Width and height of the upright picture.
    """
    xmp = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")
    if isinstance(xmp, str):
        xmp = xmp.encode()
    if xmp:
        xmp = _ORIENTATION.sub(b"", xmp).rstrip(b"\0")
    dpi = image.info.get("dpi")
    if dpi is not None and not all(0.0 < float(value) < 1e6 for value in dpi):
        dpi = None
    return Metadata(
        exif=_read_exif(image, size),
        xmp=xmp or None,
        dpi=tuple(float(value) for value in dpi) if dpi is not None else None,
    )


def save_options(metadata: Metadata, suffix: str, *, mark: bool) -> dict:
    """Return the arguments of Pillow's `save` that carry metadata.

    Args:
        metadata: What to carry. A file without a profile is tagged as sRGB if its
            format can hold a profile.
        suffix: That of the target. GIF and BMP files take no metadata of the source.
        mark: Whether to say too that a network changed the picture.
    """
    suffix = suffix.lower()
    if suffix in (".gif", ".bmp"):
        return mark_options(suffix) if mark else {}
    options = {"icc_profile": metadata.icc or srgb_icc()}
    if metadata.dpi and suffix not in (".webp", ".avif", ".heic", ".heif"):
        options["dpi"] = metadata.dpi
    exif = fitting_exif(metadata.exif, SOFTWARE if mark else None)
    if exif:
        options["exif"] = exif
    xmp = merge_xmp(metadata.xmp) if mark else metadata.xmp
    if xmp and suffix in (".jpg", ".jpeg") and len(xmp) > _JPEG_SEGMENT:
        xmp = merge_xmp(None) if mark else None
    if suffix in (".png", ".apng"):
        texts = PngImagePlugin.PngInfo()
        if mark:
            texts.add_text("Software", SOFTWARE)
        if xmp:
            texts.add_itxt("XML:com.adobe.xmp", xmp.decode("utf-8", "replace"))
        options["pnginfo"] = texts
    elif suffix in (".tif", ".tiff"):
        # Pillow takes either one directory of tags or the other.
        tags = Image.Exif()
        tags.load(exif or b"")
        if xmp:
            tags[XMP_TAG] = xmp
        options["exif"] = tags
    elif xmp:
        options["xmp"] = xmp
    return options


def fitting_exif(exif: bytes | None, software: str | None) -> bytes | None:
    """Add the software to an EXIF block, and leave out what makes it too long.

    Such are the notes of a camera's maker, whose inner offsets seldom survive anyway.
    """
    block = Image.Exif()
    if exif:
        block.load(exif)
    if software:
        block[SOFTWARE_TAG] = software
    if not len(block):
        return None
    data = block.tobytes()
    if len(data) > _JPEG_SEGMENT:
        block.get_ifd(ExifTags.IFD.Exif).pop(ExifTags.Base.MakerNote, None)
        data = block.tobytes()
    return data if len(data) <= _JPEG_SEGMENT else None


def _read_exif(image, size):
    # Pillow fails in many ways at broken blocks, which no viewer needs either.
    with contextlib.suppress(
        struct.error, ArithmeticError, LookupError, TypeError, ValueError, SyntaxError
    ):
        exif = image.getexif()
        for tag in (*_STORAGE_TAGS, ExifTags.Base.Orientation):
            if tag in exif:
                del exif[tag]
        details = exif.get_ifd(ExifTags.IFD.Exif)
        for tag, side in (
            (ExifTags.Base.ExifImageWidth, size[0]),
            (ExifTags.Base.ExifImageHeight, size[1]),
        ):
            if tag in details:
                details[tag] = side
        if len(exif):
            return exif.tobytes()
    return None
