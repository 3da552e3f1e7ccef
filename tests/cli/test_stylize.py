import argparse
import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import animegan_tf
from animegan_tf.cli import main
from animegan_tf.cli.stylize import is_video, video_arguments
from animegan_tf.imaging.reading import read_first_frame, read_image
from animegan_tf.imaging.writing import write_image
from animegan_tf.presets import DEFAULT_STYLE


@pytest.fixture
def folder(tmp_path, photo):
    """A folder of two images, one more in a subfolder, and a text file."""
    folder = tmp_path / "photos"
    (folder / "deep").mkdir(parents=True)
    for name in ("a.png", "b.png", "deep/c.png"):
        write_image(photo, folder / name)
    (folder / "notes.txt").write_text("not an image")
    return folder


def stylize(run_folder, *arguments):
    return main(["stylize", "--style", str(run_folder), *map(str, arguments)])


def names_below(folder):
    return sorted(
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()
    )


def test_one_image_to_a_file(run_folder, folder, tmp_path, photo, capsys):
    output = tmp_path / "out.png"
    assert stylize(run_folder, folder / "a.png", "-o", output) == 0
    assert np.array_equal(read_image(output), 255 - photo)
    assert str(output) in capsys.readouterr().out


def test_outputs_are_marked_unless_disabled(run_folder, folder, tmp_path):
    for output, arguments in (("marked", []), ("plain", ["--no-mark"])):
        assert stylize(run_folder, folder, "-o", tmp_path / output, *arguments) == 0
    mark = b"compositeWithTrainedAlgorithmicMedia"
    assert mark in (tmp_path / "marked" / "b.png").read_bytes()
    assert mark not in (tmp_path / "plain" / "b.png").read_bytes()


@pytest.mark.parametrize("exists", [True, False])
def test_one_image_to_a_folder(run_folder, folder, tmp_path, exists):
    output = tmp_path / "out"
    if exists:
        output.mkdir()
    assert stylize(run_folder, folder / "a.png", "-o", output) == 0
    assert names_below(output) == ["a.png"]


def test_a_folder_to_a_folder(run_folder, folder, tmp_path, photo):
    output = tmp_path / "out"
    assert stylize(run_folder, folder, "-o", output) == 0
    assert names_below(output) == ["a.png", "b.png"]
    assert np.array_equal(read_image(output / "b.png"), 255 - photo)


def test_recursive_keeps_subfolders_and_skips_its_own_outputs(run_folder, folder):
    output = folder / "anime"
    for _ in range(2):
        arguments = [folder, "--recursive", "--overwrite", "-o", output]
        assert stylize(run_folder, *arguments) == 0
    assert names_below(output) == ["a.png", "b.png", str(Path("deep", "c.png"))]


def test_the_output_may_be_the_parent_folder_of_the_sources(run_folder, folder):
    assert stylize(run_folder, folder / "deep", "-o", folder) == 0
    assert (folder / "c.png").is_file()


def test_an_image_given_twice_is_stylized_once(run_folder, folder, tmp_path, capsys):
    output = tmp_path / "out"
    assert stylize(run_folder, folder / "a.png", folder, "-o", output) == 0
    assert "Wrote 2 images" in capsys.readouterr().out


def test_a_broken_image_is_reported_and_the_others_are_stylized(
    run_folder, folder, tmp_path, capsys
):
    (folder / "a.png").write_bytes(b"broken")
    output = tmp_path / "out"
    assert stylize(run_folder, folder, "-o", output) == 1
    assert names_below(output) == ["b.png"]
    error = capsys.readouterr().err
    assert str(folder / "a.png") in error
    assert "1 of 2 images failed" in error


def test_a_lower_quality_makes_a_smaller_file(run_folder, folder, tmp_path):
    low, high = tmp_path / "low.jpg", tmp_path / "high.jpg"
    stylize(run_folder, folder / "a.png", "-o", low, "--quality", "10")
    stylize(run_folder, folder / "a.png", "-o", high)
    assert low.stat().st_size < high.stat().st_size


