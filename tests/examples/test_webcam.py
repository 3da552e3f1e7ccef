import importlib.util
from pathlib import Path

import numpy as np
import pytest

cv2 = pytest.importorskip("cv2")

PATH = Path(__file__).parents[2] / "examples" / "webcam.py"


@pytest.fixture
def example():
    spec = importlib.util.spec_from_file_location("webcam", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def run(example, run_folder, make_clip, tmp_path):
    def run(*arguments, source=None):
        source = source or make_clip("source.mp4", num_frames=20)
        return example.main(
            ["--source", str(source), "--style", str(run_folder), *arguments]
        )

    return run


def read(path):
    capture = cv2.VideoCapture(str(path))
    frames = []
    while (frame := capture.read()[1]) is not None:
        frames.append(frame)
    return frames


def test_video_is_stylized_to_a_file_of_its_length(run, tmp_path, capsys):
    output = tmp_path / "live.mp4"
    assert run("--output", str(output)) == 0
    frames = read(output)
    # Frames are repeated for the skipped ones, so the duration is kept.
    assert len(frames) == 20
    source = read(tmp_path / "source.mp4")
    assert np.abs(frames[0].astype(int) - (255 - source[0].astype(int))).mean() < 8
    assert "Stylized" in capsys.readouterr().out


def test_output_has_the_given_number_of_frames_and_size(run, tmp_path, capsys):
    output = tmp_path / "live.mp4"
    assert run("--output", str(output), "--frames", "3", "--size", "32") == 0
    assert "Stylized 3 frames" in capsys.readouterr().out
    assert read(output)[0].shape == (24, 32, 3)


def test_video_skips_frames_whose_time_has_passed(example, make_clip):
    seconds = [0.0]
    video = example.Video(
        str(make_clip(num_frames=20)),
        clock=lambda: seconds[0],
        sleep=lambda seconds: None,
    )
    assert video.read()[1] == 1
    assert video.read()[1] == 1
    # Half a second has five frames, of which four are skipped.
    seconds[0] += 0.5
    frame, count = video.read()
    assert count == 5
    assert frame is not None
    # The end of the clip is not lost when its time has passed.
    seconds[0] += 9.0
    frame, count = video.read()
    assert count == 13
    assert frame is not None
    assert video.read() == (None, 0)


def test_errors_of_the_source_are_one_line(run, tmp_path, capsys):
    assert run("--output", str(tmp_path / "x.mp4"), source=tmp_path / "gone.mp4") == 2
    (tmp_path / "junk.mp4").write_bytes(b"junk")
    assert run("--output", str(tmp_path / "x.mp4"), source=tmp_path / "junk.mp4") == 2
    errors = [line for line in capsys.readouterr().err.splitlines() if "error:" in line]
    assert "gone.mp4" in errors[0]
    assert "junk.mp4" in errors[1]


def test_without_a_display_the_error_names_the_option_to_record(run, capsys, example):
    if example.has_window():
        pytest.skip("a window can be opened here")
    assert run() == 2
    error = [line for line in capsys.readouterr().err.splitlines() if "error:" in line]
    assert len(error) == 1
    assert "--output FILE.mp4" in error[0]
