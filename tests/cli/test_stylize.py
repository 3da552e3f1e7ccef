import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import animegan_tf
from animegan_tf.cli import main
from animegan_tf.imaging.reading import read_first_frame, read_image
from animegan_tf.imaging.writing import write_image
from animegan_tf.presets import DEFAULT_STYLE


@pytest.fixture
def folder(tmp_path, photo):
    """A folder of two pictures, one more a level deeper, and a text file."""
    folder = tmp_path / "photos"
    (folder / "deep").mkdir(parents=True)
    for name in ("a.png", "b.png", "deep/c.png"):
        write_image(photo, folder / name)
    (folder / "notes.txt").write_text("not a picture")
    return folder


def stylize(run_folder, *arguments):
    return main(["stylize", "--style", str(run_folder), *map(str, arguments)])


def names_below(folder):
    return sorted(
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()
    )


def assert_one_error_line(capsys, *parts):
    error = capsys.readouterr().err
    assert error.startswith("animegan-tf: error: ")
    assert error.count("\n") == 1
    for part in parts:
        assert part in error


def test_one_picture_to_a_file(run_folder, folder, tmp_path, photo, capsys):
    output = tmp_path / "out.png"
    assert stylize(run_folder, folder / "a.png", "-o", output) == 0
    assert np.array_equal(read_image(output), 255 - photo)
    assert str(output) in capsys.readouterr().out


def test_results_are_marked_unless_unwanted(run_folder, folder, tmp_path):
    for output, arguments in (("marked", []), ("plain", ["--no-mark"])):
        assert stylize(run_folder, folder, "-o", tmp_path / output, *arguments) == 0
    mark = b"compositeWithTrainedAlgorithmicMedia"
    assert mark in (tmp_path / "marked" / "b.png").read_bytes()
    assert mark not in (tmp_path / "plain" / "b.png").read_bytes()


@pytest.mark.parametrize("exists", [True, False])
def test_one_picture_to_a_folder(run_folder, folder, tmp_path, exists):
    output = tmp_path / "out"
    if exists:
        output.mkdir()
    assert stylize(run_folder, folder / "a.png", "-o", output) == 0
    assert names_below(output) == ["a.png"]


def test_folder_to_a_folder(run_folder, folder, tmp_path, photo):
    output = tmp_path / "out"
    assert stylize(run_folder, folder, "-o", output) == 0
    assert names_below(output) == ["a.png", "b.png"]
    assert np.array_equal(read_image(output / "b.png"), 255 - photo)


def test_recursive_keeps_the_structure_and_leaves_out_its_own_results(
    run_folder, folder
):
    output = folder / "anime"
    for _ in range(2):
        arguments = [folder, "--recursive", "--overwrite", "-o", output]
        assert stylize(run_folder, *arguments) == 0
    assert names_below(output) == ["a.png", "b.png", str(Path("deep", "c.png"))]


def test_results_into_the_folder_around_the_sources(run_folder, folder):
    assert stylize(run_folder, folder / "deep", "-o", folder) == 0
    assert (folder / "c.png").is_file()


def test_picture_named_twice_is_one_job(run_folder, folder, tmp_path, capsys):
    output = tmp_path / "out"
    assert stylize(run_folder, folder / "a.png", folder, "-o", output) == 0
    assert "Wrote 2 pictures" in capsys.readouterr().out


def test_broken_picture_is_reported_and_the_others_go_on(
    run_folder, folder, tmp_path, capsys
):
    (folder / "a.png").write_bytes(b"broken")
    output = tmp_path / "out"
    assert stylize(run_folder, folder, "-o", output) == 1
    assert names_below(output) == ["b.png"]
    error = capsys.readouterr().err
    assert str(folder / "a.png") in error
    assert "1 of 2 pictures failed" in error


def test_lower_quality_makes_smaller_files(run_folder, folder, tmp_path):
    low, high = tmp_path / "low.jpg", tmp_path / "high.jpg"
    stylize(run_folder, folder / "a.png", "-o", low, "--quality", "10")
    stylize(run_folder, folder / "a.png", "-o", high)
    assert low.stat().st_size < high.stat().st_size