def test_existing_outputs_require_overwrite(
    run_folder, folder, tmp_path, photo, assert_error_line
):
    output = tmp_path / "out.png"
    output.write_bytes(b"precious")
    assert stylize(run_folder, folder / "a.png", "-o", output) == 2
    assert_error_line("out.png", "--overwrite")
    assert output.read_bytes() == b"precious"
    assert stylize(run_folder, folder / "a.png", "-o", output, "--overwrite") == 0
    assert np.array_equal(read_image(output), 255 - photo)


@pytest.mark.parametrize("link", [None, os.symlink, os.link])
def test_the_source_is_never_overwritten(
    run_folder, folder, tmp_path, assert_error_line, link
):
    source = output = folder / "a.png"
    before = source.read_bytes()
    if link:
        output = tmp_path / "link.png"
        link(source, output)
    assert stylize(run_folder, source, "-o", output, "--overwrite") == 2
    assert_error_line("would overwrite the source")
    assert stylize(run_folder, folder, "-o", folder, "--overwrite") == 2
    assert source.read_bytes() == before


@pytest.mark.parametrize("option", ["--mask", "--color"])
def test_images_that_options_name_are_never_overwritten(
    run_folder, folder, tmp_path, assert_error_line, option
):
    source, named = folder / "a.png", tmp_path / "named.png"
    named.write_bytes(source.read_bytes())
    options = [option, named, "--overwrite"]
    assert stylize(run_folder, source, "-o", named, *options) == 2
    assert_error_line("would overwrite the input", "named.png")
    target = tmp_path / "out" / "a.png"
    target.parent.mkdir()
    target.write_bytes(source.read_bytes())
    options = [option, target, "--overwrite"]
    assert stylize(run_folder, folder, "-o", target.parent, *options) == 2
    assert_error_line("would overwrite the input")
    assert named.read_bytes() == target.read_bytes() == source.read_bytes()


def test_two_images_with_the_same_output_are_an_error(
    run_folder, folder, tmp_path, assert_error_line
):
    other = write_image(np.zeros((2, 2, 3), np.uint8), tmp_path / "a.png")
    output = tmp_path / "out"
    assert stylize(run_folder, folder / "a.png", other, "-o", output) == 2
    assert_error_line(str(folder / "a.png"), str(other))
    assert not output.exists()


@pytest.mark.parametrize(
    ("source", "output"),
    [
        ("a.png", "gone/out.png"),
        ("a.png", "gone/out"),
        ("", "gone/out"),
        ("", "gone/out.folder"),
    ],
)
def test_a_missing_output_folder_is_an_error(
    run_folder, folder, tmp_path, assert_error_line, source, output
):
    assert stylize(run_folder, folder / source, "-o", tmp_path / output) == 2
    assert_error_line("No such output folder", "gone")


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere"
)
@pytest.mark.parametrize("name", ["out.png", "out"])
def test_an_unwritable_output_folder_is_an_error(
    run_folder, folder, tmp_path, assert_error_line, name
):
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    assert stylize(run_folder, folder / "a.png", "-o", locked / name) == 2
    assert_error_line("No permission to write", "locked")


@pytest.mark.parametrize(
    ("source", "output", "parts"),
    [
        ("photos", "photos/notes.txt", ["Not a folder", "notes.txt"]),
        ("photos/a.png", "out.jpgg", ["out.jpgg"]),
        ("photos", "out.jpg", ["must be a folder"]),
        ("gone.jpg", "out", ["gone.jpg"]),
        ("photos/notes.txt", "x.png", ["Not an image", "notes.txt"]),
        ("empty", "out", ["No images in", "empty"]),
    ],
)
def test_impossible_inputs_and_outputs_are_one_line(
    run_folder, folder, tmp_path, assert_error_line, source, output, parts
):
    (tmp_path / "empty").mkdir()
    assert stylize(run_folder, tmp_path / source, "-o", tmp_path / output) == 2
    assert_error_line(*parts)


def test_an_unknown_style_and_an_unfinished_run_are_one_line(
    folder, tmp_path, assert_error_line
):
    assert stylize("no-such", folder / "a.png", "-o", tmp_path / "x.png") == 2
    assert_error_line("Unknown style 'no-such'")
    assert stylize(folder, folder / "a.png", "-o", tmp_path / "x.png") == 2
    assert_error_line(str(folder), "has no generator")


