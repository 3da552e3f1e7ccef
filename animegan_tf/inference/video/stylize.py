"""Stylize videos, with exact frame times, copied audio and resumable runs."""

import dataclasses
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

from animegan_tf.inference.dials import Dials
from animegan_tf.inference.faces.stylizer import FaceStylizer
from animegan_tf.inference.video.faces import FaceTracker
from animegan_tf.inference.video.muxing import write_video
from animegan_tf.inference.video.options import VideoOptions, partial_path
from animegan_tf.inference.video.parts import PartsFolder
from animegan_tf.inference.video.pipeline import VideoRun
from animegan_tf.inference.video.plan import VideoPlan, plan_video
from animegan_tf.inference.video.temporal import TemporalSmoother
from animegan_tf.presets import DEFAULT_STYLE
from animegan_tf.utils.checks import check_path

# Seconds by which an output may be shorter than the source's metadata say.
_TOLERANCE = 1.0


@dataclasses.dataclass(frozen=True)
class VideoReport:
    """Summary of a stylized video.

    Attributes:
        path: Path of the output.
        num_frames: Number of its frames.
        num_broken: Number of source frames that could not be decoded; the frame before
            each is shown longer.
        seconds: Duration of the output.
    """

    path: Path
    num_frames: int
    num_broken: int
    seconds: float


def stylize_video(
    source,
    target,
    style=DEFAULT_STYLE,
    *,
    dials: Dials | None = None,
    precision: str = "float32",
    engine: str = "auto",
    overwrite: bool = False,
    resume: bool = False,
    progress: bool = False,
    notify: Callable[[str], None] | None = None,
    **options,
) -> VideoReport:
    """Stylize a video; frame times, audio and subtitles stay those of the source.

    Every frame keeps its exact timestamp, also at a variable frame rate. Frames are
    rotated upright; an odd height or width is padded by repeating the last row or
    column. The video is encoded in parts of about ten seconds in a hidden folder beside
    the output, which is deleted at the end. After an interrupt, the folder is kept for
    `resume`, and the frames finished so far are written to `NAME.partial.SUFFIX`, which
    a completed resumed run deletes.

    Args:
        source: Path of a video, such as MP4, MOV, MKV, WebM, AVI, FLV, WMV, MPEG or
            Ogg, or of an animated GIF.
        target: Path of the output, in an existing folder: .mp4, .m4v, .mov, .mkv, .webm
            or .gif.
        style: Anything `Stylizer.from_preset` takes; or a function from uint8 RGB
            frames, `(batch, height, width, 3)`, to the same, such as a `Stylizer`. With
            a `FaceStylizer`, faces are stylized separately, and followed from frame to
            frame so that their crops do not jitter.
        dials: Strength, color and more; requires a `Stylizer`, a `FaceStylizer` or a
            style to load. A mask must have the shape of the upright frames.
        precision: Precision of a network that is loaded; see `Stylizer.from_preset`.
        engine: Engine of a network that is loaded; see `Stylizer.from_preset`.
        overwrite: Whether to replace the output and discard an unfinished run.
        resume: Whether to continue an unfinished run after its last finished part, if
            there is one.
        progress: Whether to show a progress bar.
        notify: Called with a line of text for each difference from what was requested;
            the default is `warnings.warn`.
        **options: Fields of `VideoOptions`, such as `max_size=720` or `codec="h265"`.

    Returns:
        A `VideoReport`.

    Raises:
        FileExistsError: If the output or an unfinished run exists, and neither
            `overwrite` nor `resume` says what to do; if another run is writing the
            same output; or if the hidden folder has files of someone else.
        FileNotFoundError: If the source or the output's folder does not exist.
        ImportError: If PyAV is missing.
        KeyboardInterrupt: After an interrupt, once the partial video is written.
        ValueError: If an option is out of range, the source cannot be decoded, the
            output would be the source or cannot hold the audio, or the unfinished run
            had different settings.
    """
    notify = notify or (lambda text: warnings.warn(text, stacklevel=3))
    options = VideoOptions(**options)
    check_path(source=source, target=target)
    plan = plan_video(Path(source), Path(target), options, notify, overwrite=overwrite)
    folder = PartsFolder(plan.target)
    with folder.locked():
        if folder.has_parts and not (resume or overwrite):
            raise FileExistsError(
                f"There is an unfinished run for {str(plan.target)!r}; add --resume to "
                "continue it, or --overwrite to start again"
            )
        stylize = _load_style(style, precision, engine)
        plan = dataclasses.replace(plan, license=getattr(stylize, "license", None))
        dials = None if dials is None or _is_default(dials) else dials
        settings = plan.describe(
            stylize,
            precision=precision,
            **({} if dials is None else dataclasses.asdict(dials)),
        )
        parts = folder.resume(settings) if resume and folder.has_parts else []
        smoother = TemporalSmoother(options.smooth)
        tracker = None
        if isinstance(stylize, FaceStylizer):
            tracker = FaceTracker(stylize.find_faces)
        if parts:
            smoother.state = folder.read_state(parts[-1])
            if tracker is not None:
                tracker.state = smoother.state
        else:
            folder.begin(settings)
        run = VideoRun(plan, folder)
        try:
            stylize_frames = _with_dials(stylize, dials)
            run.run(parts, stylize_frames, smoother, tracker, progress=progress)
            write_video(plan, run.parts, plan.target)
        except KeyboardInterrupt:
            _write_partial(plan, run, folder, notify)
            raise
        finally:
            run.discard_unfinished()
            if not folder.has_parts:
                folder.clear()
        folder.clear()
    if resume:
        partial_path(plan.target).unlink(missing_ok=True)
    return _report(plan, run, notify)


