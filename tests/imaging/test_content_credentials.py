import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from PIL import Image

import animegan_tf
from animegan_tf.imaging.content_credentials import build_xmp, mark_options, merge_xmp
from animegan_tf.imaging.image_io import write_image

SOFTWARE = f"animegan_tf {animegan_tf.__version__}"
URI = "http://cv.iptc.org/newscodes/digitalsourcetype/"
EDITED = URI + "compositeWithTrainedAlgorithmicMedia"
PICTURE = np.random.default_rng(0).integers(0, 256, (9, 7, 3), dtype=np.uint8)


def source_type(packet):
    """Parse an XMP packet as any reader of RDF does."""
    root = ElementTree.fromstring(packet)
    (element,) = root.iter(
        "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"
    )
    return element.text


@pytest.mark.parametrize("suffix", [".jpg", ".JPEG", ".png", ".webp", ".tif", ".tiff"])
def test_marked_file_says_what_made_it(tmp_path, suffix):
    path = write_image(PICTURE, tmp_path / f"picture{suffix}", mark=True)
    with Image.open(path) as image:
        image.load()
        assert source_type(image.info["xmp"]) == EDITED
        software = image.info.get("Software") or image.getexif()[305]
    assert software == SOFTWARE


def test_png_keeps_the_packet_where_readers_look_for_it(tmp_path):
    path = write_image(PICTURE, tmp_path / "picture.png", mark=True)
    assert b"iTXtXML:com.adobe.xmp\0\0\0\0\0<?xpacket" in path.read_bytes()


def test_gif_is_marked_in_its_comment_and_bmp_not_at_all(tmp_path):
    path = write_image(PICTURE, tmp_path / "picture.gif", mark=True)
    assert Image.open(path).info["comment"].decode() == f"{SOFTWARE} {EDITED}"
    assert mark_options(".bmp") == {}
    write_image(PICTURE, tmp_path / "picture.bmp", mark=True)


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
def test_mark_leaves_the_pixels_alone(tmp_path, suffix):
    path = write_image(PICTURE, tmp_path / f"picture{suffix}", mark=True)
    assert np.array_equal(np.asarray(Image.open(path)), PICTURE)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tiff", ".gif"])
def test_files_are_not_marked_unasked(tmp_path, suffix):
    path = write_image(PICTURE, tmp_path / f"picture{suffix}")
    assert b"animegan" not in path.read_bytes()
    assert b"digitalsourcetype" not in path.read_bytes()


def test_pictures_made_of_nothing_have_a_kind_of_their_own(tmp_path):
    path = write_image(PICTURE, tmp_path / "picture.png", mark="generated")
    assert source_type(Image.open(path).info["xmp"]) == URI + "trainedAlgorithmicMedia"


def test_unknown_kind_is_refused(tmp_path):
    with pytest.raises(ValueError, match="`kind` must be one of edited, gen.*'drawn'"):
        write_image(PICTURE, tmp_path / "picture.png", mark="drawn")
    assert list(tmp_path.iterdir()) == []


def test_packet_is_wrapped_as_xmp_wants_it():
    packet = build_xmp()
    assert packet.startswith('<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>')
    assert packet.endswith('<?xpacket end="w"?>')
    assert source_type(packet) == EDITED


def test_mark_joins_the_packet_of_another_program():
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
def test_what_is_no_packet_is_replaced(packet):
    assert merge_xmp(packet) == build_xmp().encode()
