"""Copy sound and subtitles as they are, packet by packet."""

import dataclasses
import tempfile
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

from animegan_tf.inference.video.reader import import_av, open_video

_KEPT_METADATA = ("language", "title")


@dataclasses.dataclass(frozen=True)
class CopiedStreams:
    """Streams of a source that go along.

    Attributes:
        source: The file.
        indexes: Numbers of its streams.
    """

    source: Path
    indexes: tuple[int, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to copy."""
        return not self.indexes


def choose_copied_streams(
    source: Path, suffix: str, audio: str, notify: Callable[[str], None]
) -> CopiedStreams:
    """Find what of a source's sound and subtitles the result can hold.

    Args:
        source: The source.
        suffix: That of the result, such as ".mp4".
        audio: "copy" to take the sound along, "drop" to leave it out.
        notify: Is told, in a line each, what is left out unasked.

    Raises:
        ValueError: If the result cannot hold the sound that is to be copied.
    """
    if suffix == ".gif":
        return CopiedStreams(source, ())
    indexes = []
    with open_video(source) as container:
        streams = list(container.streams)
        for stream in streams:
            if stream.type == "audio" and audio == "copy":
                if not _can_hold(suffix, stream):
                    raise ValueError(
                        f"A {suffix} file cannot hold the sound as it is "
                        f"({_codec_name(stream)}). Use another suffix, such as .mkv, "
                        "or leave the sound out with --audio drop"
                    )
                indexes.append(stream.index)
            elif stream.type == "subtitle":
                if _can_hold(suffix, stream):
                    indexes.append(stream.index)
                else:
                    notify(
                        f"a {suffix} file cannot hold the subtitles "
                        f"({_codec_name(stream)}); they are left out"
                    )
    return CopiedStreams(source, tuple(indexes))


def add_copied_streams(output, container, copied: CopiedStreams) -> dict:
    """Add streams to an output; return them by their number in the source."""
    added = {}
    for index in copied.indexes:
        stream = container.streams[index]
        new = output.add_stream_from_template(stream, opaque=True)
        new.disposition = stream.disposition.value
        new.metadata.update(
            {
                key: stream.metadata[key]
                for key in _KEPT_METADATA
                if key in stream.metadata
            }
        )
        added[index] = new
    return added


def copied_packets(
    container, added: dict, *, origin: Fraction, keep_early: bool, end: Fraction | None
) -> Iterator:
    """Read the packets to copy, moved so that the result starts at zero.

    Args:
        container: The source, open.
        added: Streams of the output by their number in the source.
        origin: Seconds, by the source's clock, that become zero.
        keep_early: Whether to take packets from before the origin. They start up a
            decoder, and a player does not play them if the file can say so.
        end: Seconds, by the source's clock, where packets end.

    Yields:
        Packets for `output.mux`.
    """
    av = import_av()
    packets = container.demux([container.streams[index] for index in added])
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.FFmpegError):
            return
        if packet.pts is None or packet.size == 0:
            continue
        time = packet.pts * packet.time_base
        if (time < origin and not keep_early) or (end is not None and time >= end):
            continue
        shift = round(origin / packet.time_base)
        packet.pts -= shift
        if packet.dts is not None:
            packet.dts -= shift
        packet.stream = added[packet.stream.index]
        yield packet


def _can_hold(suffix, stream) -> bool:
    """Try to write a file's beginning with the stream; muxers alone know."""
    av = import_av()
    if stream.codec_context is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        try:
            with av.open(str(Path(folder) / f"trial{suffix}"), "w") as output:
                output.add_stream_from_template(stream, opaque=True)
                output.start_encoding()
        except (av.FFmpegError, ValueError):
            return False
    return True


def _codec_name(stream) -> str:
    context = stream.codec_context
    return "of an unknown kind" if context is None else context.codec.name
