import dataclasses
from fractions import Fraction

import pytest

from animegan_tf.inference.video.pixels import Orientation, VideoColors
from animegan_tf.inference.video.reader import VideoInfo
from animegan_tf.inference.video.timing import (
    build_timeline,
    count_frames,
    parse_time,
    schedule,
)


@dataclasses.dataclass
class Frame:
    pts: int
    duration: int = 0


INFO = VideoInfo(
    stored_size=(48, 64),
    orientation=Orientation(),
    colors=VideoColors("bt709", full_range=False),
    sample_aspect=Fraction(1),
    time_base=Fraction(1, 100),
    rate=Fraction(10),
    origin=Fraction(1),
    duration=Fraction(2),
)
# Seen from 1.00, 1.10, 1.50, 1.60 and 2.90 seconds of the file's clock.
FRAMES = [Frame(100), Frame(110), Frame(150), Frame(160), Frame(290, duration=10)]


def place(**arguments):
    timeline = build_timeline(INFO, **arguments)
    return [
        (timed.frame.pts, timed.pts, timed.duration)
        for timed in schedule(FRAMES, INFO, timeline)
    ]


def test_whole_film_keeps_all_times_and_starts_at_zero():
    expected = [(100, 0, 10), (110, 10, 40), (150, 50, 10), (160, 60, 130)]
    assert place() == [*expected, (290, 190, 10)]


def test_last_frame_without_a_duration_is_seen_for_one_of_the_rate():
    timeline = build_timeline(INFO)
    *_, last = schedule([Frame(100), Frame(110)], INFO, timeline)
    assert (last.pts, last.duration) == (10, 10)


def test_cut_begins_with_the_frame_seen_then_and_is_exactly_as_long():
    times = {"start": Fraction("0.2"), "end": Fraction("0.7")}
    assert place(**times) == [(110, 0, 30), (150, 30, 10), (160, 40, 10)]


def test_even_rate_takes_the_frame_seen_at_each_tick():
    # At 4 frames a second: 0, 0.25, 0.5, ... seconds after the start.
    expected = [100, 110, 150, 160, 160, 160, 160, 160]
    assert place(fps=Fraction(4)) == [(f, i, 1) for i, f in enumerate(expected)]


def test_frame_count_is_estimated_from_what_is_known():
    assert count_frames(INFO, build_timeline(INFO)) == 20
    cut = build_timeline(INFO, start=Fraction(1), end=Fraction(5), fps=Fraction(8))
    assert count_frames(INFO, cut) == 8
    unknown = dataclasses.replace(INFO, duration=None)
    assert count_frames(unknown, build_timeline(unknown)) is None


def test_start_behind_the_end_is_an_error():
    with pytest.raises(ValueError, match=r"`start` must lie before .* 2\.000 s"):
        build_timeline(INFO, start=Fraction(2))


@pytest.mark.parametrize(
    "text, seconds",
    [("7", 7), ("0.25", 0.25), ("1:30", 90), ("01:02:03.5", 3723.5), (12.5, 12.5)],
)
def test_times_are_seconds_or_clock_readings(text, seconds):
    assert parse_time(text) == Fraction(seconds)


@pytest.mark.parametrize("text", ["", "a", "-1", "1:60", "1:2:3:4", "1:", "nan"])
def test_other_times_are_errors(text):
    with pytest.raises(ValueError, match="must be seconds or hh:mm:ss"):
        parse_time(text)


def test_a_damaged_duration_of_the_last_frame_ends_after_an_hour():
    timeline = build_timeline(INFO)
    *_, last = schedule([Frame(100), Frame(110, 10**12)], INFO, timeline)
    assert last.duration == 3600 * 100
