"""Lists of readable images, and their cache."""

import concurrent.futures
import io
import logging

import numpy as np
import pytest
from PIL import Image

from animegan_tf.data.image_folder import ImageCache, limit_short_side, scan_images


def _noise(height, width, seed=0):
    shape = (height, width, 3)
    return np.random.default_rng(seed).integers(0, 256, shape).astype("uint8")


def _save(path, height=16, width=16, seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(_noise(height, width, seed)).save(path)
    return path


def test_scan_lists_readable_images_sorted_through_subfolders(tmp_path):
    second = _save(tmp_path / "b.png")
    first = _save(tmp_path / "a" / "z.jpg")
    (tmp_path / "notes.txt").write_text("not a image")
    assert scan_images(tmp_path) == [first, second]
    assert scan_images(tmp_path, recursive=False) == [second]


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_scan_skips_and_reports_unreadable_files_with_a_count(tmp_path, caplog, suffix):
    good = _save(tmp_path / "good.png")
    whole = io.BytesIO()
    kind = "JPEG" if suffix == ".jpg" else "PNG"
    Image.fromarray(_noise(64, 64)).save(whole, kind)
    half = whole.getvalue()[: len(whole.getvalue()) // 2]
    (tmp_path / f"half{suffix}").write_bytes(half)
    (tmp_path / f"text{suffix}").write_text("not an image at all")
    with caplog.at_level(logging.WARNING, logger="animegan_tf"):
        assert scan_images(tmp_path) == [good]
    assert f"half{suffix}" in caplog.text
    assert f"text{suffix}" in caplog.text
    assert "2 of 3 images" in caplog.text


def test_scan_of_readable_images_logs_nothing(tmp_path, caplog):
    _save(tmp_path / "a.png")
    scan_images(tmp_path)
    assert not caplog.records


def test_scan_reports_a_missing_folder_by_argument_and_name(tmp_path):
    with pytest.raises(FileNotFoundError, match="`style` must be .*absent") as error:
        scan_images(tmp_path / "absent", argument="style")
    assert "\n" not in str(error.value)


def test_scan_rejects_a_file_and_an_empty_folder(tmp_path):
    with pytest.raises(ValueError, match="`photos` must be .*not a file"):
        scan_images(_save(tmp_path / "a.png"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="`photos` must be .*empty.*holds 0"):
        scan_images(tmp_path / "empty")


def test_scan_rejects_fewer_images_than_the_minimum(tmp_path):
    _save(tmp_path / "a.png")
    (tmp_path / "b.png").write_text("broken")
    with pytest.raises(ValueError, match="at least 2 .*holds 1 and 1 that cannot"):
        scan_images(tmp_path, minimum=2)


def test_limit_short_side_never_enlarges():
    image = _noise(20, 30)
    assert limit_short_side(image, 10).shape == (10, 15, 3)
    assert limit_short_side(image, 20) is image
    assert limit_short_side(image, 50) is image


def test_cache_reads_each_image_once_while_it_fits(tmp_path):
    path = _save(tmp_path / "a.png")
    reads = []

    def read(path):
        reads.append(path)
        return _noise(16, 16)

    cache = ImageCache(1000, read)
    np.testing.assert_array_equal(cache.get(path), cache.get(str(path)))
    assert len(reads) == 1
    assert cache.num_bytes == 16 * 16 * 3


def test_cache_drops_the_least_recently_used_first():
    reads = []

    def read(path):
        reads.append(path.name)
        return np.zeros((1, 10, 3), "uint8")

    cache = ImageCache(60, read)
    for name in ("a", "b", "a", "c", "a", "b"):
        cache.get(name)
    assert reads == ["a", "b", "c", "b"]
    assert cache.num_bytes == 60


def test_cache_never_exceeds_its_budget_even_by_one_image():
    cache = ImageCache(29, lambda path: np.zeros((1, 10, 3), "uint8"))
    assert cache.get("a").shape == (1, 10, 3)
    assert cache.num_bytes == 0


def test_cached_images_cannot_be_written_to():
    cache = ImageCache(100, lambda path: np.zeros((1, 10, 3), "uint8"))
    with pytest.raises(ValueError, match="read-only"):
        cache.get("a")[0] = 1


def test_cache_rejects_a_negative_budget():
    with pytest.raises(ValueError, match="`budget_bytes` must be at least 0"):
        ImageCache(-1)


def test_cache_serves_many_threads_within_its_budget():
    def read(path):
        return np.full((1, 10, 3), int(path.name), "uint8")

    cache = ImageCache(90, read)
    names = [str(k % 7) for k in range(400)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        images = list(pool.map(cache.get, names))
    assert [str(image[0, 0, 0]) for image in images] == names
    assert cache.num_bytes == 90


def test_an_empty_folder_name_does_not_mean_the_working_directory():
    with pytest.raises(ValueError, match="`style` must name a folder"):
        scan_images("", argument="style")
