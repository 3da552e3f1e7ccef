import sys

import pytest

from animegan_tf.imaging.formats import (
    ALPHA_SUFFIXES,
    ANIMATED_SUFFIXES,
    IMAGE_SUFFIXES,
    SUFFIXES_16_BIT,
    check_image_target,
    encoding_options,
    list_images,
    load_codec,
)
from animegan_tf.imaging.reading import open_image


def test_every_suffix_is_that_of_an_image():
    assert {*ALPHA_SUFFIXES, *ANIMATED_SUFFIXES, *SUFFIXES_16_BIT} < set(IMAGE_SUFFIXES)
    assert not {".jpg", ".jpeg", ".bmp"} & set(ALPHA_SUFFIXES)


def test_target_with_an_unknown_suffix_or_folder_is_refused(tmp_path):
    assert check_image_target(str(tmp_path / "a.PNG")) == tmp_path / "a.PNG"
    with pytest.raises(ValueError, match=r"`path` must end in one of.*a\.xyz"):
        check_image_target(tmp_path / "a.xyz")
    with pytest.raises(ValueError, match=r"`output` must end in one of.*output="):
        check_image_target(tmp_path / "a.xyz", argument="output")
    with pytest.raises(FileNotFoundError, match="No such output folder"):
        check_image_target(tmp_path / "gone" / "a.png")


def test_quality_is_given_to_lossy_formats_only():
    assert encoding_options(".PNG", 90) == {}
    assert encoding_options(".webp", 90) == {"quality": 90}
    # Full-resolution chroma.
    assert encoding_options(".JPG", 90) == {"quality": 90, "subsampling": 0}


@pytest.mark.parametrize("name", ["photo.heic", "phone.jpg"])
def test_heic_without_its_plug_in_names_the_extra(tmp_path, monkeypatch, name):
    # None in sys.modules makes an import fail as if it were not installed.
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    path = tmp_path / name
    path.write_bytes(b"\0\0\0\x18ftypheic" + bytes(50))
    with pytest.raises(ValueError, match=r'pip install "animegan_tf\[heif\]"') as error:
        with open_image(path):
            pass
    assert name in str(error.value)
    with pytest.raises(ValueError, match="heif"):
        load_codec(".HEIC", "result.HEIC")


def test_list_images_sorts_and_skips_hidden_and_other_files(tmp_path):
    for name in ("b.jpg", "a.PNG", "notes.txt", ".hidden.jpg", "deep/c.webp"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    names = [path.name for path in list_images(tmp_path)]
    assert names == ["a.PNG", "b.jpg"]
    names = [path.name for path in list_images(tmp_path, recursive=True)]
    assert names == ["a.PNG", "b.jpg", "c.webp"]


def test_list_images_requires_a_folder(tmp_path):
    with pytest.raises(FileNotFoundError):
        list_images(tmp_path / "gone")
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        list_images(tmp_path / "file")
