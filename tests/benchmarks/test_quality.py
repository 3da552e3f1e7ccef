import argparse
import json

import numpy as np
import pytest

from animegan_tf.imaging.reading import read_image
from animegan_tf.imaging.writing import write_image


@pytest.fixture(scope="module")
def quality(load_script):
    return load_script("quality")


def flat(level, size=(20, 30)):
    return np.full((*size, 3), level, "uint8")


def test_sheet_has_a_group_of_cells_for_each_photo_below_the_titles(quality):
    columns = {"photo": [flat(10), flat(20), flat(30)], "a": [flat(11)] * 3}
    arguments = argparse.Namespace(cell=40, detail=False, photos_per_row=2)
    sheet = quality.make_sheet(columns, arguments)
    assert sheet.shape == (28 + 2 * 40, 4 * 40, 3)
    assert (sheet[:28] == 255).any() and (sheet[:28] == 0).any()
    cells = sheet[28 + 20 :: 40, 20::40, 0]
    # The cells of a fourth photo are white.
    assert cells.tolist() == [[10, 11, 20, 11], [30, 11, 255, 255]]


def test_detail_is_a_crop_at_the_original_scale(quality):
    image = np.random.default_rng(0).integers(0, 256, (20, 30, 3), "uint8")
    np.testing.assert_array_equal(quality.cut_cell(image, 8, True), image[6:14, 11:19])
    # The whole center square, resized.
    left, right = flat(0, (20, 10)), flat(200, (20, 10))
    thirds = np.concatenate([left, flat(90, (20, 20)), right], axis=1)
    assert (quality.cut_cell(thirds, 10, False) == 90).all()


@pytest.mark.slow
def test_sheet_table_and_json_are_written(
    quality, run_folder, photo, tmp_path, features_file
):
    for name, image in (
        ("photos", photo),
        ("drawings", 255 - photo),
        ("others", photo),
    ):
        (tmp_path / name).mkdir()
        for index in range(2):
            write_image(image[index:], tmp_path / name / f"{index}.png")
    arguments = ["--style", run_folder, "--photos", tmp_path / "photos"]
    arguments += ["--reference", tmp_path / "others", "--size", 24, "--cell", 16]
    arguments += ["--style-images", tmp_path / "drawings", "--features", features_file]
    output = tmp_path / "output"
    assert quality.main([*map(str, arguments), "--output", str(output)]) == 0
    assert read_image(output / "sheet_24.jpg").shape == (28 + 16, 6 * 16, 3)
    report = json.loads((output / "report_24.json").read_text())
    assert list(report["sets"]) == ["photos", str(run_folder), "others"]
    assert report["sets"]["others"]["mean"]["edge_f1"] > 0.5
    assert "| style distance, correlation" in (output / "report_24.md").read_text()
