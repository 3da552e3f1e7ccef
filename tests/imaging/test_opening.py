import sys

import numpy as np
import pytest
from PIL import Image

from animegan_tf.imaging import opening as image_opening
from animegan_tf.imaging.opening import check_codec, open_image


def test_errors_in_the_block_name_the_file(tmp_path, photo):
    path = tmp_path / "photo.png"
    Image.fromarray(photo).save(path)
    with pytest.raises(ValueError, match=r"damaged image: .*photo\.png.*\(why\)"):
        with open_image(path):
            raise OSError("why")


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_more_pixels_than_the_limit_are_refused(tmp_path, photo, monkeypatch):
    path = tmp_path / "photo.png"
    Image.fromarray(photo).save(path)
    monkeypatch.setattr(image_opening, "MAX_PIXELS", 33 * 65 - 1)
    with pytest.raises(ValueError, match=r"more than 2144 pixels.*photo\.png"):
        with open_image(path):
            pass


def test_scans_larger_than_pillow_s_limit_open(tmp_path, recwarn):
    path = tmp_path / "scan.png"
    Image.new("1", (20000, 20000)).save(path)
    limit = Image.MAX_IMAGE_PIXELS
    with open_image(path) as image:
        assert image.size == (20000, 20000)
    assert Image.MAX_IMAGE_PIXELS == limit
    assert not recwarn.list


@pytest.mark.parametrize("name", ["photo.heic", "telephone.jpg"])
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
        check_codec(".HEIC", "result.HEIC")


def test_heic_opens_with_the_plug_in(tmp_path):
    heif = pytest.importorskip("pillow_heif")
    heif.register_heif_opener()
    path = tmp_path / "photo.heic"
    Image.new("RGB", (64, 48), (10, 200, 30)).save(path)
    with open_image(path) as image:
        pixel = np.asarray(image.convert("RGB"))[20, 20]
    assert np.abs(pixel.astype(int) - (10, 200, 30)).max() < 8