def test_an_interrupt_exits_with_130(folder, tmp_path, capsys, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(Image, "open", interrupt)
    arguments = [folder, "-o", tmp_path / "out", "--mask", folder / "a.png"]
    assert stylize("any", *arguments) == 130
    assert capsys.readouterr().err == "\nanimegan-tf: interrupted\n"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names are text")
def test_names_that_are_no_text_are_printed_escaped(
    run_folder, folder, tmp_path, monkeypatch
):
    source = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.png")
    os.rename(folder / "a.png", source)
    for encoding in ("utf-8", "ascii"):
        stdout = io.TextIOWrapper(io.BytesIO(), encoding)
        monkeypatch.setattr(sys, "stdout", stdout)
        assert stylize(run_folder, source, "-o", tmp_path / "out") == 0
        (tmp_path / "out" / Path(source).name).unlink()
        stdout.seek(0)
        assert "caf\\udce9.png in " in stdout.read()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGHUP", 129)])
def test_signals_leave_no_temporary_files(tmp_path, name, code):
    command = [sys.executable, "-m", "animegan_tf", "stylize", "-", "-o", "out.png"]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        text=True,
    ) as process:
        # It waits for an image, in a temporary folder.
        while not list(tmp_path.glob("*/standard-input")):
            time.sleep(0.01)
        process.send_signal(getattr(signal, name))
        assert process.wait() == code
        assert process.stderr.read() == "\nanimegan-tf: terminated\n"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "arguments",
    [
        ["stylize"],
        ["stylize", "a.png"],
        ["no-such"],
        ["stylize", "a.png", "-o", "b.png", "--quality", "101"],
        ["stylize", "a.png", "-o", "b.png", "--quality", "best"],
        ["stylize", "a.png", "-o", "b.png", "--tile", "0"],
        ["stylize", "a.png", "-o", "b.png", "--face-size", "63"],
    ],
)
def test_usage_errors_exit_with_2(arguments, assert_error_line):
    with pytest.raises(SystemExit) as raised:
        main(arguments)
    assert raised.value.code == 2
    assert_error_line("--help)")


def test_the_version_is_printed(capsys):
    with pytest.raises(SystemExit) as raised:
        main(["--version"])
    assert raised.value.code == 0
    assert capsys.readouterr().out == f"animegan-tf {animegan_tf.__version__}\n"


