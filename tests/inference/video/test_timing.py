import dataclasses
from fractions import Fraction

import pytest

from animegan_tf.inference.video.pixels import Orientation, VideoColors
from animegan_tf.inference.video.reader import VideoInfo
from animegan_tf.inference.video.timing import build_timeline, parse_rate, parse_time


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
# Shown from timestamps 1.00, 1.10, 1.50, 1.60 and 2.90 seconds on.
FRAMES = [Frame(100), Frame(110), Frame(150), Frame(160), Frame(290, duration=10)]


def schedule(frames=FRAMES, **arguments):
    timeline = build_timeline(INFO, **arguments)
    return [
        (timed.frame.pts, timed.pts, timed.duration)
        for timed in timeline.schedule(frames)
    ]


def test_a_whole_video_keeps_all_times_and_starts_at_zero():
    expected = [(100, 0, 10), (110, 10, 40), (150, 50, 10), (160, 60, 130)]
    assert schedule() == [*expected, (290, 190, 10)]


def test_a_last_frame_without_duration_is_shown_for_one_frame_of_the_rate():
    assert schedule([Frame(100), Frame(110)])[-1] == (110, 10, 10)


def test_a_damaged_duration_of_the_last_frame_is_limited_to_an_hour():
    *_, (_, _, duration) = schedule([Frame(100), Frame(110, 10**12)])
    assert duration == 3600 * 100


def test_a_clip_starts_with_the_frame_shown_then_and_is_exactly_as_long():
    times = {"start": Fraction("0.2"), "end": Fraction("0.7")}
    assert schedule(**times) == [(110, 0, 30), (150, 30, 10), (160, 40, 10)]


def test_a_constant_rate_takes_the_frame_shown_at_each_tick():
    # At 4 frames per second: 0, 0.25, 0.5, ... seconds after the start.
    expected = [100, 110, 150, 160, 160, 160, 160, 160]
    assert schedule(fps=Fraction(4)) == [(f, i, 1) for i, f in enumerate(expected)]


def test_duration_and_number_of_frames_are_estimated_from_the_metadata():
    whole = build_timeline(INFO)
    assert (whole.duration, whole.num_frames) == (2, 20)
    cut = build_timeline(INFO, start=Fraction(1), end=Fraction(5), fps=Fraction(8))
    assert (cut.duration, cut.num_frames) == (1, 8)
    unknown = build_timeline(dataclasses.replace(INFO, duration=None))
    assert (unknown.duration, unknown.num_frames) == (None, None)


def test_a_start_after_the_end_is_an_error():
    with pytest.raises(ValueError, match=r"`start` must be before .* 2\.000 s"):
        build_timeline(INFO, start=Fraction(2))


@pytest.mark.parametrize(
    "text, seconds",
    [("7", 7), ("0.25", 0.25), ("1:30", 90), ("01:02:03.5", 3723.5), (12.5, 12.5)],
)
def test_times_are_seconds_or_clock_times(text, seconds):
    assert parse_time(text) == Fraction(seconds)


@pytest.mark.parametrize("text", ["", "a", "-1", "1:60", "1:2:3:4", "1:", "nan"])
def test_other_times_are_errors(text):
    with pytest.raises(ValueError, match="must be seconds or hh:mm:ss"):
        parse_time(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("12", 12), ("30000/1001", Fraction(30000, 1001)), (0.5, Fraction(1, 2))],
)
def test_rates_are_numbers_or_fractions(text, expected):
    assert parse_rate(text) == expected


@pytest.mark.parametrize("text", ["0", "-1", "1001", "fast", "1/0", "inf", "nan"])
def test_other_rates_are_errors(text):
    with pytest.raises(ValueError, match=r"`fps` must be in \(0, 1000\]. Received"):
        parse_rate(text)
