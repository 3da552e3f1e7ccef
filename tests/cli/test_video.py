import pytest

from animegan_tf.cli import main
from animegan_tf.inference.video import reader as video_reader

av = pytest.importorskip("av")


def video(run_folder, *arguments):
    return main(["video", "--style", str(run_folder), *map(str, arguments)])


def assert_one_error_line(capsys, *parts):
    error = capsys.readouterr().err
    assert error.startswith("animegan-tf: error: ")
    assert error.count("\n") == 1
    for part in parts:
        assert part in error


def test_film_is_written_and_summed_up(run_folder, make_clip, tmp_path, capsys):
    output = tmp_path / "out.mp4"
    assert video(run_folder, make_clip(sound=True), "-o", output) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith(f"Wrote {output}: 10 frames, 1.0 s of film, in ")
    with av.open(str(output)) as container:
        assert [stream.type for stream in container.streams] == ["video", "audio"]


def test_options_reach_the_film(run_folder, make_clip, tmp_path):
    output = tmp_path / "out.mkv"
    options = ["--fps", "5", "--max-size", "32", "--codec", "h265", "--audio", "drop"]
    times = ["--start", "0:00.2", "--end", "0.8"]
    source = make_clip(sound=True)
    assert video(run_folder, source, "-o", output, *options, *times, "--no-mark") == 0
    with av.open(str(output)) as container:
        (stream,) = container.streams
        assert (stream.codec_context.name, stream.width) == ("hevc", 32)
        assert len(list(container.decode(stream))) == 3


def test_mistakes_are_one_line_before_any_work(run_folder, make_clip, tmp_path, capsys):
    source, output = make_clip(), tmp_path / "out.mp4"
    assert video("no-such-style", source, "-o", tmp_path / "out.avi") == 2
    assert_one_error_line(capsys, "out.avi", ".mp4")
    assert video("no-such-style", source, "-o", source, "--overwrite") == 2
    assert_one_error_line(capsys, "would overwrite the source")
    output.write_bytes(b"precious")
    assert video("no-such-style", source, "-o", output) == 2
    assert_one_error_line(capsys, "--overwrite")
    assert video("no-such-style", tmp_path / "gone.mp4", "-o", tmp_path / "x.mp4") == 2
    assert_one_error_line(capsys, "gone.mp4")
    assert video("no-such-style", source, "-o", tmp_path / "gone" / "x.mp4") == 2
    assert_one_error_line(capsys, "No such output folder")
    assert video("x", source, "-o", tmp_path / "x.mp4", "--smooth", "2") == 2
    assert_one_error_line(capsys, "`smooth` must be in [0, 1]", "smooth=2")
    assert video("x", source, "-o", tmp_path / "x.mp4", "--smooth", "nan") == 2
    assert_one_error_line(capsys, "`smooth` must be in [0, 1]", "smooth=nan")
    assert video("x", source, "-o", tmp_path / "x.mp4", "--start", 3, "--end", 2) == 2
    assert_one_error_line(capsys, "`end` must be later than `start`")
    assert video("x", source, "-o", tmp_path / "x.webm", "--codec", "h264") == 2
    assert_one_error_line(capsys, "`codec` must be one of vp9 for a .webm file")


def test_missing_pyav_names_the_extra(
    run_folder, make_clip, tmp_path, capsys, monkeypatch
):
    source = make_clip()
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    with pytest.raises(ImportError):
        video_reader.import_av()
    assert video(run_folder, source, "-o", tmp_path / "out.mp4") == 2
    assert_one_error_line(capsys, "PyAV", "animegan_tf[video]")


@pytest.mark.parametrize("option", [("--fps", "0"), ("--start", "soon"), ("--crf",)])
def test_wrong_usage_exits_with_2(option, capsys):
    with pytest.raises(SystemExit) as raised:
        main(["video", "a.mp4", "-o", "b.mp4", *option])
    assert raised.value.code == 2
    assert_one_error_line(capsys, option[0], "(see animegan-tf video --help)")
