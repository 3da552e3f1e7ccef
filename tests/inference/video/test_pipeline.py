from pathlib import Path

import numpy as np
import pytest

from animegan_tf.inference.video.options import VideoOptions
from animegan_tf.inference.video.parts import PartsFolder
from animegan_tf.inference.video.pipeline import VideoRun
from animegan_tf.inference.video.plan import plan_video
from animegan_tf.inference.video.temporal import TemporalSmoother

pytest.importorskip("av")


def identity(frames):
    return frames


@pytest.fixture
def prepare(tmp_path):
    """A function from a source and options to a run and its folder."""

    def prepare(source, **options):
        options = VideoOptions(**options)
        plan = plan_video(source, tmp_path / "out.gif", options, print, overwrite=False)
        folder = PartsFolder(plan.target)
        folder.begin({})
        return VideoRun(plan, folder), folder

    return prepare


def run(video_run, stylize, parts=()):
    video_run.run(list(parts), stylize, TemporalSmoother(0.0))
    return video_run.parts


def still_scenes(index, size):
    return np.full((*size, 3), 200 if index < 5 else 30, np.uint8)


def test_every_part_begins_with_its_time_and_holds_its_frames(
    make_clip, prepare, short_parts
):
    video_run, folder = prepare(make_clip())
    parts = run(video_run, identity)
    # Ten frames of a tenth of a second, in parts of three tenths.
    assert [len(part.pts) for part in parts] == [3, 3, 3, 1]
    times = [float(pts) for part in parts for pts in part.pts]
    step = times[1]
    assert times == [step * index for index in range(10)]
    assert parts[-1].last_duration == step
    assert [part.path for part in parts] == sorted(folder.path.glob("*.nut"))
    assert folder.resume({}) == parts


def test_a_pause_longer_than_a_part_leaves_no_empty_part(
    make_clip, prepare, short_parts
):
    video_run, _ = prepare(make_clip(pts=[0, 100, 2000, 2050]))
    assert [len(part.pts) for part in run(video_run, identity)] == [2, 2]


def test_frames_go_in_batches_of_the_size_asked_for(make_clip, prepare):
    seen = []

    def note(frames):
        seen.append(len(frames))
        return frames

    video_run, _ = prepare(make_clip(), batch_size=4)
    run(video_run, note)
    assert seen == [4, 4, 2]


def test_what_stands_still_is_stylized_once(make_clip, prepare, read_film):
    seen = []

    def noisy(frames):
        seen.append(len(frames))
        return np.random.default_rng(len(seen)).integers(0, 256, frames.shape, np.uint8)

    lossless = {"codec": "ffv1", "pix_fmt": "bgr0"}
    video_run, _ = prepare(make_clip("still.mkv", draw=still_scenes, **lossless))
    (part,) = run(video_run, noisy)
    assert sum(seen) == 2
    pictures = read_film(part.path)[1]
    assert [np.array_equal(p, pictures[0]) for p in pictures] == [True] * 5 + [
        False
    ] * 5


def test_max_size_bounds_the_longer_side(make_clip, prepare):
    shapes = []

    def note(frames):
        shapes.append(frames.shape[1:])
        return frames

    video_run, _ = prepare(make_clip(), max_size=32)
    run(video_run, note)
    assert set(shapes) == {(24, 32, 3)}


def test_a_later_run_makes_only_what_is_missing(make_clip, prepare, short_parts):
    source = make_clip()
    video_run, folder = prepare(source)
    whole = run(video_run, identity)
    for part in whole[2:]:
        part.path.with_suffix(".json").unlink()
        part.path.unlink()
    seen = []

    def count(frames):
        seen.append(len(frames))
        return frames

    again = VideoRun(video_run._plan, folder)
    assert run(again, count, folder.resume({})) == whole
    assert sum(seen) == 4


def test_stopped_early_it_hands_over_the_part_just_begun(
    make_clip, prepare, short_parts
):
    seen = []

    def stop(frames):
        seen.append(len(frames))
        if sum(seen) > 5:
            raise KeyboardInterrupt
        return frames

    video_run, folder = prepare(make_clip(), batch_size=1)
    with pytest.raises(KeyboardInterrupt):
        run(video_run, stop)
    assert [len(part.pts) for part in video_run.close_early()] == [3, 2]
    video_run.discard_unfinished()
    names = sorted(path.name for path in Path(folder.path).iterdir())
    assert names == ["part_00000.json", "part_00000.nut", "settings.json"]
