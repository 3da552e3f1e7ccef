import argparse

import pytest

from animegan_tf.cli import main, video
from animegan_tf.cli.stylize_video import is_film, run_film

av = pytest.importorskip("av")


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
def test_one_film_is_told_from_pictures(inputs, output, expected, tmp_path):
    arguments = argparse.Namespace(
        input=[tmp_path / name for name in inputs], output=tmp_path / output
    )
    assert is_film(arguments) is expected


def test_stylize_takes_a_film_too(run_folder, make_clip, tmp_path, capsys):
    source, folder = make_clip(), tmp_path / "out"
    folder.mkdir()
    command = ["stylize", str(source), "--style", str(run_folder), "--strength", "0.5"]
    assert main([*command, "-o", str(tmp_path / "out.mkv")]) == 0
    assert main([*command, "-o", str(folder)]) == 0
    assert main([*command, "-o", str(folder)]) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert main([*command, "-o", str(folder), "--overwrite"]) == 0
    with av.open(str(folder / "clip.mp4")) as container:
        picture = next(container.decode(video=0)).to_ndarray(format="rgb24")
    # Half of a picture and half of its negative.
    assert abs(picture.astype(int) - 127).max() < 12


def test_a_suffix_that_is_only_read_becomes_mp4(run_folder, make_clip, tmp_path):
    source = make_clip("clip.avi", codec="mpeg4")
    (tmp_path / "out").mkdir()
    command = ["stylize", str(source), "--style", str(run_folder)]
    assert main([*command, "-o", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out" / "clip.mp4").is_file()


@pytest.mark.parametrize(
    "option",
    [["--faces"], ["--format", "png"], ["--quality", "50"], ["--strip-metadata"]],
)
def test_what_only_pictures_have_is_refused(option, make_clip, tmp_path, capsys):
    output = tmp_path / "out.mp4"
    assert main(["stylize", str(make_clip()), "-o", str(output), *option]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"animegan-tf: error: `{option[0]}` is for pictures only")
    assert error.count("\n") == 1
    assert not output.exists()


def test_everything_else_is_passed_on(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(video, "run", lambda film: seen.append(film) or 0)
    arguments = argparse.Namespace(
        input=[tmp_path / "-a.mp4"],
        output=tmp_path / "b.mp4",
        strength=0.5,
        mark=False,
        tile="auto",
    )
    assert run_film(arguments, {"tile": "auto"}.get) == 0
    (film,) = seen
    assert (film.input, film.output) == (tmp_path / "-a.mp4", tmp_path / "b.mp4")
    assert (film.strength, film.mark, film.audio) == (0.5, False, "copy")
