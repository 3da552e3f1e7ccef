"""`animegan-tf adapt`: what is refused before TensorFlow is loaded, and one fit."""

import pytest

from animegan_tf.cli import adapt, main
from animegan_tf.imaging.writing import write_image
from animegan_tf.inference.stylizer import Stylizer


@pytest.fixture
def drawing(photo, tmp_path):
    return write_image(photo, tmp_path / "drawing.png")


@pytest.mark.parametrize(
    ("images", "output", "message"),
    [
        (["gone.png"], "out.keras", "No such image"),
        (["{folder}"] * 21, "out.keras", "`--style-images` must be 1 to 20"),
        (["{folder}/empty"], "out.keras", "`--style-images` must be 1 to 20"),
        (["{drawing}"], "drawing.png", "exists; --overwrite replaces it"),
        (["{drawing}"], "gone/out.keras", "No such output folder"),
    ],
)
def test_invalid_arguments_are_one_line(
    images, output, message, drawing, tmp_path, assert_error_line
):
    (tmp_path / "empty").mkdir()
    images = [i.format(folder=tmp_path, drawing=drawing) for i in images]
    code = main(["adapt", "--style-images", *images, "-o", str(tmp_path / output)])
    assert code == 2
    assert_error_line(message)


def test_an_existing_folder_is_no_keras_file(drawing, tmp_path, assert_error_line):
    output = tmp_path / "out.keras"
    output.mkdir()
    arguments = ["--style-images", str(drawing), "-o", str(output), "--overwrite"]
    assert main(["adapt", *arguments]) == 2
    assert_error_line("`--output` is no file")


def test_constants_are_those_of_the_fit():
    from animegan_tf.transfer import few_shot

    assert adapt._BLEND == few_shot.BLEND
    assert adapt._MAX_STYLE_IMAGES == few_shot.MAX_STYLE_IMAGES


@pytest.mark.slow
def test_a_style_is_fitted_and_can_be_used(drawing, style, photo, tmp_path, capsys):
    photos = tmp_path / "photos"
    photos.mkdir()
    write_image(photo, photos / "photo.png")
    output = tmp_path / "mine"
    arguments = ["--style-images", str(drawing), "--base", style, "--steps", "1"]
    arguments += ["--photos", str(photos), "-o", str(output)]
    assert main(["adapt", *arguments]) == 0
    out = capsys.readouterr().out
    assert "Distance to the style images: photos" in out
    assert f"--style {output}" in out
    assert Stylizer.from_preset(output)(photo).shape == photo.shape
