"""Stylize videos: decode, stylize and encode side by side, in parts that last."""

import dataclasses
import hashlib
import warnings
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

from animegan_tf.inference.temporal import TemporalSmoother
from animegan_tf.inference.video_assembly import assemble_video
from animegan_tf.inference.video_copying import CopiedStreams, choose_copied_streams
from animegan_tf.inference.video_encoder import (
    DEFAULT_CRF,
    ENCODERS,
    EncoderSettings,
    choose_encoder,
)
from animegan_tf.inference.video_gif import limit_rate, write_gif
from animegan_tf.inference.video_options import (
    VideoOptions,
    check_target,
    partial_path,
)
from animegan_tf.inference.video_parts import Part, PartsFolder
from animegan_tf.inference.video_reader import (
    VideoInfo,
    import_av,
    read_video_info,
)
from animegan_tf.inference.video_run import VideoRun
from animegan_tf.inference.video_timing import Timeline, build_timeline
from animegan_tf.presets import DEFAULT_STYLE
from animegan_tf.provenance import mark_options


@dataclasses.dataclass(frozen=True)
class VideoReport:
    """What became of a video.

    Attributes:
        path: The file written.
        num_frames: Frames in it.
        num_broken: Frames of the source that could not be decoded; the one before
            each is seen longer.
        seconds: Length of the film.
    """

    path: Path
    num_frames: int
    num_broken: int
    seconds: float


@dataclasses.dataclass(frozen=True)
class _Plan:
    """A film to make: everything that is decided before the first frame."""

    source: Path
    target: Path
    info: VideoInfo
    options: VideoOptions
    timeline: Timeline
    encoding: EncoderSettings
    copied: CopiedStreams

    def assemble(self, parts: list[Part], path: Path, *, is_partial: bool) -> None:
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


def stylize_video(
    source,
    target,
    style=DEFAULT_STYLE,
    *,
    precision: str = "float32",
    overwrite: bool = False,
    resume: bool = False,
    progress: bool = False,
    notify: Callable[[str], None] | None = None,
    **options,
) -> VideoReport:
    """Give a video a style; times, sound and subtitles stay the source's.

    Every frame keeps its exact time, also where the rate varies. Frames are turned
    upright; a side of an odd number of pixels gets one more, a copy of the last. The
    film is made in parts of about ten seconds in a hidden folder beside the target,
    which goes away at the end. After an interrupt it stays, to go on from, and what is
    ready is put together as `NAME.partial.SUFFIX`.

    Args:
        source: Any video that FFmpeg reads, or an animated GIF.
        target: File to write, its folder must exist: .mp4, .m4v, .mov, .mkv, .webm
            or .gif.
        style: What `Stylizer.from_preset` takes; or a function from uint8 RGB frames,
            `(batch, height, width, 3)`, to the same, such as a `Stylizer`.
        precision: Arithmetic of a network that is loaded; see `Stylizer`.
        overwrite: Whether to replace the target, and to discard an unfinished run.
        resume: Whether to go on behind the last part of an unfinished run.
        progress: Whether to show a progress bar.
        notify: Is told, in a line each, what differs from what was asked for; by
            default these are warnings.
        **options: Fields of `VideoOptions`, such as `max_size=720` or `codec="h265"`.

    Returns:
        A `VideoReport`.

    Raises:
        FileExistsError: If the target exists, or an unfinished run, and neither
            `overwrite` nor `resume` says what to do.
        FileNotFoundError: If the source or the target's folder does not exist.
        ImportError: If PyAV is missing.
        KeyboardInterrupt: After an interrupt, when the partial film is written.
        ValueError: If an option is out of range, the source cannot be decoded, the
            target would be the source or cannot hold the sound, or the unfinished run
            had other settings.
    """
    notify = notify or (lambda text: warnings.warn(text, stacklevel=3))
    plan = _plan(Path(source), Path(target), VideoOptions(**options), notify, overwrite)
    folder = PartsFolder(plan.target)
    if folder.has_parts and not (resume or overwrite):
        raise FileExistsError(
            f"An unfinished run for {str(plan.target)!r} is there; add --resume to go "
            "on with it, or --overwrite to start anew"
        )
    stylize = _load_style(style, precision)
    settings = _describe(plan, stylize, precision)
    parts = folder.resume(settings) if resume else []
    if not resume:
        folder.begin(settings)
    smoother = TemporalSmoother(plan.options.smooth)
    if parts:
        smoother.state = folder.read_state(parts[-1])
    run = VideoRun(
        plan.source,
        plan.info,
        plan.timeline,
        plan.encoding,
        folder,
        max_size=plan.options.max_size,
        batch_size=plan.options.batch_size,
    )
    return _make(plan, folder, run, parts, stylize, smoother, progress, notify)


def _make(plan, folder, run, parts, stylize, smoother, progress, notify):
    """Run, and put together what was made, also if that is not all of it."""
    try:
        run.run(parts, stylize, smoother, progress=progress)
        plan.assemble(run.parts, plan.target, is_partial=False)
    except KeyboardInterrupt:
        made = run.close_early()
        if made:
            path = partial_path(plan.target)
            plan.assemble(made, path, is_partial=True)
            notify(f"what is ready is in {path}; add --resume to go on")
        raise
    finally:
        run.discard_unfinished()
        if not folder.has_parts:
            folder.remove()
    folder.remove()
    partial_path(plan.target).unlink(missing_ok=True)
    num_broken = run.parts[-1].num_broken
    if num_broken:
        notify(f"{num_broken} frames of {plan.source} are broken and were skipped")
    last = run.parts[-1]
    ticks = last.pts[-1] + last.last_duration
    return VideoReport(
        path=plan.target,
        num_frames=sum(len(part.pts) for part in run.parts),
        num_broken=num_broken,
        seconds=float(ticks * plan.timeline.time_base),
    )


def _plan(source, target, options, notify, overwrite) -> _Plan:
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
    return _Plan(source, target, info, options, timeline, encoding, copied)


def _load_style(style, precision):
    if callable(style):
        return style
    from animegan_tf.inference.stylizer import Stylizer

    return Stylizer.from_preset(style, precision=precision)


def _describe(plan, stylize, precision) -> dict[str, Any]:
    """Collect what the frames depend on, to be compared before a run is resumed."""
    status = plan.source.stat()
    options = dataclasses.asdict(plan.options)
    # These change nothing in the parts.
    for name in ("audio", "mark", "batch_size", "codec"):
        options.pop(name)
    options = {name: _plain(value) for name, value in options.items()}
    return {
        "source": [plan.source.name, status.st_size, status.st_mtime_ns],
        "style": _fingerprint(stylize),
        "precision": precision,
        **options,
        "encoder": plan.encoding.encoder.name,
        "crf": plan.encoding.crf,
        "pyav": import_av().__version__,
    }


def _plain(value):
    return str(value) if isinstance(value, Fraction) else value


def _fingerprint(stylize) -> str:
    generator = getattr(stylize, "generator", None)
    if generator is None:
        return getattr(stylize, "__qualname__", type(stylize).__qualname__)
    digest = hashlib.sha256()
    for weights in generator.get_weights():
        digest.update(weights.tobytes())
    return digest.hexdigest()