def test_existing_results_need_overwrite(run_folder, folder, tmp_path, photo, capsys):
    output = tmp_path / "out.png"
    output.write_bytes(b"precious")
    assert stylize(run_folder, folder / "a.png", "-o", output) == 2
    assert_one_error_line(capsys, "out.png", "--overwrite")
    assert output.read_bytes() == b"precious"
    assert stylize(run_folder, folder / "a.png", "-o", output, "--overwrite") == 0
    assert np.array_equal(read_image(output), 255 - photo)


@pytest.mark.parametrize("link", [None, os.symlink, os.link])
def test_source_is_never_overwritten(run_folder, folder, tmp_path, capsys, link):
    source = output = folder / "a.png"
    before = source.read_bytes()
    if link:
        output = tmp_path / "link.png"
        link(source, output)
    assert stylize(run_folder, source, "-o", output, "--overwrite") == 2
    assert_one_error_line(capsys, "would overwrite the source")
    assert stylize(run_folder, folder, "-o", folder, "--overwrite") == 2
    assert source.read_bytes() == before


def test_two_pictures_for_one_file_are_refused(run_folder, folder, tmp_path, capsys):
    other = write_image(np.zeros((2, 2, 3), np.uint8), tmp_path / "a.png")
    output = tmp_path / "out"
    assert stylize(run_folder, folder / "a.png", other, "-o", output) == 2
    assert_one_error_line(capsys, str(folder / "a.png"), str(other))
    assert not output.exists()


@pytest.mark.parametrize("output", ["gone/out.png", "gone/out"])
@pytest.mark.parametrize("source", ["a.png", ""])
def test_missing_output_folder_is_one_line(
    run_folder, folder, tmp_path, capsys, source, output
):
    if source == "" and output.endswith(".png"):
        output = "gone/out.folder"
    assert stylize(run_folder, folder / source, "-o", tmp_path / output) == 2
    assert_one_error_line(capsys, "No such output folder", "gone")


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere"
)
@pytest.mark.parametrize("name", ["out.png", "out"])
def test_unwritable_output_folder_is_one_line(
    run_folder, folder, tmp_path, capsys, name
):
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    assert stylize(run_folder, folder / "a.png", "-o", locked / name) == 2
    assert_one_error_line(capsys, "No permission to write", "locked")


def test_output_below_a_file_is_one_line(run_folder, folder, capsys):
    output = folder / "notes.txt"
    assert stylize(run_folder, folder, "-o", output) == 2
    assert_one_error_line(capsys, "Not a folder", "notes.txt")


def test_mistyped_suffix_is_one_line(run_folder, folder, tmp_path, capsys):
    assert stylize(run_folder, folder / "a.png", "-o", tmp_path / "out.jpgg") == 2
    assert_one_error_line(capsys, "out.jpgg")


def test_file_for_many_pictures_is_one_line(run_folder, folder, tmp_path, capsys):
    assert stylize(run_folder, folder, "-o", tmp_path / "out.jpg") == 2
    assert_one_error_line(capsys, "must be a folder")


def test_missing_broken_and_empty_inputs_are_one_line(
    run_folder, folder, tmp_path, capsys
):
    output = tmp_path / "out"
    assert stylize(run_folder, tmp_path / "gone.jpg", "-o", output) == 2
    assert_one_error_line(capsys, "gone.jpg")
    assert stylize(run_folder, folder / "notes.txt", "-o", tmp_path / "x.png") == 2
    assert_one_error_line(capsys, "Not an image", "notes.txt")
    (tmp_path / "empty").mkdir()
    assert stylize(run_folder, tmp_path / "empty", "-o", output) == 2
    assert_one_error_line(capsys, "No pictures in", "empty")


