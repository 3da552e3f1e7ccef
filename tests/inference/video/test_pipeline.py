from pathlib import Path

import numpy as np
import pytest

from animegan_tf.inference.stylizer import Stylizer
from animegan_tf.inference.video.options import VideoOptions
from animegan_tf.inference.video.parts import PartsFolder
from animegan_tf.inference.video.pipeline import (
    VideoRun,
    batched,
    choose_batch_size,
    stylize_batch,
)
from animegan_tf.inference.video.plan import plan_video
from animegan_tf.inference.video.temporal import TemporalSmoother

pytest.importorskip("av")


def identity(frames):
    return frames


def noise(seed):
    return np.random.default_rng(seed).integers(0, 256, (32, 48, 3), np.uint8)


@pytest.fixture
def prepare(tmp_path):
    """Function from a source and options to a run and its folder."""

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


def two_scenes(index, size):
    return np.full((*size, 3), 200 if index < 5 else 30, np.uint8)


def test_every_part_starts_at_its_time_and_holds_its_frames(make_slow_clip, prepare):
    video_run, folder = prepare(make_slow_clip(10))
    parts = run(video_run, identity)
    # Ten frames of a third of ten seconds.
    assert [len(part.pts) for part in parts] == [3, 3, 3, 1]
    times = [float(pts) for part in parts for pts in part.pts]
    assert times == [times[1] * index for index in range(10)]
    assert [part.last_duration for part in parts[:3]] == [times[1]] * 3
    assert [part.path for part in parts] == sorted(folder.path.glob("*.nut"))
    assert folder.resume({}) == parts


def test_a_pause_longer_than_a_part_leaves_no_empty_part(make_clip, prepare):
    video_run, _ = prepare(make_clip(pts=[0, 100, 25_000, 25_050]))
    assert [len(part.pts) for part in run(video_run, identity)] == [2, 2]


def test_frames_are_batched_by_the_requested_size(make_clip, prepare):
    seen = []

    def note(frames):
        seen.append(len(frames))
        return frames

    video_run, _ = prepare(make_clip(), batch_size=4)
    run(video_run, note)
    assert seen == [4, 4, 2]


def test_repeated_frames_of_a_video_are_stylized_once(make_clip, prepare, read_video):
    seen = []

    def noisy(frames):
        seen.append(len(frames))
        return np.random.default_rng(len(seen)).integers(0, 256, frames.shape, np.uint8)

    lossless = {"codec": "ffv1", "pix_fmt": "bgr0"}
    video_run, _ = prepare(make_clip("scenes.mkv", draw=two_scenes, **lossless))
    (part,) = run(video_run, noisy)
    assert sum(seen) == 2
    images = read_video(part.path)[1]
    equal = [np.array_equal(image, images[0]) for image in images]
    assert equal == [True] * 5 + [False] * 5


def test_max_size_bounds_the_longer_side(make_clip, prepare):
    shapes = []

    def note(frames):
        shapes.append(frames.shape[1:])
        return frames

    video_run, _ = prepare(make_clip(), max_size=32)
    run(video_run, note)
    assert set(shapes) == {(24, 32, 3)}


def test_a_resumed_run_stylizes_only_the_missing_parts(make_slow_clip, prepare):
    source = make_slow_clip(10)
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


def test_a_stopped_run_returns_its_unfinished_part(make_slow_clip, prepare):
    seen = []

    def stop(frames):
        seen.append(len(frames))
        if sum(seen) > 5:
            raise KeyboardInterrupt
        return frames

    video_run, folder = prepare(make_slow_clip(10), batch_size=1)
    with pytest.raises(KeyboardInterrupt):
        run(video_run, stop)
    assert [len(part.pts) for part in video_run.close_early()] == [3, 2]
    video_run.discard_unfinished()
    names = sorted(path.name for path in Path(folder.path).iterdir())
    assert names == ["part_00000.json", "part_00000.nut", "settings.json"]


def test_repeated_frames_are_stylized_once_also_across_batches():
    seen = []

    def negative(frames):
        seen.append(len(frames))
        return 255 - frames

    a, b = noise(0), noise(1)
    results, last = stylize_batch(negative, [a, a.copy(), b], None)
    for result, image in zip(results, (a, a, b), strict=True):
        assert np.array_equal(result, 255 - image)
    results, last = stylize_batch(negative, [b, b], last)
    assert np.array_equal(results[0], 255 - b)
    results, last = stylize_batch(negative, [b, a], last)
    assert np.array_equal(results[1], 255 - a)
    assert seen == [2, 1]


def test_the_last_frame_and_its_result_are_returned():
    a, b = noise(0), noise(1)
    _, (image, result) = stylize_batch(lambda frames: 255 - frames, [a, b], None)
    assert image is b
    assert np.array_equal(result, 255 - b)


def test_results_of_another_shape_are_an_error():
    with pytest.raises(ValueError, match="`style` must return frames of its input's"):
        stylize_batch(lambda frames: frames[:, ::2], [noise(0)], None)


def test_only_the_last_batch_may_be_shorter():
    assert list(batched(range(7), 3)) == [[0, 1, 2], [3, 4, 5], [6]]
    assert list(batched(range(6), 3)) == [[0, 1, 2], [3, 4, 5]]
    assert list(batched([], 3)) == []


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((360, 640), 4),
        ((361, 640), 2),
        ((720, 1280), 2),
        ((1280, 720), 2),
        ((1080, 1920), 1),
    ],
)
def test_the_batch_size_depends_on_the_frame_size(size, expected):
    assert choose_batch_size(size) == expected


@pytest.mark.parametrize(
    "name", ["tiny", pytest.param("comic", marks=pytest.mark.slow)]
)
def test_the_place_of_a_frame_in_its_batch_does_not_change_its_result(style, name):
    stylizer = Stylizer.from_preset(name)
    a, b = noise(0), noise(1)
    alone = stylizer(a)
    for batch in ([a, b], [b, a], [b, b, b, a], [a, a, a, a]):
        for image, result in zip(batch, stylizer(np.stack(batch)), strict=True):
            if image is a:
                assert np.array_equal(result, alone)
