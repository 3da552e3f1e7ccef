import io
import struct
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from PIL import ExifTags, Image

import animegan_tf
from animegan_tf.imaging.color.profiles import srgb_icc
from animegan_tf.imaging.content_credentials import build_xmp, mark_options, merge_xmp
from animegan_tf.imaging.image_file import Metadata
from animegan_tf.imaging.metadata import fitting_exif, read_metadata, save_options
from animegan_tf.imaging.writing import write_image

ORIENTATION, MAKE = 0x0112, 0x010F
GPS = {1: "N", 2: (48.0, 8.0, 30.5)}
SOFTWARE = f"animegan_tf {animegan_tf.__version__}"
URI = "http://cv.iptc.org/newscodes/digitalsourcetype/"
EDITED = URI + "compositeWithTrainedAlgorithmicMedia"
IMAGE = np.random.default_rng(0).integers(0, 256, (9, 7, 3), dtype=np.uint8)


def build_exif(orientation=6):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[MAKE] = "Maker"
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(GPS)
    exif.get_ifd(ExifTags.IFD.Exif).update({0xA002: 40, 0xA003: 30, 0x829A: 0.01})
    return exif


def load_exif(data):
    exif = Image.Exif()
    exif.load(data)
    return exif


def test_exif_is_kept_except_the_orientation(tmp_path):
    Image.new("RGB", (40, 30)).save(tmp_path / "a.jpg", exif=build_exif())
    with Image.open(tmp_path / "a.jpg") as image:
        exif = load_exif(read_metadata(image, (30, 40)).exif)
    assert ORIENTATION not in exif
    assert exif[MAKE] == "Maker"
    assert exif.get_ifd(ExifTags.IFD.GPSInfo) == GPS
    details = exif.get_ifd(ExifTags.IFD.Exif)
    # The sides are those of the upright image.
    assert (details[0xA002], details[0xA003]) == (30, 40)


def test_storage_tags_of_tiff_are_left_out(tmp_path):
    Image.new("RGB", (4, 4)).save(tmp_path / "a.tif", exif=build_exif(1))
    with Image.open(tmp_path / "a.tif") as image:
        exif = load_exif(read_metadata(image, (4, 4)).exif)
    assert exif[MAKE] == "Maker"
    assert not {256, 257, 258, 259, 262, 273, 277, 278, 279} & set(exif)


def test_broken_exif_is_ignored():
    image = Image.new("RGB", (4, 4))
    image.info["exif"] = b"Exif\0\0II*\0\xff\xff"
    assert read_metadata(image, (4, 4)).exif is None


def test_orientation_in_xmp_is_left_out():
    image = Image.new("RGB", (4, 4))
    image.info["xmp"] = b'<a tiff:Orientation="6" b="1"/>\0'
    assert read_metadata(image, (4, 4)).xmp == b'<a b="1"/>'


THUMBNAIL = """<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:xap="http://ns.adobe.com/xap/1.0/"
 xmlns:img="http://ns.adobe.com/xap/1.0/g/img/"
 xmlns:GImage="http://ns.google.com/photos/1.0/image/"
 GImage:Mime="image/jpeg" GImage:Data="SECRET" xap:Label="kept">
<xap:Thumbnails><rdf:Alt><rdf:li rdf:parseType="Resource">
<img:format>JPEG</img:format><img:image>SECRET
SECRET</img:image></rdf:li></rdf:Alt></xap:Thumbnails>
<xap:CreateDate>2020-01-02</xap:CreateDate>
<rdf:value><img:image>SECRET</img:image></rdf:value>
</rdf:Description></rdf:RDF></x:xmpmeta>"""


def test_pictures_of_the_original_in_xmp_are_left_out():
    image = Image.new("RGB", (4, 4))
    image.info["xmp"] = THUMBNAIL.encode()
    xmp = read_metadata(image, (4, 4)).xmp.decode()
    assert "SECRET" not in xmp and "Thumbnails" not in xmp
    root = ElementTree.fromstring(xmp)
    (description,) = root.findall(".//{*}Description")
    label = "{http://ns.adobe.com/xap/1.0/}Label"
    assert description.get(label) == "kept"
    assert root.find(".//{*}CreateDate").text == "2020-01-02"


def test_pictures_of_the_original_in_exif_are_left_out(tmp_path):
    thumbnail = io.BytesIO()
    Image.new("RGB", (8, 6), "red").save(thumbnail, "JPEG", comment=b"SECRET")
    thumbnail = thumbnail.getvalue()
    exif = build_exif(1)
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.MakerNote] = b"note" + thumbnail
    # A second directory, which Pillow does not write, holds a thumbnail.
    block = bytearray(exif.tobytes().removeprefix(b"Exif\0\0"))
    order = {b"II": "<", b"MM": ">"}[bytes(block[:2])]
    (count,) = struct.unpack_from(f"{order}H", block, 8)
    struct.pack_into(f"{order}I", block, 10 + 12 * count, len(block))
    entries = (0x0201, 4, 1, len(block) + 30, 0x0202, 4, 1, len(thumbnail), 0)
    block += struct.pack(f"{order}HHHIIHHIII", 2, *entries) + thumbnail
    path = tmp_path / "a.jpg"
    Image.new("RGB", (40, 30)).save(path, exif=b"Exif\0\0" + bytes(block))
    assert path.read_bytes().count(b"SECRET") == 2
    with Image.open(path) as image:
        kept = read_metadata(image, (40, 30)).exif
    assert b"SECRET" not in kept
    assert load_exif(kept)[MAKE] == "Maker"


