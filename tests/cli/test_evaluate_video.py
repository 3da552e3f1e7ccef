import json

import numpy as np
import pytest

from animegan_tf.cli import main
from animegan_tf.inference.video.stylize import stylize_video

pytest.importorskip("av")


def evaluate(*arguments):
    return main(["evaluate", "video", *map(str, arguments)])


@pytest.fixture
def source(make_clip):
    return make_clip()


@pytest.fixture
def film(source, tmp_path):
    """The negative of the source."""
    return stylize_video(source, tmp_path / "out.mp4", lambda frames: 255 - frames).path


def test_flicker_of_a_film_is_printed_and_written(source, film, tmp_path, capsys):
    report = tmp_path / "flicker.json"
    assert evaluate(source, film, "--output", report) == 0
    values = json.loads(report.read_text())
    assert values["num_pairs"] == 9
    # A negative changes exactly as its source does, but for the encoder.
    assert abs(values["flicker"]) < 1.0
    out = capsys.readouterr().out
    assert "warping_error" in out
    assert out.endswith(f"\nWrote {report}\n")


def test_what_cannot_be_measured_is_a_dash_and_null(make_clip, tmp_path, capsys):
    def flash(index, size):
        return np.full((*size, 3), 255 * (index % 2), np.uint8)

    # Nothing stands still in it, and no motion explains it.
    source, report = make_clip("flash.mp4", draw=flash), tmp_path / "flicker.json"
    assert evaluate(source, source, "--output", report) == 0
    values = json.loads(report.read_text())
    assert values["still_share"] == 0.0
    assert values["flicker"] is None
    (line,) = [x for x in capsys.readouterr().out.splitlines() if x[:8] == "flicker "]
    assert line.split() == ["flicker", "-"]


def test_a_piece_is_compared_from_where_it_begins(source, tmp_path, capsys):
    piece = tmp_path / "piece.mp4"
    stylize_video(source, piece, lambda frames: frames, start=0.5)
    report = tmp_path / "flicker.json"
    values = []
    for start in ("0.5", "0:00"):
        assert evaluate(source, piece, "--start", start, "--output", report) == 0
        values.append(json.loads(report.read_text()))
    assert abs(values[0]["warping_error"]) < 1.0
    assert values[0]["num_pairs"] == values[1]["num_pairs"] == 4


@pytest.mark.parametrize(
    ("extra", "part"),
    [
        (["--output", "flicker.txt"], "`--output` must be a .json file"),
        (["--output", "gone/flicker.json"], "No such output folder"),
        (["--start", "1"], "`start` must lie before the video's end at 1.000 s"),
    ],
)
def test_errors_are_one_line(source, film, extra, part, capsys):
    assert evaluate(source, film, *extra) == 2
    error = capsys.readouterr().err
    assert error.startswith("animegan-tf: error: ")
    assert error.count("\n") == 1
    assert part in error


def test_a_time_that_is_none_is_named(capsys):
    with pytest.raises(SystemExit) as end:
        evaluate("a.mp4", "b.mp4", "--start", "soon")
    assert end.value.code == 2
    assert "--start" in capsys.readouterr().err
