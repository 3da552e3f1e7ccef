import numpy as np
import pytest
from PIL import Image

from animegan_tf.imaging import reading
from animegan_tf.imaging.image_file import Metadata, Picture
from animegan_tf.imaging.reading import read_picture, read_picture_file
from animegan_tf.imaging.writing import write_picture

DEEP = np.random.default_rng(0).integers(0, 65536, (6, 9, 3), dtype=np.uint16)


def test_names_with_spaces_and_letters_of_all_scripts(tmp_path, photo):
    path = tmp_path / "mein Föto 写真.png"
    Image.fromarray(photo).save(path)
    assert np.array_equal(read_picture(path).colors, photo)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_deep_pictures_are_upright(tmp_path, suffix, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Picture(DEEP, metadata=Metadata(exif=exif.tobytes()))
    path = write_picture(stored, tmp_path / f"a{suffix}")
    shallow = tmp_path / "b.png"
    Image.fromarray((DEEP >> 8).astype(np.uint8)).save(shallow, exif=exif)
    upright = read_picture(path)
    assert upright.bits == 16
    assert np.array_equal(upright.colors >> 8, read_picture(shallow).colors)


def test_deep_grey_becomes_rgb(tmp_path):
    Image.fromarray(DEEP[..., 0]).save(tmp_path / "grey.png")
    picture = read_picture(tmp_path / "grey.png")
    assert picture.bits == 16
    assert np.array_equal(picture.colors, np.repeat(DEEP[..., :1], 3, axis=-1))


def test_damaged_deep_picture_is_one_line(tmp_path):
    path = write_picture(Picture(DEEP), tmp_path / "a.png")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"damaged image: .*a\.png") as raised:
        read_picture(path)
    assert "\n" not in str(raised.value)


def test_still_pictures_have_no_timing(tmp_path, photo):
    Image.fromarray(photo).save(tmp_path / "a.png")
    assert read_picture_file(tmp_path / "a.png").timing is None


def test_first_of_many_is_taken_with_a_warning(tmp_path, caplog):
    frames = [Image.new("RGB", (8, 8), (60 * k, 0, 0)) for k in range(3)]
    for name in ("a.gif", "a.tif"):
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:])
        file = read_picture_file(tmp_path / name, animated=False)
        assert len(file.frames) == 1
        assert (file.frames[0].colors == 0).all()
        assert "only the first" in caplog.messages[-1]


def test_animations_of_too_many_pixels_in_all_are_refused(tmp_path, photo, monkeypatch):
    frame = Image.fromarray(photo)
    path = tmp_path / "a.gif"
    turned = [frame.rotate(90 * k) for k in (1, 2)]
    frame.save(path, save_all=True, append_images=turned)
    monkeypatch.setattr(reading, "MAX_PIXELS", 3 * frame.width * frame.height - 1)
    with pytest.raises(ValueError, match=r"a\.gif.*3 frames have more than"):
        read_picture_file(path)
    monkeypatch.setattr(reading, "MAX_PIXELS", 3 * frame.width * frame.height)
    assert len(read_picture_file(path).frames) == 3
