"""Copy EXIF, XMP, ICC profile and resolution from one image file to another."""

import contextlib
import re
import struct

from PIL import ExifTags, Image, PngImagePlugin

from animegan_tf.imaging.color.profiles import srgb_icc
from animegan_tf.imaging.content_credentials import (
    SOFTWARE_TAG,
    XMP_TAG,
    mark_options,
    merge_xmp,
    software_text,
)
from animegan_tf.imaging.image_file import Metadata

# Tags that tell how a TIFF file stores its pixels, and nothing about the image.
_STORAGE_TAGS = {
    *range(254, 260), 262, 266, 273, 277, 278, 279, 284, 292, 293, 317, 320,
    *range(322, 326), 330, 332, 336, 337, 338, 339, 347, *range(529, 533),
    XMP_TAG, 33723, 34377, 34675,
}  # fmt: skip
_ORIENTATION = re.compile(
    rb"""\stiff:Orientation=(?:"\d+"|'\d+')|<tiff:Orientation>\d+</tiff:Orientation>"""
)
# Properties that hold a picture of the original, or of its depth.
_PREVIEWS = (
    (b"http://ns.adobe.com/xap/1.0/", b"Thumbnails"),
    (b"http://ns.adobe.com/xap/1.0/g/img/", b"image"),
    (b"http://ns.google.com/photos/1.0/image/", b"Data"),
    (b"http://ns.google.com/photos/1.0/depthmap/", b"Data"),
)
_JPEG_START = b"\xff\xd8\xff"
# Bytes that a segment of a JPEG file can hold besides its header.
_JPEG_SEGMENT = 65000


def read_metadata(image: Image.Image, size: tuple[int, int]) -> Metadata:
    """Read the metadata of an image, except the ICC profile.

    Thumbnails and other pictures of the original in its EXIF and XMP are left out.

    Args:
        image: The image as opened, before any conversion.
        size: Width and height of the upright image.
    """
    xmp = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")
    if isinstance(xmp, str):
        xmp = xmp.encode()
    if xmp:
        xmp = _drop_previews(_ORIENTATION.sub(b"", xmp)).rstrip(b"\0")
    dpi = image.info.get("dpi")
    if dpi is not None and not all(0.0 < float(value) < 1e6 for value in dpi):
        dpi = None
    return Metadata(
        exif=_read_exif(image, size),
        xmp=xmp or None,
        dpi=tuple(float(value) for value in dpi) if dpi is not None else None,
    )


def save_options(metadata: Metadata, suffix: str, *, mark: bool) -> dict:
    """Return the arguments of Pillow's `save` that write metadata.

    Args:
        metadata: The metadata. Without a profile, the file is tagged as sRGB if its
            format can hold a profile.
        suffix: Suffix of the file to write. GIF and BMP files get no metadata.
        mark: Whether to state, in any format but BMP, that the image was edited with
            AI.
    """
    suffix = suffix.lower()
    if suffix in (".gif", ".bmp"):
        return mark_options(suffix, license=metadata.license) if mark else {}
    software = software_text(metadata.license)
    options = {"icc_profile": metadata.icc or srgb_icc()}
    if metadata.dpi and suffix not in (".webp", ".avif", ".heic", ".heif"):
        options["dpi"] = metadata.dpi
    exif = fitting_exif(metadata.exif, software if mark else None)
    if exif:
        options["exif"] = exif
    xmp = metadata.xmp
    if mark:
        xmp = merge_xmp(xmp, license=metadata.license)
    if xmp and suffix in (".jpg", ".jpeg") and len(xmp) > _JPEG_SEGMENT:
        xmp = merge_xmp(None, license=metadata.license) if mark else None
    if suffix in (".png", ".apng"):
        texts = PngImagePlugin.PngInfo()
        if mark:
            texts.add_text("Software", software)
        if xmp:
            texts.add_itxt("XML:com.adobe.xmp", xmp.decode("utf-8", "replace"))
        options["pnginfo"] = texts
    elif suffix in (".tif", ".tiff"):
        # Pillow's `tiffinfo` and `exif` exclude each other.
        tags = Image.Exif()
        tags.load(exif or b"")
        if xmp:
            tags[XMP_TAG] = xmp
        options["exif"] = tags
    elif xmp:
        options["xmp"] = xmp
    return options


def fitting_exif(exif: bytes | None, software: str | None) -> bytes | None:
    """Add the software to an EXIF block, and shorten the block to fit a JPEG segment.

    Camera maker notes are removed first; their internal offsets rarely survive anyway.

    Returns:
        The block, or `None` if it is empty or still too long.
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


def _drop_previews(xmp: bytes) -> bytes:
    """Remove the pictures of the original, whether elements or attributes."""
    for namespace, name in _PREVIEWS:
        declared = rb"xmlns:([\w.-]+)\s*=\s*[\"']%b[\"']" % re.escape(namespace)
        for prefix in set(re.findall(declared, xmp)):
            tag = re.escape(prefix + b":" + name)
            element = rb"<%b(?:\s[^>]*?)?(?:/>|>.*?</%b\s*>)" % (tag, tag)
            attribute = rb"\s%b\s*=\s*(?:\"[^\"]*\"|'[^']*')" % tag
            for pattern in (element, attribute):
                xmp = re.sub(pattern, b"", xmp, flags=re.DOTALL)
    return xmp


def _read_exif(image, size):
    # Pillow raises many kinds of errors for broken blocks, which no viewer reads.
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
        # Pillow copies no thumbnail, but cameras have previews in their notes, too.
        notes = details.get(ExifTags.Base.MakerNote)
        if isinstance(notes, bytes) and _JPEG_START in notes:
            del details[ExifTags.Base.MakerNote]
        if len(exif):
            return exif.tobytes()
    return None
