"""Write finished parts to one video file, with the source's audio and subtitles."""

import contextlib
import heapq
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from animegan_tf.imaging.content_credentials import mark_options
from animegan_tf.inference.video.gif import write_gif
from animegan_tf.inference.video.parts import Part
from animegan_tf.inference.video.plan import VideoPlan
from animegan_tf.inference.video.reader import import_av, open_video
from animegan_tf.utils.atomic_path import atomic_path

_MP4_SUFFIXES = (".mp4", ".m4v", ".mov")
_KEPT_METADATA = ("language", "title")


def write_video(
    plan: VideoPlan, parts: list[Part], path: Path, *, is_partial: bool = False
) -> None:
    """Write a video from its parts, atomically and without encoding again.

    Args:
        plan: The plan of the video.
        parts: Its parts in order, at least one.
        path: File to write or replace.
        is_partial: Whether the copied streams end with the last frame.
    """
    time_base = plan.timeline.time_base
    comment = None
    if plan.options.mark:
        comment = mark_options(".gif", license=plan.license)["comment"].decode()
    suffix = path.suffix.lower()
    if suffix == ".gif":
        write_gif(parts, path, time_base=time_base, comment=comment)
        return
    is_mp4 = suffix in _MP4_SUFFIXES
    options = {"movflags": "+faststart"} if is_mp4 else {}
    with contextlib.ExitStack() as stack:
        temporary = stack.enter_context(atomic_path(path))
        output = stack.enter_context(
            import_av().open(str(temporary), "w", options=options)
        )
        template = stack.enter_context(open_video(parts[0].path))
        stream = output.add_stream_from_template(template.streams.video[0], opaque=True)
        stream.time_base = time_base
        context = stream.codec_context
        context.sample_aspect_ratio = plan.encoding.sample_aspect
        plan.encoding.colors.tag(context)
        if is_mp4 and plan.encoding.encoder.tag:
            context.codec_tag = plan.encoding.encoder.tag
        if comment:
            output.metadata["comment"] = comment
        packets = [_video_packets(parts, stream, time_base)]
        if plan.copied:
            source = stack.enter_context(open_video(plan.source))
            end = plan.timeline.end
            if is_partial:
                ticks = parts[-1].pts[-1] + parts[-1].last_duration
                end = plan.timeline.origin + ticks * time_base
            # Matroska would shift the video to make room for audio from before zero,
            # unless that audio comes from Matroska, with its codec delay.
            can_be_early = is_mp4 or "matroska" in source.format.name
            packets.append(
                copied_packets(
                    source,
                    add_copied_streams(output, source, plan.copied),
                    origin=plan.timeline.origin,
                    keep_early=can_be_early and plan.options.start is None,
                    end=end,
                )
            )
        # Interleaved by time: a muxer buffers packets that come too early.
        for packet in heapq.merge(*packets, key=_decoding_time):
            output.mux(packet)


def add_copied_streams(output, source, indexes: tuple[int, ...]) -> dict:
    """Add streams of an open source to an output; return them by source index."""
    added = {}
    for index in indexes:
        stream = source.streams[index]
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
    source, added: dict, *, origin: Fraction, keep_early: bool, end: Fraction | None
) -> Iterator:
    """Read the packets to copy, with timestamps relative to `origin`.

    Args:
        source: The open source.
        added: Streams of the output by source index.
        origin: Source time, in seconds, that becomes zero.
        keep_early: Whether to copy packets from before `origin`, which a decoder needs
            to start. Players skip them if the file can say so.
        end: Source time, in seconds, at which packets end.

    Yields:
        Packets for `output.mux`.
    """
    av = import_av()
    packets = source.demux([source.streams[index] for index in added])
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


def decoding_times(pts: list[int], ends: list[int], order: list[int]) -> list[int]:
    """Choose the decoding timestamp (DTS) of each packet.

    Decoding runs ahead of display by a fixed number of frames: the largest number of
    places by which a packet comes before its frame's turn. So the timestamps increase,
    and none is later than its frame. The first is before the first frame by the time
    left to show after the last packet, since MP4 files store the duration of decoding
    as that of the video.

    Args:
        pts: Ticks at which frames appear, in display order.
        ends: Ticks at which they end.
        order: Frame index of each packet, in decoding order.
    """
    delay = max(position - rank for position, rank in enumerate(order))
    if delay == 0:
        return pts
    following = pts[: len(pts) - delay]
    lead = ends[-1] - following[-1] - (ends[order[-1]] - pts[order[-1]])
    lead = max(lead, delay)
    return [*(pts[0] - lead + lead * i // delay for i in range(delay)), *following]


def _video_packets(parts, stream, time_base: Fraction) -> Iterator:
    """Read the parts' packets and set their timestamps."""
    pts = [time for part in parts for time in part.pts]
    ends = [*pts[1:], pts[-1] + parts[-1].last_duration]
    order, first = [], 0
    for part in parts:
        order += [first + rank for rank in part.order]
        first += len(part.pts)
    times = decoding_times(pts, ends, order)
    packets = (packet for part in parts for packet in _read_packets(part))
    for packet, rank, time in zip(packets, order, times, strict=True):
        packet.time_base = time_base
        packet.pts, packet.dts = pts[rank], time
        packet.duration = ends[rank] - pts[rank]
        packet.stream = stream
        yield packet


def _read_packets(part: Part) -> list:
    with open_video(part.path) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    if len(packets) != len(part.order):
        raise ValueError(
            f"Damaged part of an unfinished run: {str(part.path)!r}; add --overwrite "
            "to start again"
        )
    return packets


def _decoding_time(packet):
    time = packet.pts if packet.dts is None else packet.dts
    return time * packet.time_base
