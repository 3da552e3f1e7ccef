from fractions import Fraction

import numpy as np
import pytest

from animegan_tf.inference.video.muxing import _decoding_clock
from animegan_tf.inference.video.stylize import stylize_video

av = pytest.importorskip("av")


def identity(frames):
    return frames


@pytest.fixture
def target(tmp_path):
    return tmp_path / "out.mp4"


def test_without_reordering_frames_are_decoded_when_they_are_shown():
    assert _decoding_clock([0, 5, 7], [5, 7, 9], [0, 1, 2]) == [0, 5, 7]


def test_decoding_runs_ahead_by_the_frames_that_come_before_their_turn():
    # Shown as 0 1 2 3; frame 2 is decoded second, since frame 1 refers to it. The
    # packet decoded last, frame 3, ends as it is shown, so the lead is one duration.
    pts, ends = [0, 10, 20, 30], [10, 20, 30, 40]
    assert _decoding_clock(pts, ends, [0, 2, 1, 3]) == [-10, 0, 10, 20]


@pytest.mark.parametrize("order", [[0, 2, 1, 3], [0, 3, 1, 2], [0, 1, 3, 2]])
@pytest.mark.parametrize("pts", [[0, 1, 2, 3], [0, 10, 20, 500], [0, 500, 501, 502]])
def test_decoding_times_ascend_and_are_never_later_than_the_frame(order, pts):
    clock = _decoding_clock(pts, [*pts[1:], pts[-1] + 7], order)
    assert all(a < b for a, b in zip(clock[:-1], clock[1:], strict=True))
    for time, rank in zip(clock, order, strict=True):
        assert time <= pts[rank]


def test_every_frame_keeps_its_time_at_a_variable_rate(make_clip, target, read_film):
    pts = [0, 10, 30, 500, 501, 502, 900, 1400, 1433, 3000]
    source = make_clip(pts=pts)
    stylize_video(source, target, identity)
    assert read_film(target)[0] == [Fraction(time, 1000) for time in pts]
    with av.open(str(target)) as container:
        # The last frame is seen for a tenth of a second.
        assert container.duration == 3_100_000
        (stream,) = container.streams
        assert stream.duration * stream.time_base == Fraction(31, 10)


def test_parts_join_without_a_gap(make_clip, target, short_parts, read_film):
    source = make_clip(num_frames=20, pts=[*range(0, 1900, 100), 5000])
    stylize_video(source, target, identity)
    times, pictures = read_film(target)
    assert times == read_film(source)[0]
    assert np.abs(pictures.astype(int) - read_film(source)[1]).mean() < 4
    assert not list(target.parent.glob(".out*"))


def test_mark_is_in_the_metadata_unless_unwanted(make_clip, tmp_path):
    source = make_clip()
    for mark in (True, False):
        for suffix in (".mp4", ".mkv", ".gif"):
            path = tmp_path / f"{mark}{suffix}"
            stylize_video(source, path, identity, mark=mark)
            found = b"compositeWithTrainedAlgorithmicMedia" in path.read_bytes()
            assert found is mark


def test_a_damaged_part_is_named(make_clip, target, short_parts):
    seen = []

    def stop(frames):
        seen.append(len(frames))
        if sum(seen) > 7:
            raise RuntimeError
        return frames

    source = make_clip()
    stop.__qualname__ = identity.__qualname__
    with pytest.raises(RuntimeError):
        stylize_video(source, target, stop, batch_size=1)
    parts = sorted(target.with_name(".out.mp4.parts").glob("*.nut"))
    # The second part's frames in the place of the first's three.
    parts[0].write_bytes(parts[1].read_bytes()[:-200])
    with pytest.raises(ValueError, match=r"is damaged: .*part_00000.*--overwrite"):
        stylize_video(source, target, identity, resume=True)