def _write_partial(plan: VideoPlan, run: VideoRun, folder: PartsFolder, notify) -> None:
    """Write the frames that were finished before an interrupt."""
    parts = run.close_early()
    if not parts:
        return
    path = partial_path(plan.target)
    write_video(plan, parts, path, is_partial=True)
    hint = "; add --resume to continue" if folder.has_parts else ""
    notify(f"the frames finished so far are in {path}{hint}")


def _report(plan: VideoPlan, run: VideoRun, notify) -> VideoReport:
    last = run.parts[-1]
    if last.num_broken:
        notify(f"{last.num_broken} broken frames of {plan.source} were skipped")
    seconds = (last.pts[-1] + last.last_duration) * plan.timeline.time_base
    expected = plan.timeline.duration
    if expected is not None and seconds < expected - _TOLERANCE:
        notify(
            f"{plan.source} ends after {float(seconds):.1f} s, although its metadata "
            f"say {float(expected):.1f} s"
        )
    return VideoReport(
        path=plan.target,
        num_frames=sum(len(part.pts) for part in run.parts),
        num_broken=last.num_broken,
        seconds=float(seconds),
    )


def _load_style(style, precision, engine):
    if callable(style):
        return style
    from animegan_tf.inference.stylizer import Stylizer

    return Stylizer.from_preset(style, precision=precision, engine=engine)


def _with_dials(stylize, dials):
    if dials is None:
        is_face_stylizer = isinstance(stylize, FaceStylizer)
        return stylize.stylize_frames if is_face_stylizer else stylize
    from animegan_tf.inference.files import stylize_image

    def stylize_frames(frames, faces=None):
        stylizers = [stylize] * len(frames)
        if faces is not None:
            size = frames.shape[1:3]
            stylizers = [stylize.with_faces(found, size) for found in faces]
        pairs = zip(frames, stylizers, strict=True)
        return np.stack([stylize_image(frame, own, dials) for frame, own in pairs])

    return stylize_frames


def _is_default(dials: Dials) -> bool:
    values = vars(dials)
    if any(isinstance(value, np.ndarray) for value in values.values()):
        return False
    return values == vars(Dials())
