import numpy as np
import pytest
from PIL import ExifTags, Image

from animegan_tf.imaging.color.profiles import srgb_icc
from animegan_tf.imaging.image_file import Metadata
from animegan_tf.imaging.metadata import (
    fitting_exif,
    read_metadata,
    save_options,
)

ORIENTATION, MAKE = 0x0112, 0x010F
GPS = {1: "N", 2: (48.0, 8.0, 30.5)}


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


def test_exif_is_kept_but_for_the_orientation(tmp_path):
    Image.new("RGB", (40, 30)).save(tmp_path / "a.jpg", exif=build_exif())
    with Image.open(tmp_path / "a.jpg") as image:
        exif = load_exif(read_metadata(image, (30, 40)).exif)
    assert ORIENTATION not in exif
    assert exif[MAKE] == "Maker"
    assert exif.get_ifd(ExifTags.IFD.GPSInfo) == GPS
    details = exif.get_ifd(ExifTags.IFD.Exif)
    # The sides are those of the upright picture.
    assert (details[0xA002], details[0xA003]) == (30, 40)


def test_tags_of_storage_are_none_of_the_picture_s(tmp_path):
    Image.new("RGB", (4, 4)).save(tmp_path / "a.tif", exif=build_exif(1))
    with Image.open(tmp_path / "a.tif") as image:
        exif = load_exif(read_metadata(image, (4, 4)).exif)
    assert exif[MAKE] == "Maker"
    assert not {256, 257, 258, 259, 262, 273, 277, 278, 279} & set(exif)


def test_broken_exif_is_left_out():
    image = Image.new("RGB", (4, 4))
    image.info["exif"] = b"Exif\0\0II*\0\xff\xff"
    assert read_metadata(image, (4, 4)).exif is None


def test_orientation_in_xmp_is_left_out():
    image = Image.new("RGB", (4, 4))
    image.info["xmp"] = b'<a tiff:Orientation="6" b="1"/>\0'
    assert read_metadata(image, (4, 4)).xmp == b'<a b="1"/>'


def test_meaningless_resolution_is_left_out():
    image = Image.new("RGB", (4, 4))
    image.info["dpi"] = (0.0, 0.0)
    assert read_metadata(image, (4, 4)).dpi is None


def test_long_exif_loses_the_maker_s_notes():
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
def test_every_format_takes_what_it_can(tmp_path, suffix):
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
