import json

import pytest

from animegan_tf.imaging.reading import read_image
from animegan_tf.imaging.writing import write_image


@pytest.fixture(scope="module")
def transfer(load_script):
    return load_script("optimisation_transfer")


def test_content_is_interpolated_at_equal_style_distance(transfer):
    curve = [
        {"step": 0, "style": 0.5, "content": 0.0},
        {"step": 5, "style": 0.3, "content": 0.1},
        {"step": 10, "style": 0.2, "content": 0.4},
    ]
    assert transfer.interpolate(curve, 0.4) == pytest.approx(0.05)
    assert transfer.interpolate(curve, 0.225) == pytest.approx(0.325)
    # The photos are closer already; the curve never gets as close.
    assert transfer.interpolate(curve, 0.6) == 0.0
    assert transfer.interpolate(curve, 0.1) is None


@pytest.mark.slow
def test_transfer_approaches_the_style_and_departs_from_the_photo(
    transfer, run_folder, photo, tmp_path, features_file
):
    stripes = photo.copy()
    stripes[:, ::4] = 0
    for name, image in (("photos", photo), ("drawings", stripes)):
        (tmp_path / name).mkdir()
        write_image(image, tmp_path / name / "0.png")
    output = tmp_path / "output"
    arguments = ["--style", run_folder, "--photos", tmp_path / "photos"]
    arguments += ["--style-images", tmp_path / "drawings", "--features", features_file]
    arguments += ["--steps", 4, "--record-every", 2, "--content-weight", 0.0]
    arguments += ["--learning-rate", 0.002]
    assert transfer.main([*map(str, arguments), "--output", str(output)]) == 0
    curve = json.loads((output / "transfer.json").read_text())["curve"]
    assert [point["step"] for point in curve] == [0, 2, 4]
    assert curve[0]["content"] == 0.0 < curve[1]["content"]
    assert curve[2]["style"] < curve[0]["style"]
    assert read_image(output / "00.png").shape == (256, 256, 3)
