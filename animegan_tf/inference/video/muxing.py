"""Put finished parts together to one film, with what is copied of the source."""

import contextlib
import heapq
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from animegan_tf.imaging.image_io import atomic_path
from animegan_tf.inference.video.encoder import EncoderSettings
from animegan_tf.inference.video.parts import Part
from animegan_tf.inference.video.reader import import_av
from animegan_tf.inference.video.stream_copy import (
    CopiedStreams,
    add_copied_streams,
    copied_packets,
    open_video,
)
from animegan_tf.inference.video.timing import Timeline

_MP4_SUFFIXES = (".mp4", ".m4v", ".mov")


def assemble_video(
    parts: list[Part],
    target: Path,
    *,
    timeline: Timeline,
    settings: EncoderSettings,
    copied: CopiedStreams,
    is_cut: bool,
    is_partial: bool,
    comment: str | None,
) -> None:
    """Write a film, atomically; nothing is encoded again.

    Args:
        parts: Its parts in order, at least one.
        target: File to write or replace.
        timeline: Its clock.
        settings: How the parts were encoded.
        copied: Sound and subtitles to take along.
        is_cut: Whether the film begins later than its source.
        is_partial: Whether the copied streams end where the frames do.
        comment: Text for the file's metadata.
    """
    av = import_av()
    is_mp4 = target.suffix.lower() in _MP4_SUFFIXES
    options = {"movflags": "+faststart"} if is_mp4 else {}
    with contextlib.ExitStack() as stack:
        temporary = stack.enter_context(atomic_path(target))
        output = stack.enter_context(av.open(str(temporary), "w", options=options))
        first = stack.enter_context(open_video(parts[0].path))
        film = _add_film(output, first.streams.video[0], timeline, settings, is_mp4)
        if comment:
            output.metadata["comment"] = comment
        sources = [_film_packets(parts, film, timeline.time_base)]
        if not copied.is_empty:
            source = stack.enter_context(open_video(copied.source))
            # Matroska would move the film to make room for sound from before zero,
            # unless that came with a note of Matroska's own.
            can_be_early = is_mp4 or "matroska" in source.format.name
            packets = copied_packets(
                source,
                add_copied_streams(output, source, copied),
                origin=timeline.origin,
                keep_early=can_be_early and not is_cut,
                end=_end_of(parts, timeline) if is_partial else timeline.end,
            )
            sources.append(packets)
        # Interleaved by time: a muxer holds back in memory what comes too early.
        for packet in heapq.merge(*sources, key=_decoding_time):
            output.mux(packet)


def _end_of(parts: list[Part], timeline: Timeline) -> Fraction:
    """Tell the second, by the source's clock, at which the last frame goes."""
    ticks = parts[-1].pts[-1] + parts[-1].last_duration
    return timeline.origin + ticks * timeline.time_base


def _add_film(output, template, timeline, settings, is_mp4):
    film = output.add_stream_from_template(template, opaque=True)
    film.time_base = timeline.time_base
    context = film.codec_context
    context.sample_aspect_ratio = settings.sample_aspect
    settings.colors.tag(context)
    if is_mp4 and settings.encoder.tag:
        context.codec_tag = settings.encoder.tag
    return film


def _film_packets(parts, film, time_base: Fraction) -> Iterator:
    """Read the parts' packets and give them the film's times."""
    pts = [time for part in parts for time in part.pts]
    ends = [*pts[1:], pts[-1] + parts[-1].last_duration]
    order, first = [], 0
    for part in parts:
        order += [first + rank for rank in part.order]
        first += len(part.pts)
    clock = _decoding_clock(pts, ends, order)
    packets = (packet for part in parts for packet in _read_packets(part))
    for packet, rank, decoding in zip(packets, order, clock, strict=True):
        packet.time_base = time_base
        packet.pts, packet.dts = pts[rank], decoding
        packet.duration = ends[rank] - pts[rank]
        packet.stream = film
        yield packet


def _decoding_clock(pts: list[int], ends: list[int], order: list[int]) -> list[int]:
    """Choose the time to decode each packet.

    Decoding runs by a fixed number of frames ahead of showing, the largest by which
    any packet comes before its turn; so its times increase, and none is later than its
    packet's frame. It begins before the first frame by what is left to show after the
    last packet, since MP4 files tell a film's length as that of its decoding.

    Args:
        pts: Ticks at which frames appear, in the order of showing.
        ends: Ticks at which they go.
        order: Number of each packet's frame, in the order of decoding.
    """
    delay = max(position - rank for position, rank in enumerate(order))
    if delay == 0:
        return pts
    following = pts[: len(pts) - delay]
    lead = ends[-1] - following[-1] - (ends[order[-1]] - pts[order[-1]])
    lead = max(lead, delay)
    return [*(pts[0] - lead + lead * i // delay for i in range(delay)), *following]


def _read_packets(part: Part) -> list:
    with open_video(part.path) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    if len(packets) != len(part.order):
        raise ValueError(
            f"A part of the unfinished film is damaged: {str(part.path)!r}; start anew "
            "with --overwrite"
        )
    return packets


def _decoding_time(packet):
    time = packet.pts if packet.dts is None else packet.dts
    return time * packet.time_base