def test_unknown_style_and_unfinished_run_are_one_line(folder, tmp_path, capsys):
    assert stylize("no-such", folder / "a.png", "-o", tmp_path / "x.png") == 2
    assert_one_error_line(capsys, "Unknown style 'no-such'")
    assert stylize(folder, folder / "a.png", "-o", tmp_path / "x.png") == 2
    assert_one_error_line(capsys, "has no generator")


def test_interrupt_ends_with_130(folder, tmp_path, capsys, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("animegan_tf.cli.stylize.plan_jobs", interrupt)
    assert stylize("any", folder, "-o", tmp_path / "out") == 130
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["stylize"],
        ["stylize", "a.png"],
        ["no-such"],
        ["stylize", "a.png", "-o", "b.png", "--quality", "101"],
        ["stylize", "a.png", "-o", "b.png", "--quality", "best"],
        ["stylize", "a.png", "-o", "b.png", "--tile", "0"],
        ["stylize", "a.png", "-o", "b.png", "--face-size", "63"],
    ],
)
def test_wrong_usage_exits_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as raised:
        main(arguments)
    assert raised.value.code == 2
    assert_one_error_line(capsys, "--help)")


def test_version_is_printed(capsys):
    with pytest.raises(SystemExit) as raised:
        main(["--version"])
    assert raised.value.code == 0
    assert capsys.readouterr().out == f"animegan-tf {animegan_tf.__version__}\n"


def test_command_prints_no_noise(run_folder, folder, tmp_path):
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


def test_resume_writes_only_what_is_missing(
    run_folder, folder, tmp_path, capsys, photo
):
    output = tmp_path / "out"
    output.mkdir()
    (output / "a.png").write_bytes(b"finished")
    assert stylize(run_folder, folder, "-o", output, "--resume") == 0
    assert (output / "a.png").read_bytes() == b"finished"
    assert np.array_equal(read_image(output / "b.png"), 255 - photo)
    assert "Wrote 1 pictures" in capsys.readouterr().out
    assert stylize(run_folder, folder, "-o", output, "--resume") == 0
    assert "All 2 results exist already" in capsys.readouterr().out
    both = ["--resume", "--overwrite"]
    assert stylize(run_folder, folder, "-o", output, *both) == 2
    assert_one_error_line(capsys, "exclude each other")


def test_dials_formats_and_bits_are_passed_on(run_folder, folder, tmp_path, photo):
    output = tmp_path / "out"
    options = ["--format", "tiff", "--bits", "16", "--strength", "0"]
    options += ["--tile", "none", "--precision", "auto", "--strip-metadata"]
    assert stylize(run_folder, folder, "-o", output, *options) == 0
    assert names_below(output) == ["a.tiff", "b.tiff"]
    picture = read_first_frame(output / "a.tiff")
    assert picture.bits == 16
    assert np.array_equal(picture.colors // 257, photo)


def test_mask_of_another_shape_is_one_line(run_folder, folder, tmp_path, capsys):
    mask = write_image(np.zeros((9, 90, 3), np.uint8), tmp_path / "mask.png")
    arguments = [folder / "a.png", "-o", tmp_path / "x.png", "--mask", mask]
    assert stylize(run_folder, *arguments) == 2
    assert_one_error_line(capsys, "`mask` must have the picture's shape")


def test_styles_of_different_networks_cannot_be_blended(
    style, folder, tmp_path, capsys
):
    arguments = [folder / "a.png", "-o", tmp_path / "x.png"]
    assert stylize(f"{style}:0.5,{DEFAULT_STYLE}:0.5", *arguments) == 2
    assert_one_error_line(capsys, "Only styles of one network can be blended")


def test_sixteen_bits_that_a_format_lacks_stop_the_work_at_once(
    run_folder, folder, tmp_path, capsys
):
    output = tmp_path / "out"
    options = ["--bits", "16", "--format", "jpg"]
    assert stylize(run_folder, folder, "-o", output, *options) == 2
    assert_one_error_line(capsys, "`bits` may be 16 in", "a.jpg")
    assert not output.exists()
