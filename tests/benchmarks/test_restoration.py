import re

import numpy as np
import pytest

from animegan_tf.imaging.writing import write_image


@pytest.fixture(scope="module")
def restoration(load_script):
    pytest.importorskip("cv2")
    pytest.importorskip("skimage")
    return load_script("restoration")


@pytest.fixture(scope="module")
def photo():
    rows, columns = np.mgrid[0:64, 0:72]
    image = 100 + 60 * np.sin(rows / 7) + 50 * np.cos(columns / 5)
    return np.repeat(image[..., None], 3, axis=2).astype(np.uint8)


def test_every_degradation_but_none_lowers_the_psnr(restoration, photo):
    for name, task in restoration.TASKS.items():
        degraded, mask = task.degrade(photo, np.random.default_rng(0))
        psnr, ssim = restoration.measure([degraded], [photo])
        assert degraded.shape == photo.shape and degraded.dtype == np.uint8
        assert (psnr == 100.0 and ssim == 1.0) == (name == "none")
        if mask is not None:
            assert np.array_equal(degraded[mask == 0], photo[mask == 0])


def test_holes_are_filled_better_than_with_white(restoration, photo, identity_run):
    task = restoration.TASKS["scratches"]
    results = restoration.run(task, [photo], identity_run)
    assert list(results) == ["degraded", "TELEA", "NS", "ours"]
    scores = {key: restoration.measure(r, [photo])[0] for key, r in results.items()}
    assert min(scores["TELEA"], scores["NS"], scores["ours"]) > scores["degraded"] + 3


def test_the_row_has_the_best_of_the_other_methods(restoration):
    scores = {"degraded": (20.0, 0.5), "A": (21.0, 0.7), "B": (22.0, 0.6)}
    row = restoration.format_row("noise", scores | {"ours": (23.456, 0.9)})
    assert row == "| noise | 20.00, 0.500 | 22.00, 0.600 (B) | 23.46, 0.900 |"


def test_a_table_and_sheets_are_written(
    restoration, photo, identity_run, tmp_path, capsys
):
    (tmp_path / "photos").mkdir()
    write_image(photo, tmp_path / "photos" / "a.png")
    options = ["--photos", tmp_path / "photos", "--network", identity_run]
    options += ["--only", "noise 10", "--size", 64, "--output", tmp_path / "sheets"]
    assert restoration.main([str(option) for option in options]) == 0
    rows = re.findall(r"^\| (\w.*?) \|", capsys.readouterr().out, re.MULTILINE)
    assert rows == ["Degradation", "noise 10", "noise 10 and JPEG 40"]
    names = sorted(path.name for path in (tmp_path / "sheets").iterdir())
    assert names == ["noise_10.png", "noise_10_and_JPEG_40.png"]