def test_zero_resolution_is_ignored():
    image = Image.new("RGB", (4, 4))
    image.info["dpi"] = (0.0, 0.0)
    assert read_metadata(image, (4, 4)).dpi is None


def test_long_exif_loses_the_maker_notes():
    exif = build_exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.MakerNote] = bytes(66000)
    kept = load_exif(fitting_exif(exif.tobytes(), "software"))
    assert kept[305] == "software"
    assert kept.get_ifd(ExifTags.IFD.GPSInfo) == GPS
    exif[MAKE] = "M" * 70000
    assert fitting_exif(exif.tobytes(), None) is None


@pytest.mark.parametrize(
    "suffix", [".jpg", ".png", ".webp", ".tif", ".avif", ".gif", ".bmp"]
)
def test_every_format_gets_the_metadata_it_can_hold(tmp_path, suffix):
    metadata = Metadata(exif=build_exif(1).tobytes(), xmp=b"<x/>", dpi=(300.0, 300.0))
    path = tmp_path / f"a{suffix}"
    for mark in (True, False):
        options = save_options(metadata, suffix, mark=mark)
        Image.new("RGB", (16, 16)).save(path, **options)
        with Image.open(path) as image:
            image.load()
            if suffix in (".gif", ".bmp"):
                continue
            assert image.info["icc_profile"] == srgb_icc()
            assert image.getexif()[MAKE] == "Maker"
            software = image.getexif().get(305) or image.info.get("Software")
            assert (software is not None) == mark
            assert (b"DigitalSourceType" in image.info["xmp"]) == mark
            if suffix in (".jpg", ".png", ".tif"):
                assert np.allclose(image.info["dpi"], 300.0, atol=0.5)


def source_type(packet):
    """Parse the source type from an XMP packet."""
    root = ElementTree.fromstring(packet)
    (element,) = root.iter(
        "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"
    )
    return element.text


@pytest.mark.parametrize("suffix", [".jpg", ".JPEG", ".png", ".webp", ".tif", ".tiff"])
def test_marked_file_states_source_type_and_software(tmp_path, suffix):
    path = write_image(IMAGE, tmp_path / f"image{suffix}", mark=True)
    with Image.open(path) as image:
        image.load()
        assert source_type(image.info["xmp"]) == EDITED
        software = image.info.get("Software") or image.getexif()[305]
    assert software == SOFTWARE


def test_png_has_the_packet_in_the_standard_chunk(tmp_path):
    path = write_image(IMAGE, tmp_path / "image.png", mark=True)
    assert b"iTXtXML:com.adobe.xmp\0\0\0\0\0<?xpacket" in path.read_bytes()


def test_gif_is_marked_in_its_comment_and_bmp_not_at_all(tmp_path):
    path = write_image(IMAGE, tmp_path / "image.gif", mark=True)
    assert Image.open(path).info["comment"].decode() == f"{SOFTWARE} {EDITED}"
    assert mark_options(".bmp") == {}
    write_image(IMAGE, tmp_path / "image.bmp", mark=True)


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
def test_mark_does_not_change_the_pixels(tmp_path, suffix):
    path = write_image(IMAGE, tmp_path / f"image{suffix}", mark=True)
    assert np.array_equal(np.asarray(Image.open(path)), IMAGE)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tiff", ".gif"])
def test_files_are_not_marked_by_default(tmp_path, suffix):
    path = write_image(IMAGE, tmp_path / f"image{suffix}")
    assert b"animegan" not in path.read_bytes()
    assert b"digitalsourcetype" not in path.read_bytes()


def test_generated_images_have_their_own_source_type(tmp_path):
    path = write_image(IMAGE, tmp_path / "image.png", mark="generated")
    assert source_type(Image.open(path).info["xmp"]) == URI + "trainedAlgorithmicMedia"


def test_unknown_kind_is_refused(tmp_path):
    with pytest.raises(ValueError, match="`kind` must be one of edited, gen.*'other'"):
        write_image(IMAGE, tmp_path / "image.png", mark="other")
    assert list(tmp_path.iterdir()) == []


def test_packet_has_the_xmp_wrapper():
    packet = build_xmp()
    assert packet.startswith('<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>')
    assert packet.endswith('<?xpacket end="w"?>')
    assert source_type(packet) == EDITED


def test_mark_is_merged_into_the_packet_of_another_program():
    old = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" rdf:about="" '
        'xmp:CreatorTool="Camera" xmp:Rating="5"/></rdf:RDF></x:xmpmeta>'
    )
    merged = merge_xmp(old.encode())
    assert source_type(merged) == EDITED
    assert b'xmp:Rating="5"' in merged
    assert b"Camera" not in merged
    assert merge_xmp(merged) == merged


@pytest.mark.parametrize("packet", [None, b"", b"\xff\xfe", b"<other/>"])
def test_invalid_packets_are_replaced(packet):
    assert merge_xmp(packet) == build_xmp().encode()


def test_the_license_of_the_weights_follows_the_software():
    license = "Weights: CC BY <someone> & others"
    marked = merge_xmp(None, license=license)
    (tool,) = ElementTree.fromstring(marked.decode()).iter(
        "{http://ns.adobe.com/xap/1.0/}CreatorTool"
    )
    assert tool.text == f"{SOFTWARE} ({license})"
    # The next network that edits the image replaces the mark.
    assert merge_xmp(marked) == build_xmp().encode()
    comment = mark_options(".gif", license=license)["comment"]
    assert comment.decode() == f"{SOFTWARE} ({license}) {EDITED}"
