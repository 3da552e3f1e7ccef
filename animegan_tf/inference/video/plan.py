"""The plan of a stylized video: everything decided before the first frame."""

import dataclasses
import hashlib
import tempfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from animegan_tf.inference.faces.stylizer import FaceStylizer
from animegan_tf.inference.video.encoder import (
    DEFAULT_CRF,
    ENCODERS,
    EncoderSettings,
    choose_encoder,
)
from animegan_tf.inference.video.gif import limit_rate
from animegan_tf.inference.video.options import VideoOptions, check_video_target
from animegan_tf.inference.video.reader import (
    VideoInfo,
    import_av,
    open_video,
    read_video_info,
)
from animegan_tf.inference.video.timing import Timeline, build_timeline

# Options that a resumed run may change, and those that are described otherwise.
_NOT_DESCRIBED = ("audio", "mark", "batch_size", "codec", "crf")


@dataclasses.dataclass(frozen=True)
class VideoPlan:
    """The plan of a stylized video.

    Attributes:
        source: Path of the source.
        target: Path of the output.
        options: Options given by the user.
        timeline: Mapping from source to output timestamps.
        encoding: Encoder settings.
        copied: Indexes of the source's audio and subtitle streams to copy.
        license: License of the network's weights, for the mark.
    """

    source: Path
    target: Path
    options: VideoOptions
    timeline: Timeline
    encoding: EncoderSettings
    copied: tuple[int, ...]
    license: str | None = None

    @property
    def info(self) -> VideoInfo:
        """Metadata of the source."""
        return self.timeline.info

    def describe(
        self, stylize, *, precision: str = "float32", **settings
    ) -> dict[str, Any]:
        """Collect the settings that the frames depend on, to check before resuming.

        Args:
            stylize: The function that stylizes frames, or a `FaceStylizer`.
            precision: Precision of a `stylize` that does not tell its own.
            **settings: More such settings; arrays are described by their hash.
        """
        status = self.source.stat()
        options = dataclasses.asdict(self.options)
        for name in _NOT_DESCRIBED:
            del options[name]
        settings = settings | options
        if isinstance(stylize, FaceStylizer):
            settings |= _describe_faces(stylize, precision)
            stylize = stylize.background
        return {
            "source": [self.source.name, status.st_size, status.st_mtime_ns],
            "style": _fingerprint(stylize),
            "precision": getattr(stylize, "precision", precision),
            **{name: _to_json(value) for name, value in settings.items()},
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
    """Inspect the source and choose how to write the output.

    Args:
        source: Path of the source.
        target: Path of the output.
        options: Options of the video.
        notify: Called with a line for each difference from what the user may expect.
        overwrite: Whether the output may be replaced.

    Raises:
        OSError: If a file cannot be read, or must not be written.
        ValueError: If the options cannot be met.
    """
    check_video_target(source, target, overwrite=overwrite)
    suffix = target.suffix.lower()
    codec = options.codec_for(suffix)
    info = read_video_info(source)
    fps = options.fps
    if suffix == ".gif":
        fps = limit_rate(fps or info.rate) or fps
    timeline = build_timeline(info, start=options.start, end=options.end, fps=fps)
    encoder = choose_encoder(codec)
    if encoder != ENCODERS[codec][0]:
        notify(f"no encoder for {codec} is available; using {encoder.name}")
    if info.is_interlaced:
        notify("the source is interlaced; its combing artifacts are stylized too")
    if info.colors.is_hdr:
        notify("the source is HDR; with 8 bits per channel, banding may be visible")
    encoding = EncoderSettings(
        encoder=encoder,
        crf=DEFAULT_CRF[codec] if options.crf is None else options.crf,
        rate=timeline.fps or info.rate,
        colors=info.colors.for_output(),
        sample_aspect=info.sample_aspect,
    )
    copied = choose_copied_streams(source, suffix, options.audio, notify)
    return VideoPlan(source, target, options, timeline, encoding, copied)


def choose_copied_streams(
    source: Path, suffix: str, audio: str, notify: Callable[[str], None]
) -> tuple[int, ...]:
    """Choose the audio and subtitle streams to copy to the output.

    Args:
        source: Path of the source.
        suffix: File suffix of the output, such as ".mp4".
        audio: "copy" to copy the audio, "drop" to leave it out.
        notify: Called with a line for each subtitle stream that is left out.

    Returns:
        Indexes of the streams in the source.

    Raises:
        ValueError: If the file format cannot hold an audio stream to copy.
    """
    if suffix == ".gif":
        return ()
    indexes = []
    with open_video(source) as container:
        for stream in list(container.streams):
            is_audio = stream.type == "audio" and audio == "copy"
            if not is_audio and stream.type != "subtitle":
                continue
            if _can_hold(suffix, stream):
                indexes.append(stream.index)
                continue
            context = stream.codec_context
            name = "unknown codec" if context is None else context.codec.name
            if is_audio:
                raise ValueError(
                    f"A {suffix} file cannot hold the source's audio ({name}). Use "
                    "another suffix, such as .mkv, or leave it out with --audio drop"
                )
            notify(
                f"a {suffix} file cannot hold the subtitles ({name}); they are left out"
            )
    return tuple(indexes)


def _can_hold(suffix, stream) -> bool:
    """Try to write the header of a file with the stream; only the muxer knows."""
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


def _fingerprint(stylize) -> str:
    name = getattr(stylize, "__qualname__", type(stylize).__qualname__)
    return getattr(stylize, "fingerprint", name)


def _describe_faces(stylize: FaceStylizer, precision: str) -> dict[str, Any]:
    return {
        "face_style": _fingerprint(stylize.stylizer),
        "face_precision": getattr(stylize.stylizer, "precision", precision),
        "face_size": stylize.size,
        "face_margin": stylize.margin,
        "eyes": stylize.eyes,
        "face_detector": _fingerprint(stylize.detect),
    }


def _to_json(value):
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, np.ndarray):
        return hashlib.sha256(value.tobytes()).hexdigest()
    return value
