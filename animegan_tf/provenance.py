"""Marks in picture files that say, to programs, that a network made what is shown."""

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from animegan_tf import __version__

# https://cv.iptc.org/newscodes/digitalsourcetype: "Edited using Generative AI" is a
# photo changed by a model trained on samples; "Created using Generative AI" has none.
SOURCE_TYPES = {
    "edited": "compositeWithTrainedAlgorithmicMedia",
    "generated": "trainedAlgorithmicMedia",
}
SOFTWARE = f"animegan_tf {__version__}"
_SOURCE_TYPE_URI = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_SOFTWARE_TAG = 305
_XMP_TAG = 700


def build_xmp(kind: str = "edited") -> str:
    """Write the XMP packet that names the software and the digital source type.

    Args:
        kind: `"edited"` for a photo that a network changed, `"generated"` for a
            picture that it made of nothing.

    Raises:
        ValueError: If `kind` is neither.

    Reference: IPTC Photo Metadata Standard, property Digital Source Type.
    """
    if kind not in SOURCE_TYPES:
        raise ValueError(
            f"`kind` must be one of {', '.join(SOURCE_TYPES)}. Received: kind={kind!r}"
        )
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
        ' <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
        '  <rdf:Description rdf:about=""\n'
        '    xmlns:xmp="http://ns.adobe.com/xap/1.0/"\n'
        '    xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">\n'
        f"   <xmp:CreatorTool>{SOFTWARE}</xmp:CreatorTool>\n"
        f"   <Iptc4xmpExt:DigitalSourceType>{_SOURCE_TYPE_URI}{SOURCE_TYPES[kind]}"
        "</Iptc4xmpExt:DigitalSourceType>\n"
        "  </rdf:Description>\n"
        " </rdf:RDF>\n"
        "</x:xmpmeta>\n"
        '<?xpacket end="w"?>'
    )


def mark_options(suffix: str, kind: str = "edited") -> dict:
    """Return the arguments of Pillow's `save` that mark a picture.

    Args:
        suffix: That of the file, such as `".jpg"`. JPEG, PNG, WebP and TIFF files
            take the packet, GIF files a comment of the same content; BMP files have
            no room for either.
        kind: See `build_xmp`.

    Returns:
        Keyword arguments; none for BMP.
    """
    packet, suffix = build_xmp(kind), suffix.lower()
    if suffix in (".jpg", ".jpeg", ".webp"):
        exif = Image.Exif()
        exif[_SOFTWARE_TAG] = SOFTWARE
        return {"exif": exif, "xmp": packet.encode()}
    if suffix in (".tif", ".tiff"):
        return {"tiffinfo": {_SOFTWARE_TAG: SOFTWARE, _XMP_TAG: packet.encode()}}
    if suffix == ".png":
        texts = PngInfo()
        texts.add_text("Software", SOFTWARE)
        texts.add_itxt("XML:com.adobe.xmp", packet)
        return {"pnginfo": texts}
    if suffix == ".gif":
        comment = f"{SOFTWARE} {_SOURCE_TYPE_URI}{SOURCE_TYPES[kind]}"
        return {"comment": comment.encode()}
    return {}