@pytest.mark.slow
def test_the_command_prints_nothing_else(run_folder, folder, tmp_path):
    output = tmp_path / "out.png"
    command = [sys.executable, "-m", "animegan_tf", "stylize", folder / "a.png"]
    result = subprocess.run(
        [*command, "-o", output, "--style", run_folder],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    assert result.stdout.startswith(f"Wrote {output} in ")
    assert result.stdout.count("\n") == 1


def test_resume_writes_only_missing_outputs(
    run_folder, folder, tmp_path, capsys, photo, assert_error_line
):
    output = tmp_path / "out"
    output.mkdir()
    (output / "a.png").write_bytes(b"finished")
    assert stylize(run_folder, folder, "-o", output, "--resume") == 0
    assert (output / "a.png").read_bytes() == b"finished"
    assert np.array_equal(read_image(output / "b.png"), 255 - photo)
    assert "Wrote 1 images" in capsys.readouterr().out
    assert stylize(run_folder, folder, "-o", output, "--resume") == 0
    assert "All 2 outputs already exist" in capsys.readouterr().out
    both = ["--resume", "--overwrite"]
    assert stylize(run_folder, folder, "-o", output, *both) == 2
    assert_error_line("exclude each other")


def test_dials_format_and_bits_are_applied(run_folder, folder, tmp_path, photo):
    output = tmp_path / "out"
    options = ["--format", "tiff", "--bits", "16", "--strength", "0"]
    options += ["--tile", "none", "--precision", "auto", "--strip-metadata"]
    assert stylize(run_folder, folder, "-o", output, *options) == 0
    assert names_below(output) == ["a.tiff", "b.tiff"]
    image = read_first_frame(output / "a.tiff")
    assert image.bits == 16
    assert np.array_equal(image.colors // 257, photo)


def test_a_mask_of_another_shape_is_an_error(
    run_folder, folder, tmp_path, assert_error_line
):
    mask = write_image(np.zeros((9, 90, 3), np.uint8), tmp_path / "mask.png")
    arguments = [folder / "a.png", "-o", tmp_path / "x.png", "--mask", mask]
    assert stylize(run_folder, *arguments) == 2
    assert_error_line("`mask` must have the aspect ratio")


def test_styles_of_different_networks_cannot_be_blended(
    style, folder, tmp_path, assert_error_line
):
    arguments = [folder / "a.png", "-o", tmp_path / "x.png"]
    assert stylize(f"{style}:0.5,{DEFAULT_STYLE}:0.5", *arguments) == 2
    assert_error_line("can be blended")


def test_bits_that_a_format_lacks_are_an_error_before_any_work(
    run_folder, folder, tmp_path, assert_error_line
):
    output = tmp_path / "out"
    options = ["--bits", "16", "--format", "jpg"]
    assert stylize(run_folder, folder, "-o", output, *options) == 2
    assert_error_line("`bits` may be 16 in", "a.jpg")
    assert not output.exists()


@pytest.mark.parametrize(
    ("inputs", "output", "expected"),
    [
        (["a.mp4"], "b.mp4", True),
        (["a.MOV"], "out", True),
        (["a.avi"], "b.gif", True),
        (["a.gif"], "b.mp4", True),
        (["a.gif"], "b.gif", False),
        (["a.png"], "b.png", False),
        (["a.mp4", "b.mp4"], "out", False),
    ],
)
def test_one_video_is_distinguished_from_images(inputs, output, expected, tmp_path):
    arguments = argparse.Namespace(
        input=[tmp_path / name for name in inputs], output=tmp_path / output
    )
    assert is_video(arguments) is expected


def test_a_video_is_stylized_with_the_options_of_images(
    run_folder, make_clip, tmp_path, assert_error_line
):
    av = pytest.importorskip("av")
    folder = tmp_path / "out"
    folder.mkdir()
    arguments = [make_clip(), "--strength", "0.5", "-o", folder]
    assert stylize(run_folder, *arguments) == 0
    assert stylize(run_folder, *arguments) == 2
    assert_error_line("--overwrite")
    assert stylize(run_folder, *arguments, "--overwrite") == 0
    with av.open(str(folder / "clip.mp4")) as container:
        image = next(container.decode(video=0)).to_ndarray(format="rgb24")
    # The mean of an image and its negative.
    assert abs(image.astype(int) - 127).max() < 12


@pytest.mark.parametrize(
    ("source", "output", "expected"),
    [
        ("a.mp4", "out.mkv", "out.mkv"),
        ("a.mov", "", "a.mov"),
        # A format that is only read becomes MP4.
        ("a.avi", "", "a.mp4"),
    ],
)
def test_options_of_a_video_are_passed_to_its_command(
    tmp_path, source, output, expected
):
    arguments = argparse.Namespace(
        input=[tmp_path / source],
        output=tmp_path / output,
        strength=0.5,
        mark=False,
        faces=True,
        face_size=256,
        tile="auto",
        run=None,
    )
    converted = video_arguments(arguments)
    assert converted.input == tmp_path / source
    assert converted.output == tmp_path / expected
    assert (converted.strength, converted.mark) == (0.5, False)
    assert (converted.faces, converted.face_size) == (True, 256)
    assert converted.audio == "copy"
    assert not hasattr(converted, "tile")


@pytest.mark.parametrize(
    "option",
    [["--format", "png"], ["--quality", "50"], ["--strip-metadata"]],
)
def test_options_of_images_are_an_error_for_a_video(
    option, tmp_path, assert_error_line
):
    output = tmp_path / "out.mp4"
    assert main(["stylize", "clip.mp4", "-o", str(output), *option]) == 2
    assert_error_line(f"`{option[0]}` is for images only")
    assert not output.exists()
