"""Times of frames: cut a piece, keep each frame's time, or change the rate."""

import dataclasses
import math
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

from animegan_tf.inference.video.reader import LONGEST_PAUSE, VideoInfo


@dataclasses.dataclass(frozen=True)
class Timeline:
    """Where source times lie in the result.

    Attributes:
        origin: Seconds, by the source's clock, that are zero in the result.
        end: Seconds, by the source's clock, where the result ends; `None` at its end.
        time_base: Seconds of one tick of the result.
        fps: Frames a second if they are to be evenly spaced, one a tick; else `None`,
            and each frame keeps its time.
    """

    origin: Fraction
    end: Fraction | None
    time_base: Fraction
    fps: Fraction | None

    def seconds(self, info: VideoInfo) -> Fraction | None:
        """Tell how long the result will be, by what the source says of itself."""
        ends = [self.end] if self.end is not None else []
        if info.duration is not None:
            ends.append(info.origin + info.duration)
        return min(ends) - self.origin if ends else None


@dataclasses.dataclass(frozen=True)
class TimedFrame:
    """A frame and its place in the result: ticks from `pts` on, for `duration`."""

    frame: Any
    pts: int
    duration: int


def build_timeline(
    info: VideoInfo,
    *,
    start: Fraction | None = None,
    end: Fraction | None = None,
    fps: Fraction | None = None,
) -> Timeline:
    """Place a piece of a video at zero.

    Args:
        info: The source.
        start: Seconds from the source's start; the frame seen then is the first.
        end: Seconds from the source's start.
        fps: Even rate, or `None` to keep the source's times.

    Raises:
        ValueError: If nothing lies between start and end.
    """
    start = start or Fraction(0)
    length = info.duration
    if length is not None and start >= length:
        raise ValueError(
            f"`start` must lie before the video's end at {float(length):.3f} s. "
            f"Received: start={float(start):g}"
        )
    return Timeline(
        origin=info.origin + start,
        end=None if end is None else info.origin + end,
        time_base=info.time_base if fps is None else 1 / fps,
        fps=fps,
    )


def count_frames(info: VideoInfo, timeline: Timeline) -> int | None:
    """Estimate how many frames the result has; `None` if it cannot be known."""
    seconds = timeline.seconds(info)
    if seconds is None:
        return None
    return max(1, round(seconds * (timeline.fps or info.rate)))


def schedule(
    frames: Iterable, info: VideoInfo, timeline: Timeline
) -> Iterator[TimedFrame]:
    """Give frames their place in the result.

    Args:
        frames: Frames with increasing `pts`; each is seen until the next.
        info: Their source.
        timeline: What to make of their times.

    Yields:
        Timed frames in order. With `fps` a frame may come several times or not at all.
    """
    for frame, begin, end in _intervals(frames, info):
        if end <= timeline.origin:
            continue
        if timeline.end is not None:
            if begin >= timeline.end:
                return
            end = min(end, timeline.end)
        begin = max(begin, timeline.origin) - timeline.origin
        end -= timeline.origin
        if timeline.fps is None:
            pts = round(begin / timeline.time_base)
            duration = max(1, round(end / timeline.time_base) - pts)
            yield TimedFrame(frame, pts, duration)
        else:
            first, last = math.ceil(begin * timeline.fps), math.ceil(end * timeline.fps)
            for pts in range(first, last):
                yield TimedFrame(frame, pts, 1)


def parse_time(text: str) -> Fraction:
    """Read seconds, `mm:ss` or `hh:mm:ss`, each with decimals if wanted.

    Raises:
        ValueError: If it is none of these.
    """
    parts = str(text).split(":")
    try:
        numbers = [Fraction(part) for part in parts]
    except (ValueError, ZeroDivisionError):
        numbers = []
    if (
        not 1 <= len(numbers) <= 3
        or any(number < 0 for number in numbers)
        or any(number >= 60 for number in numbers[1:])
    ):
        raise ValueError(f"A time must be seconds or hh:mm:ss. Received: {text!r}")
    seconds = Fraction(0)
    for number in numbers:
        seconds = seconds * 60 + number
    return seconds


def _intervals(frames, info):
    """Pair each frame with the seconds, by the file's clock, when it is seen."""
    held = None
    for frame in frames:
        if held is not None:
            yield held, held.pts * info.time_base, frame.pts * info.time_base
        held = frame
    if held is not None:
        begin = held.pts * info.time_base
        ticks = getattr(held, "duration", None)
        seconds = ticks * info.time_base if ticks else 1 / info.rate
        yield held, begin, begin + min(seconds, LONGEST_PAUSE)
