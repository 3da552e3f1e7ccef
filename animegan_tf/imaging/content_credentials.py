"""Mark image files as made with AI: IPTC Digital Source Type and software, in XMP."""

import html
import re

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from animegan_tf import __version__

# https://cv.iptc.org/newscodes/digitalsourcetype: "Edited using Generative AI" is for a
# photo changed by a trained model, "Created using Generative AI" for no photo.
SOURCE_TYPES = {
    "edited": "compositeWithTrainedAlgorithmicMedia",
    "generated": "trainedAlgorithmicMedia",
}
SOFTWARE = f"animegan_tf {__version__}"
SOFTWARE_TAG = 305
XMP_TAG = 700
_SOURCE_TYPE_URI = "http://cv.iptc.org/newscodes/digitalsourcetype/"
# Our own description, and its two properties in the descriptions of other programs,
# where they are attributes or elements.
_OLD_MARKS = re.compile(
    r"""[ ]*<rdf:Description[^>]*>\s*"""
    r"""<xmp:CreatorTool>animegan_tf[^<]*</xmp:CreatorTool>\s*"""
    r"""<Iptc4xmpExt:DigitalSourceType>[^<]*</Iptc4xmpExt:DigitalSourceType>"""
    r"""\s*</rdf:Description>\n?"""
    r"""|\s(?:xmp:CreatorTool|Iptc4xmpExt:DigitalSourceType)=(?:"[^"]*"|'[^']*')"""
    r"""|<(xmp:CreatorTool|Iptc4xmpExt:DigitalSourceType)\b[^>]*?"""
    r"""(?:/>|>.*?</\1\s*>)""",
    re.DOTALL,
)


def software_text(license: str | None = None) -> str:
    """Return the name of the software, with the license of the network's weights."""
    return SOFTWARE if license is None else f"{SOFTWARE} ({license})"


def build_xmp(kind: str = "edited", license: str | None = None) -> str:
    """Build an XMP packet with the software and the digital source type.

    Args:
        kind: `"edited"` for a stylized photo, `"generated"` for an image made from
            noise.
        license: License of the network that made the image, if it must be named.

    Raises:
        ValueError: If `kind` is neither of them.

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
        f"{_describe(kind, license)} </rdf:RDF>\n"
        "</x:xmpmeta>\n"
        '<?xpacket end="w"?>'
    )


def merge_xmp(
    packet: bytes | None, kind: str = "edited", license: str | None = None
) -> bytes:
    """Add software and digital source type to an existing XMP packet.

    Args:
        packet: XMP packet in UTF-8. `None`, and a packet without the usual `rdf:RDF`
            element, are replaced by a new one.
        kind: See `build_xmp`.
        license: See `build_xmp`.
    """
    own = build_xmp(kind, license)
    try:
        text = (packet or b"").decode("utf-8")
    except UnicodeDecodeError:
        return own.encode()
    if "xmlns:rdf=" not in text or text.count("</rdf:RDF>") != 1:
        return own.encode()
    before, after = re.split(r"[ ]*</rdf:RDF>", _OLD_MARKS.sub("", text))
    return f"{before}{_describe(kind, license)} </rdf:RDF>{after}".encode()


def mark_options(suffix: str, kind: str = "edited", license: str | None = None) -> dict:
    """Return the arguments of Pillow's `save` that mark an image as made with AI.

    Args:
        suffix: Suffix of the file, such as `".jpg"`. GIF files get a comment, BMP files
            nothing, all others an XMP packet.
        kind: See `build_xmp`.
        license: See `build_xmp`.

    Returns:
        Keyword arguments; none for BMP.
    """
    packet, suffix = build_xmp(kind, license), suffix.lower()
    software = software_text(license)
    if suffix in (".jpg", ".jpeg", ".webp", ".avif", ".heic", ".heif"):
        exif = Image.Exif()
        exif[SOFTWARE_TAG] = software
        return {"exif": exif, "xmp": packet.encode()}
    if suffix in (".tif", ".tiff"):
        return {"tiffinfo": {SOFTWARE_TAG: software, XMP_TAG: packet.encode()}}
    if suffix in (".png", ".apng"):
        texts = PngInfo()
        texts.add_text("Software", software)
        texts.add_itxt("XML:com.adobe.xmp", packet)
        return {"pnginfo": texts}
    if suffix == ".gif":
        comment = f"{software} {_SOURCE_TYPE_URI}{SOURCE_TYPES[kind]}"
        return {"comment": comment.encode()}
    return {}


def _describe(kind, license):
    software = html.escape(software_text(license), quote=False)
    return (
        '  <rdf:Description rdf:about=""\n'
        '    xmlns:xmp="http://ns.adobe.com/xap/1.0/"\n'
        '    xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">\n'
        f"   <xmp:CreatorTool>{software}</xmp:CreatorTool>\n"
        f"   <Iptc4xmpExt:DigitalSourceType>{_SOURCE_TYPE_URI}{SOURCE_TYPES[kind]}"
        "</Iptc4xmpExt:DigitalSourceType>\n"
        "  </rdf:Description>\n"
    )
