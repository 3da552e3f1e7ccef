"""Read videos: metadata, frames with exact timestamps, and pairs of frames."""

import dataclasses
import errno
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np

from animegan_tf.inference.video.pixels import (
    Orientation,
    VideoColors,
    detect_colors,
    detect_orientation,
    frame_to_rgb,
)

# FFmpeg also reads playlists, which name other files to open, and raw streams, which
# have no timestamps.
_CONTAINERS = "3gp,asf,avi,flv,gif,matroska,mov,mp4,mpeg,mpegts,nut,ogg,webm"
# A container that fails this many times in a row has no readable data left.
_MAX_CONSECUTIVE_FAILURES = 50
_DEFAULT_RATE = Fraction(25)
# A longer gap between two frames, in seconds, is taken for a damaged timestamp: at a
# constant frame rate, filling it could take years of frames.
LONGEST_PAUSE = 3600


def import_av():
    """Import PyAV.

    Raises:
        ImportError: If PyAV is missing; the message says how to install it.
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
    """Metadata of a video.

    Attributes:
        stored_size: Height and width of the frames as stored.
        orientation: How stored frames are rotated and mirrored for display.
        colors: Color matrix, range and tags of the frames.
        sample_aspect: Width of a pixel divided by its height, as displayed.
        time_base: Seconds per tick of the frames' timestamps.
        rate: Average frames per second.
        origin: Timestamp, in seconds, at which the video begins.
        duration: Seconds from there to the end; `None` if unknown.
        is_interlaced: Whether each frame holds two fields.
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

    @property
    def display_size(self) -> tuple[int, int]:
        """Height and width of the frames as displayed."""
        height, width = self.stored_size
        return (width, height) if self.orientation.transposed else (height, width)

    def scaled_size(self, max_size: int | None) -> tuple[int, int]:
        """Scale the stored size so that the longer side is at most `max_size`."""
        longer = max(self.stored_size)
        if max_size is None or longer <= max_size:
            return self.stored_size
        scale = max_size / longer
        height, width = (max(1, round(side * scale)) for side in self.stored_size)
        return height, width

    def source_time(self, start: Fraction | None) -> Fraction:
        """Convert seconds from the beginning of the video to a timestamp in seconds.

        Raises:
            ValueError: If `start` is not before the end of the video.
        """
        start = start or Fraction(0)
        if self.duration is not None and start >= self.duration:
            raise ValueError(
                "`start` must be before the video's end at "
                f"{float(self.duration):.3f} s. Received: start={float(start):g}"
            )
        return self.origin + start

    def to_image(self, frame, size: tuple[int, int] | None = None) -> np.ndarray:
        """Convert a decoded frame to upright uint8 RGB, `(height, width, 3)`.

        Args:
            frame: `av.VideoFrame` of this video.
            size: Height and width to scale to, before rotation; by default the
                stored size.
        """
        stored = frame_to_rgb(frame, self.colors, size or self.stored_size)
        return self.orientation.apply(stored)


@dataclasses.dataclass
class DecodingLog:
    """Number of frames that could not be decoded or have an invalid timestamp."""

    num_broken: int = 0


def read_video_info(path) -> VideoInfo:
    """Read a video's metadata and decode its first frame.

    Raises:
        FileNotFoundError: If the file does not exist.
        ImportError: If PyAV is missing.
        ValueError: If the file is not a video, or none of its frames can be decoded.
    """
    with open_video(path) as container:
        stream = video_stream(container)
        frame = next(_decode(container, stream, DecodingLog()), None)
        if frame is None:
            raise ValueError(f"No frame can be decoded in {str(path)!r}")
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


def decode_frames(
    path, log: DecodingLog | None = None, *, start: Fraction | None = None
) -> Iterator:
    """Decode a video's frames in display order.

    Args:
        path: Path of the video.
        log: Counts frames that are skipped because they cannot be decoded or have an
            invalid timestamp.
        start: Timestamp in seconds; decoding begins at it or earlier.

    Yields:
        `av.VideoFrame` with strictly increasing `pts`, in ticks of `time_base`.
    """
    log = DecodingLog() if log is None else log
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


def read_frame_pairs(
    source, stylized, *, start: Fraction | None = None
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pair every frame of a stylized video with the source frame shown at its time.

    Args:
        source: Path of the source.
        stylized: Path of the stylized video. One row or column of padding is cropped;
            if the video was scaled, the source is scaled to its size.
        start: Seconds of the source at which the stylized video begins.

    Yields:
        Two uint8 RGB arrays of the same shape, `(height, width, 3)`.

    Raises:
        FileNotFoundError: If a file does not exist.
        ValueError: If a file is not a video, or `start` is not before the source's end.
    """
    source_info, info = read_video_info(source), read_video_info(stylized)
    size, own = info.display_size, source_info.display_size
    if own != size and all(a + a % 2 == b for a, b in zip(own, size, strict=True)):
        size = own
    stored_size = size[::-1] if source_info.orientation.transposed else size
    offset = source_info.source_time(start) - info.origin
    photos = decode_frames(source)
    photo, following = next(photos, None), next(photos, None)
    for frame in decode_frames(stylized):
        # Containers round timestamps, by far less than half a frame.
        time = frame.pts * info.time_base + offset + 1 / (2 * info.rate)
        while following is not None and following.pts * source_info.time_base <= time:
            photo, following = following, next(photos, None)
        if photo is None:
            return
        image = info.to_image(frame)[: size[0], : size[1]]
        yield source_info.to_image(photo, stored_size), image


def open_video(path):
    """Open a container for reading; errors are one line that names the file."""
    av = import_av()
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"No such video file. Received: {str(path)!r}")
    try:
        return av.open(
            # Else FFmpeg takes what precedes a colon for a protocol.
            str(path.absolute()),
            metadata_errors="replace",
            container_options={
                "format_whitelist": _CONTAINERS,
                "protocol_whitelist": "file",
            },
        )
    except av.FFmpegError as error:
        reason = error.strerror
        if error.errno == errno.EINVAL:
            reason = "its format is not one of MP4, MKV, WebM, AVI and the like"
        raise ValueError(f"Not a readable video: {str(path)!r} ({reason})") from error


def video_stream(container):
    """Select the main video stream; cover art does not count."""
    cover = import_av().stream.Disposition.attached_pic
    streams = [
        stream for stream in container.streams.video if cover not in stream.disposition
    ]
    if not streams:
        raise ValueError(f"No video stream in the file {container.name!r}")
    best = container.streams.best("video")
    return best if best in streams else streams[0]


def _decode(container, stream, log):
    av = import_av()
    packets, failures = container.demux(stream), 0
    while failures < _MAX_CONSECUTIVE_FAILURES:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except av.FFmpegError:
            log.num_broken += 1
            failures += 1
            # A generator that has raised is finished; a new one continues after the
            # damaged data.
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
        # Formats without an index are decoded from the beginning.
        container.seek(0)


def _find_origin(container) -> Fraction:
    starts = [
        stream.start_time * stream.time_base
        for stream in (*container.streams.video, *container.streams.audio)
        if stream.start_time is not None
    ]
    # Audio may begin slightly before zero; players skip that part.
    return max(Fraction(0), min(starts, default=Fraction(0)))


def _find_duration(container, stream, origin) -> Fraction | None:
    if stream.duration:
        begin = (stream.start_time or 0) * stream.time_base
        return begin + stream.duration * stream.time_base - origin
    if container.duration and container.duration > 0:
        return Fraction(container.duration, 1_000_000)
    return None
