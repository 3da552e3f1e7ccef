"""Stylize videos: decode, stylize and encode side by side, in parts that last."""

import contextlib
import dataclasses
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

from animegan_tf.inference.dials import Dials
from animegan_tf.inference.video.options import VideoOptions, partial_path
from animegan_tf.inference.video.parts import PartsFolder
from animegan_tf.inference.video.pipeline import VideoRun
from animegan_tf.inference.video.plan import VideoPlan, plan_video
from animegan_tf.inference.video.temporal import TemporalSmoother
from animegan_tf.presets import DEFAULT_STYLE

# Seconds by which a film may be shorter than its source says.
_TOLERANCE = 1.0


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


def stylize_video(
    source,
    target,
    style=DEFAULT_STYLE,
    *,
    dials: Dials | None = None,
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
    ready is put together as `NAME.partial.SUFFIX`, which `resume` deletes when it ends.

    Args:
        source: Any video that FFmpeg reads, or an animated GIF.
        target: File to write, its folder must exist: .mp4, .m4v, .mov, .mkv, .webm
            or .gif.
        style: What `Stylizer.from_preset` takes; or a function from uint8 RGB frames,
            `(batch, height, width, 3)`, to the same, such as a `Stylizer`.
        dials: Strength, colour and more, for styles that are no mere function; a mask
            has the shape of the frames as they are seen.
        precision: Arithmetic of a network that is loaded; see `Stylizer`.
        overwrite: Whether to replace the target, and to discard an unfinished run.
        resume: Whether to go on behind the last part of an unfinished run, if there is
            one.
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
    options = VideoOptions(**options)
    plan = plan_video(Path(source), Path(target), options, notify, overwrite=overwrite)
    folder = PartsFolder(plan.target)
    _check_unfinished(folder, plan.target, resume=resume, overwrite=overwrite)
    stylize = _load_style(style, precision)
    dials = None if dials is None or _is_default(dials) else dials
    settings = plan.describe(
        stylize,
        precision=getattr(stylize, "precision", precision),
        **({} if dials is None else dataclasses.asdict(dials)),
    )
    parts = folder.resume(settings) if resume and folder.has_parts else []
    smoother = TemporalSmoother(options.smooth)
    if parts:
        smoother.state = folder.read_state(parts[-1])
    else:
        folder.begin(settings)
    run = VideoRun(plan, folder)
    with _leaving_what_lasts(plan, folder, run, notify):
        run.run(parts, _with_dials(stylize, dials), smoother, progress=progress)
        plan.assemble(run.parts, plan.target, is_partial=False)
    folder.remove()
    if resume:
        partial_path(plan.target).unlink(missing_ok=True)
    return _report(plan, run, notify)


def _check_unfinished(folder, target, *, resume, overwrite) -> None:
    """Refuse to decide alone what becomes of an unfinished run."""
    if folder.has_parts and not (resume or overwrite):
        raise FileExistsError(
            f"An unfinished run for {str(target)!r} is there; add --resume to go "
            "on with it, or --overwrite to start anew"
        )


@contextlib.contextmanager
def _leaving_what_lasts(plan: VideoPlan, folder, run, notify):
    """After an error or interrupt leave whole parts only; after the latter a film."""
    try:
        yield
    except KeyboardInterrupt:
        _keep_partial(plan, folder, run, notify)
        raise
    finally:
        run.discard_unfinished()
        if not folder.has_parts:
            folder.remove()


def _keep_partial(plan: VideoPlan, folder, run, notify) -> None:
    """Put together what was made, and tell how to go on."""
    made = run.close_early()
    hint = "; add --resume to go on" if folder.has_parts else ""
    if made:
        path = partial_path(plan.target)
        plan.assemble(made, path, is_partial=True)
        notify(f"what is ready is in {path}{hint}")


def _report(plan: VideoPlan, run, notify) -> VideoReport:
    last = run.parts[-1]
    if last.num_broken:
        notify(f"{last.num_broken} frames of {plan.source} are broken and were skipped")
    seconds = (last.pts[-1] + last.last_duration) * plan.timeline.time_base
    expected = plan.timeline.seconds(plan.info)
    if expected is not None and seconds < expected - _TOLERANCE:
        notify(
            f"{plan.source} ends after {float(seconds):.1f} s, though it says "
            f"{float(expected):.1f} s"
        )
    return VideoReport(
        path=plan.target,
        num_frames=sum(len(part.pts) for part in run.parts),
        num_broken=last.num_broken,
        seconds=float(seconds),
    )


def _load_style(style, precision):
    if callable(style):
        return style
    from animegan_tf.inference.stylizer import Stylizer

    return Stylizer.from_preset(style, precision=precision)


def _with_dials(stylize, dials):
    if dials is None:
        return stylize
    from animegan_tf.inference.files import stylize_image

    def stylize_frames(frames):
        return np.stack([stylize_image(frame, stylize, dials) for frame in frames])

    return stylize_frames


def _is_default(dials: Dials) -> bool:
    values = vars(dials)
    if any(isinstance(value, np.ndarray) for value in values.values()):
        return False
    return values == vars(Dials())
