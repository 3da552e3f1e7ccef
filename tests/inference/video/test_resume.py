import json
import signal
import subprocess
import sys

import numpy as np
import pytest

from animegan_tf.inference.video.parts import Part, PartsFolder
from animegan_tf.inference.video.stylize import stylize_video

pytest.importorskip("av")
SETTINGS = {"size": [48, 64]}


def identity(frames):
    return frames


class StopAfter:
    """A style that raises an error after some frames."""

    def __init__(self, num_frames, error):
        self.left, self.error = num_frames, error
        self.__qualname__ = identity.__qualname__

    def __call__(self, frames):
        self.left -= len(frames)
        if self.left < 0:
            raise self.error
        return frames


@pytest.fixture
def folder(tmp_path):
    folder = PartsFolder(tmp_path / "clip.mp4")
    folder.begin(SETTINGS)
    part = Part(folder.part_path(0), [0, 2, 5], 3, [0, 2, 1], 5, 1)
    folder.finish_part(part, {"previous": np.arange(4.0)})
    return folder


def test_a_finished_part_is_restored_with_its_state(folder):
    (part,) = folder.resume(SETTINGS)
    assert part == Part(folder.part_path(0), [0, 2, 5], 3, [0, 2, 1], 5, 1)
    np.testing.assert_array_equal(folder.read_state(part)["previous"], np.arange(4.0))


@pytest.mark.parametrize(
    "change",
    [{"pts": "many"}, {"order": []}, {"last_duration": 0.5}, {"new": 1}],
)
def test_a_damaged_file_is_named(folder, change):
    path = folder.path / "part_00000.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(ValueError, match=r"Damaged file .*part_00000\.json"):
        folder.resume(SETTINGS)


def test_a_part_refers_to_no_file_outside_the_folder(folder):
    path = folder.path / "part_00000.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"path": "/etc/passwd"}))
    assert folder.resume(SETTINGS)[0].path == folder.part_path(0)


def test_an_interrupt_leaves_a_partial_video_and_resume_completes_it(
    make_slow_clip, target, read_packets, read_video
):
    source = make_slow_clip(11, sound=True)
    notes = []
    with pytest.raises(KeyboardInterrupt):
        stylize_video(
            source,
            target,
            StopAfter(7, KeyboardInterrupt()),
            smooth=0.5,
            batch_size=1,
            notify=notes.append,
        )
    partial = target.with_name("out.partial.mp4")
    assert str(partial) in notes[0] and "--resume" in notes[0]
    assert not target.exists()
    times = read_video(source)[0]
    assert read_video(partial)[0] == times[:7]
    assert max(time for time, _ in read_packets(partial, "audio")) < times[7]
    report = stylize_video(source, target, identity, smooth=0.5, resume=True)
    assert report.num_frames == 11
    assert read_video(target)[0] == times
    names = sorted(path.name for path in target.parent.iterdir())
    assert names == ["clip.mp4", "out.mp4"]


@pytest.mark.parametrize("options", [{"smooth": 0.8}, {"fps": 0.7}, {"start": 5}])
def test_a_resumed_run_equals_an_unbroken_one(make_slow_clip, tmp_path, options):
    # GIF frames are encoded losslessly, so that the files are equal.
    source, whole, broken = make_slow_clip(), tmp_path / "a.gif", tmp_path / "b.gif"
    stylize_video(source, whole, identity, **options)
    with pytest.raises(RuntimeError, match="out of memory"):
        stylize_video(
            source,
            broken,
            StopAfter(5, RuntimeError("out of memory")),
            batch_size=1,
            **options,
        )
    stylize_video(source, broken, identity, resume=True, **options)
    assert whole.read_bytes() == broken.read_bytes()


def test_an_unfinished_run_is_neither_lost_nor_mixed_up(make_slow_clip, target):
    source = make_slow_clip()
    with pytest.raises(RuntimeError):
        stylize_video(source, target, StopAfter(5, RuntimeError()), batch_size=1)
    with pytest.raises(FileExistsError, match="--resume"):
        stylize_video(source, target, identity)
    with pytest.raises(ValueError, match="different settings: crf.*crf=30, not 18"):
        stylize_video(source, target, identity, resume=True, crf=30)
    assert stylize_video(source, target, identity, overwrite=True).num_frames == 10
    target.unlink()
    assert stylize_video(source, target, identity, resume=True).num_frames == 10


def test_a_damaged_part_is_named(make_slow_clip, target):
    source = make_slow_clip()
    with pytest.raises(RuntimeError):
        stylize_video(source, target, StopAfter(7, RuntimeError()), batch_size=1)
    parts = sorted(target.with_name(".out.mp4.parts").glob("*.nut"))
    # The first part is replaced with a truncated copy of the second.
    parts[0].write_bytes(parts[1].read_bytes()[:-200])
    with pytest.raises(ValueError, match=r"Damaged part .*part_00000.*--overwrite"):
        stylize_video(source, target, identity, resume=True)


def test_a_killed_run_can_be_resumed(make_slow_clip, target, read_video):
    source = make_slow_clip(20)
    code = (
        "import os, signal\n"
        "from animegan_tf.inference.video.stylize import stylize_video\n"
        "def identity(frames, left=[12]):\n"
        "    left[0] -= 1\n"
        "    if left[0] < 0:\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return frames\n"
        f"stylize_video({str(source)!r}, {str(target)!r}, identity, batch_size=1)\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True)
    assert result.returncode == -signal.SIGKILL
    assert not target.exists()
    parts = target.with_name(".out.mp4.parts")
    finished = sorted(parts.glob("part_*.json"))
    assert finished
    assert json.loads(finished[0].read_text())["pts"][0] == 0
    assert stylize_video(source, target, identity, resume=True).num_frames == 20
    assert read_video(target)[0] == read_video(source)[0]


def test_two_runs_to_one_output_do_not_mix(make_slow_clip, target):
    source, errors = make_slow_clip(), []

    def other_run(frames):
        if not errors:
            with pytest.raises(FileExistsError) as error:
                stylize_video(source, target, identity, overwrite=True)
            errors.append(str(error.value))
        return frames

    assert stylize_video(source, target, other_run).num_frames == 10
    assert "Another run is writing" in errors[0] and "out.mp4" in errors[0]
    # Afterwards the output is free, and nothing else is left.
    assert stylize_video(source, target, identity, overwrite=True).num_frames == 10
    names = sorted(path.name for path in target.parent.iterdir())
    assert names == ["clip.mp4", "out.mp4"]


@pytest.mark.parametrize("options", [{}, {"overwrite": True}, {"resume": True}])
def test_files_of_others_in_the_hidden_folder_are_not_deleted(
    make_slow_clip, target, options
):
    foreign = target.with_name(".out.mp4.parts") / "holiday.jpg"
    foreign.parent.mkdir()
    foreign.write_text("mine")
    with pytest.raises(FileExistsError, match="another file, 'holiday.jpg'; move it"):
        stylize_video(make_slow_clip(), target, identity, **options)
    assert foreign.read_text() == "mine"
    assert list(foreign.parent.iterdir()) == [foreign]


def test_leftovers_of_a_killed_run_are_deleted(make_slow_clip, target):
    folder = target.with_name(".out.mp4.parts")
    folder.mkdir()
    for name in (".lock", ".settings-ab1_d3fg.tmp.json", "part_00000.nut"):
        (folder / name).touch()
    assert stylize_video(make_slow_clip(), target, identity).num_frames == 10
    assert not folder.exists()
