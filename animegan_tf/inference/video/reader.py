"""Read videos: what they are, and their frames with exact times."""

import dataclasses
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from animegan_tf.inference.video.pixels import (
    Orientation,
    VideoColors,
    detect_colors,
    detect_orientation,
)

# Containers that fail this often in a row have ended in rubbish.
_MAX_FAILURES_IN_A_ROW = 50
_DEFAULT_RATE = Fraction(25)
# Seconds between two frames above which a time is taken to be damaged: filled with
# even frames, a false one would make a film of years.
LONGEST_PAUSE = 3600


def import_av():
    """Import PyAV.

    Raises:
        ImportError: With the command that installs it, if it is missing.
    """
    try:
        import av
    except ImportError as error:
        raise ImportError(
            "Videos need PyAV. Install it with: pip install 'animegan_tf[video]'"
        ) from error
    return av


@dataclasses.dataclass(frozen=True)
class VideoInfo:
    """What is known of a video before all of it is read.

    Attributes:
        stored_size: Height and width of the frames as stored.
        orientation: How frames are turned to be seen.
        colors: Meaning of the pixels' numbers.
        sample_aspect: Width of a pixel over its height, as seen.
        time_base: Seconds of one tick of the frames' times.
        rate: Frames a second, on average.
        origin: Seconds, by the file's clock, of the start of the film.
        duration: Seconds from there to the end; `None` if unknown.
        is_interlaced: Whether the frames hold two half pictures.
    """

    stored_size: tuple[int, int]
    orientation: Orientation
    colors: VideoColors
    sample_aspect: Fraction
    time_base: Fraction
    rate: Fraction
    origin: Fraction
    duration: Fraction | None
    is_interlaced: bool = False

    def scaled_size(self, max_size: int | None) -> tuple[int, int]:
        """Shrink the stored size so that the longer side is at most `max_size`."""
        longer = max(self.stored_size)
        if max_size is None or longer <= max_size:
            return self.stored_size
        scale = max_size / longer
        height, width = (max(1, round(side * scale)) for side in self.stored_size)
        return height, width


@dataclasses.dataclass
class DecodingLog:
    """Counts what could not be decoded."""

    num_broken: int = 0


def read_video_info(path) -> VideoInfo:
    """Open a video and decode its first frame.

    Raises:
        FileNotFoundError: If there is no such file.
        ImportError: If PyAV is missing.
        ValueError: If the file is no video, or none of its frames can be decoded.
    """
    with open_video(path) as container:
        stream = video_stream(container)
        frame = next(_decode(container, stream, DecodingLog()), None)
        if frame is None:
            raise ValueError(f"No frame can be decoded of {str(path)!r}")
        orientation = detect_orientation(frame)
        aspect = stream.sample_aspect_ratio or Fraction(1)
        rate = stream.average_rate or stream.guessed_rate or _DEFAULT_RATE
        origin = _find_origin(container)
        return VideoInfo(
            stored_size=(frame.height, frame.width),
            orientation=orientation,
            colors=detect_colors(frame),
            sample_aspect=1 / aspect if orientation.transposed else aspect,
            time_base=Fraction(stream.time_base),
            rate=Fraction(rate),
            origin=origin,
            duration=_find_duration(container, stream, origin),
            is_interlaced=frame.interlaced_frame,
        )


def decode_frames(path, log: DecodingLog, *, start: Fraction | None = None) -> Iterator:
    """Decode a video's frames in the order of showing.

    Args:
        path: File.
        log: Where frames that cannot be decoded, or have no place in time, are counted.
        start: Seconds, by the file's clock; decoding begins at or before.

    Yields:
        `av.VideoFrame` with strictly increasing `pts`, in ticks of `time_base`.
    """
    with open_video(path) as container:
        stream = video_stream(container)
        if start is not None:
            _seek(container, stream, start)
        step = max(1, round(1 / ((stream.average_rate or 25) * stream.time_base)))
        longest, last = LONGEST_PAUSE / stream.time_base, None
        for frame in _decode(container, stream, log):
            if frame.pts is None:
                frame.pts = 0 if last is None else last + step
            if last is not None and not last < frame.pts <= last + longest:
                log.num_broken += 1
                continue
            last = frame.pts
            yield frame


def open_video(path):
    """Open a container for reading; errors are one line with the file's name."""
    av = import_av()
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"No such video file. Received: {str(path)!r}")
    try:
        return av.open(str(path), metadata_errors="replace")
    except av.FFmpegError as error:
        raise ValueError(
            f"Not a video that can be read: {str(path)!r} ({error.strerror})"
        ) from error


def video_stream(container):
    """Find the film among the streams; cover pictures do not count."""
    cover = import_av().stream.Disposition.attached_pic
    streams = [
        stream for stream in container.streams.video if cover not in stream.disposition
    ]
    if not streams:
        raise ValueError(f"No video in the file {container.name!r}")
    best = container.streams.best("video")
    return best if best in streams else streams[0]


def _decode(container, stream, log):
    av = import_av()
    packets, failures = container.demux(stream), 0
    while failures < _MAX_FAILURES_IN_A_ROW:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except av.FFmpegError:
            log.num_broken += 1
            failures += 1
            # A generator that has raised is over; a new one goes on behind the damage.
            packets = container.demux(stream)
            continue
        try:
            frames = packet.decode()
        except av.FFmpegError:
            log.num_broken += 1
            continue
        failures = 0
        yield from frames


def _seek(container, stream, start) -> None:
    av = import_av()
    try:
        container.seek(int(start // stream.time_base), stream=stream, backward=True)
    except av.FFmpegError:
        # Formats without an index are decoded from their beginning.
        container.seek(0)


def _find_origin(container) -> Fraction:
    starts = [
        stream.start_time * stream.time_base
        for stream in (*container.streams.video, *container.streams.audio)
        if stream.start_time is not None
    ]
    # Sound may begin a little before zero, which players cut off.
    return max(Fraction(0), min(starts, default=Fraction(0)))


def _find_duration(container, stream, origin) -> Fraction | None:
    if stream.duration:
        begin = (stream.start_time or 0) * stream.time_base
        return begin + stream.duration * stream.time_base - origin
    if container.duration and container.duration > 0:
        return Fraction(container.duration, 1_000_000)
    return None
