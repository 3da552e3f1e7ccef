import importlib.util
import re
from pathlib import Path

import matplotlib.cbook
import numpy as np
import pytest
from PIL import Image

import animegan_tf
from animegan_tf.imaging.reading import read_image
from animegan_tf.imaging.writing import write_image
from animegan_tf.presets import DEFAULT_STYLE

PATH = Path(__file__).parents[2] / "examples" / "style_transfer.py"


@pytest.fixture
def main(tmp_path, monkeypatch):
    """The example's main function, in an empty working folder."""
    spec = importlib.util.spec_from_file_location("style_transfer", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    working = tmp_path / "working"
    working.mkdir()
    monkeypatch.chdir(working)
    return module.main


def test_the_default_photo_is_written_to_result_jpg_also_a_second_time(
    main, run_folder, capsys
):
    for _ in range(2):
        assert main(["--style", str(run_folder)]) == 0
    assert Image.open("result.jpg").size == (512, 600)
    out = capsys.readouterr().out
    assert str(Path("result.jpg").resolve()) in out
    assert " s\n" in out


def test_the_default_style_is_a_bundled_one(main):
    assert main([]) == 0
    photo = read_image(matplotlib.cbook.get_sample_data("grace_hopper.jpg", False))
    stylized = read_image("result.jpg")
    assert stylized.shape == photo.shape
    assert np.abs(stylized.astype(int) - photo).mean() > 2


def test_the_default_style_is_that_of_the_library(main, capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    assert f"default: {DEFAULT_STYLE}" in capsys.readouterr().out


def test_a_given_photo_is_written_to_the_given_output(main, run_folder, photo):
    write_image(photo, "mine.png")
    arguments = ["mine.png", "--style", str(run_folder), "--output", "out.png"]
    assert main(arguments) == 0
    assert np.array_equal(read_image("out.png"), 255 - photo)


def test_options_set_the_dials(main, run_folder, photo):
    write_image(photo, "mine.png")
    arguments = ["mine.png", "--style", str(run_folder), "--output", "out.png"]
    assert main([*arguments, "--strength", "0"]) == 0
    assert np.array_equal(read_image("out.png"), photo)
    options = ["--color", "mine.png", "--detail", "0.5", "--scale", "0.5"]
    assert main([*arguments, *options]) == 0
    assert read_image("out.png").shape == photo.shape


def test_the_photo_is_never_overwritten(main, run_folder, photo, capsys):
    write_image(photo, "result.jpg")
    before = Path("result.jpg").read_bytes()
    assert main(["result.jpg", "--style", str(run_folder)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert Path("result.jpg").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["gone.jpg"], "gone.jpg"),
        (["notes.jpg"], "notes.jpg"),
        (["--style", "no-such"], "no-such"),
        (["--output", "gone/result.jpg"], "gone"),
        (["--output", "result.xyz"], "result.xyz"),
        (["--strength", "2"], "`strength` must be in [0, 1]"),
        (["--color", "gone.jpg"], "`color` must be one of"),
    ],
)
def test_errors_are_one_line(main, run_folder, capsys, arguments, part):
    Path("notes.jpg").write_text("not an image")
    if "--style" not in arguments:
        arguments = [*arguments, "--style", str(run_folder)]
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert part in error


def test_example_uses_public_names_only():
    names = re.findall(r"animegan_tf\.(\w+(?:\.\w+)?)", PATH.read_text())
    assert {name.split(".")[0] for name in names} <= set(animegan_tf.__all__)
    assert "from animegan_tf" not in PATH.read_text()
