"""Decide all about a film before its first frame is stylized."""

import dataclasses
import hashlib
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from animegan_tf.imaging.content_credentials import mark_options
from animegan_tf.inference.video.encoder import (
    DEFAULT_CRF,
    ENCODERS,
    EncoderSettings,
    choose_encoder,
)
from animegan_tf.inference.video.gif import limit_rate, write_gif
from animegan_tf.inference.video.muxing import assemble_video
from animegan_tf.inference.video.options import VideoOptions, check_target
from animegan_tf.inference.video.parts import Part
from animegan_tf.inference.video.reader import (
    VideoInfo,
    import_av,
    read_video_info,
)
from animegan_tf.inference.video.stream_copy import CopiedStreams, choose_copied_streams
from animegan_tf.inference.video.timing import Timeline, build_timeline

# These change nothing in the parts that an interrupted run leaves.
_ASSEMBLY_OPTIONS = ("audio", "mark", "batch_size", "codec", "crf")


@dataclasses.dataclass(frozen=True)
class VideoPlan:
    """A film to make.

    Attributes:
        source: The source.
        target: The file to write.
        info: What is known of the source.
        options: What was asked for.
        timeline: Its times in the film.
        encoding: How to encode.
        copied: Sound and subtitles that go along.
    """

    source: Path
    target: Path
    info: VideoInfo
    options: VideoOptions
    timeline: Timeline
    encoding: EncoderSettings
    copied: CopiedStreams

    def assemble(self, parts: list[Part], path: Path, *, is_partial: bool) -> None:
        """Write the film, or as much of it as there is, from its parts."""
        comment = None
        if self.options.mark:
            comment = mark_options(".gif")["comment"].decode()
        if path.suffix.lower() == ".gif":
            time_base = self.timeline.time_base
            write_gif(parts, path, time_base=time_base, comment=comment)
            return
        assemble_video(
            parts,
            path,
            timeline=self.timeline,
            settings=self.encoding,
            copied=self.copied,
            is_cut=self.options.start is not None,
            is_partial=is_partial,
            comment=comment,
        )

    def describe(self, stylize, **settings) -> dict[str, Any]:
        """Collect what the frames depend on, to compare before a run is resumed.

        Args:
            stylize: The function that stylizes frames.
            **settings: More of the kind; arrays count by their content.
        """
        status = self.source.stat()
        options = dataclasses.asdict(self.options)
        for name in _ASSEMBLY_OPTIONS:
            del options[name]
        settings = settings | options
        return {
            "source": [self.source.name, status.st_size, status.st_mtime_ns],
            "style": _fingerprint(stylize),
            **{name: _plain(value) for name, value in settings.items()},
            "encoder": self.encoding.encoder.name,
            "crf": self.encoding.crf,
            "pyav": import_av().__version__,
        }


def plan_video(
    source: Path,
    target: Path,
    options: VideoOptions,
    notify: Callable[[str], None],
    *,
    overwrite: bool,
) -> VideoPlan:
    """Look at the source and choose how to write the target.

    Raises:
        OSError: If a file cannot be read, or must not be written.
        ValueError: If what was asked for is impossible.
    """
    check_target(source, target, overwrite=overwrite)
    suffix = target.suffix.lower()
    codec = options.codec_for(suffix)
    info = read_video_info(source)
    fps = options.fps
    if suffix == ".gif":
        fps = limit_rate(fps or info.rate) or fps
    timeline = build_timeline(info, start=options.start, end=options.end, fps=fps)
    encoder = choose_encoder(codec)
    if encoder != ENCODERS[codec][0]:
        notify(f"the encoder of {codec} is missing here; {encoder.name} is used")
    if info.is_interlaced:
        notify("the source is interlaced; its combs will be drawn")
    if info.colors.is_hdr:
        notify("high dynamic range is kept with 8 bits, where it may show steps")
    encoding = EncoderSettings(
        encoder=encoder,
        crf=DEFAULT_CRF[codec] if options.crf is None else options.crf,
        rate=timeline.fps or info.rate,
        colors=info.colors.for_output(),
        sample_aspect=info.sample_aspect,
    )
    copied = choose_copied_streams(source, suffix, options.audio, notify)
    return VideoPlan(source, target, info, options, timeline, encoding, copied)


def _fingerprint(stylize) -> str:
    generator = getattr(stylize, "generator", None)
    if generator is None:
        return getattr(stylize, "__qualname__", type(stylize).__qualname__)
    digest = hashlib.sha256()
    for weights in generator.get_weights():
        digest.update(weights.tobytes())
    return digest.hexdigest()


def _plain(value):
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, np.ndarray):
        return hashlib.sha256(value.tobytes()).hexdigest()
    return value
