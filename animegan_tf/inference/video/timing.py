"""Frame timing: trim a video, keep each frame's timestamp, or resample the rate."""

import dataclasses
import math
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

from animegan_tf.inference.video.reader import LONGEST_PAUSE, VideoInfo


@dataclasses.dataclass(frozen=True)
class TimedFrame:
    """A frame, shown for `duration` ticks from `pts` on, in output time."""

    frame: Any
    pts: int
    duration: int


@dataclasses.dataclass(frozen=True)
class Timeline:
    """Mapping from source timestamps to output timestamps.

    Attributes:
        info: Metadata of the source.
        origin: Source time, in seconds, that becomes zero in the output.
        end: Source time, in seconds, at which the output ends; `None` for the
            source's end.
        time_base: Seconds per tick of the output.
        fps: Constant frame rate of the output, with one tick per frame; `None` keeps
            each frame's timestamp.
    """

    info: VideoInfo
    origin: Fraction
    end: Fraction | None
    time_base: Fraction
    fps: Fraction | None

    @property
    def duration(self) -> Fraction | None:
        """Expected duration of the output in seconds; `None` if unknown."""
        ends = [self.end] if self.end is not None else []
        if self.info.duration is not None:
            ends.append(self.info.origin + self.info.duration)
        return min(ends) - self.origin if ends else None

    @property
    def num_frames(self) -> int | None:
        """Estimated number of frames of the output; `None` if unknown."""
        if self.duration is None:
            return None
        return max(1, round(self.duration * (self.fps or self.info.rate)))

    def schedule(self, frames: Iterable) -> Iterator[TimedFrame]:
        """Assign output timestamps to source frames.

        Args:
            frames: Source frames with increasing `pts`; each is shown until the next.

        Yields:
            Timed frames in order. With `fps`, a frame may be repeated or dropped.
        """
        for frame, begin, end in self._intervals(frames):
            if end <= self.origin:
                continue
            if self.end is not None:
                if begin >= self.end:
                    return
                end = min(end, self.end)
            begin = max(begin, self.origin) - self.origin
            end -= self.origin
            if self.fps is None:
                pts = round(begin / self.time_base)
                duration = max(1, round(end / self.time_base) - pts)
                yield TimedFrame(frame, pts, duration)
            else:
                first, last = math.ceil(begin * self.fps), math.ceil(end * self.fps)
                for pts in range(first, last):
                    yield TimedFrame(frame, pts, 1)

    def _intervals(self, frames):
        """Pair each frame with the source times, in seconds, of its start and end."""
        previous, tick = None, self.info.time_base
        for frame in frames:
            if previous is not None:
                yield previous, previous.pts * tick, frame.pts * tick
            previous = frame
        if previous is not None:
            begin = previous.pts * tick
            ticks = getattr(previous, "duration", None)
            seconds = ticks * tick if ticks else 1 / self.info.rate
            yield previous, begin, begin + min(seconds, LONGEST_PAUSE)


def build_timeline(
    info: VideoInfo,
    *,
    start: Fraction | None = None,
    end: Fraction | None = None,
    fps: Fraction | None = None,
) -> Timeline:
    """Build the timeline of a clip that starts at zero.

    Args:
        info: Metadata of the source.
        start: Seconds from the source's beginning; the frame shown at that time is
            the first.
        end: Seconds from the source's beginning.
        fps: Constant frame rate, or `None` to keep the source's timestamps.

    Raises:
        ValueError: If `start` is not before the end of the source.
    """
    return Timeline(
        info,
        origin=info.source_time(start),
        end=None if end is None else info.origin + end,
        time_base=info.time_base if fps is None else 1 / fps,
        fps=fps,
    )


def parse_time(text) -> Fraction:
    """Parse a time in seconds, `mm:ss` or `hh:mm:ss`, with optional decimals.

    Raises:
        ValueError: If the text is in none of these formats.
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


def parse_rate(text) -> Fraction:
    """Parse a frame rate: a number, or a fraction such as "30000/1001".

    Raises:
        ValueError: If it is neither, or not in (0, 1000].
    """
    try:
        rate = Fraction(text).limit_denominator(100_000)
    except (ValueError, ZeroDivisionError, OverflowError):
        rate = Fraction(0)
    if not 0 < rate <= 1000:
        raise ValueError(f"`fps` must be in (0, 1000]. Received: fps={text!r}")
    return rate
