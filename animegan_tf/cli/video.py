"""`animegan-tf video`: a film in a style, with its sound."""

import sys
import time
from pathlib import Path

from animegan_tf.cli import argument_types
from animegan_tf.cli.dial_arguments import add_dial_arguments, read_dials
from animegan_tf.cli.network_arguments import add_precision_argument, add_style_argument
from animegan_tf.utils.tensorflow_import import import_tensorflow_quietly

_OPTIONS = (
    *("codec", "crf", "audio", "max_size", "fps", "start", "end"),
    *("smooth", "batch_size", "mark"),
)


def add_parser(subparsers) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "video",
        help="turn a video into a style, sound included",
        description="Turn a video or an animated GIF into a style. Each frame keeps "
        "its exact time; sound and subtitles are copied as they are. Ctrl-C keeps what "
        "is ready, as NAME.partial.SUFFIX; --resume goes on from there.",
    )
    add_arguments(parser)
    parser.set_defaults(run=run)


def add_arguments(parser) -> None:
    """Add all arguments of the command to a parser."""
    parser.add_argument("input", type=Path, help="any video that FFmpeg reads")
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        type=Path,
        help="file to write: .mp4, .m4v, .mov, .mkv, .webm or .gif; its folder must "
        "exist",
    )
    add_style_argument(parser)
    add_precision_argument(parser)
    add_dial_arguments(parser)
    _add_picture_arguments(parser)
    _add_time_arguments(parser)
    _add_file_arguments(parser)


def _add_picture_arguments(parser) -> None:
    parser.add_argument(
        "--max-size",
        type=int,
        metavar="PIXELS",
        help="scale the longer side down to this",
    )
    parser.add_argument(
        "--smooth",
        type=float,
        default=0.0,
        metavar="0..1",
        help="calm what stands still in the source; helps noisy footage (default: 0)",
    )
    parser.add_argument(
        "--batch-size",
        type=int,
        metavar="1..4",
        help="frames that the network takes at once (default: by their size)",
    )


def _add_time_arguments(parser) -> None:
    parser.add_argument(
        "--fps",
        type=argument_types.rate,
        help="even frames a second, such as 12 or 30000/1001 (default: the source's "
        "own times)",
    )
    for name in ("start", "end"):
        parser.add_argument(
            f"--{name}",
            type=argument_types.time,
            metavar="TIME",
            help=f"where to {'begin' if name == 'start' else 'end'}: seconds or "
            "hh:mm:ss",
        )


def _add_file_arguments(parser) -> None:
    parser.add_argument(
        "--codec", choices=("h264", "h265", "vp9"), help="default: h264; vp9 for .webm"
    )
    parser.add_argument(
        "--crf",
        type=int,
        help="quality, lower is better (default: 18 for h264, 22 for h265, 28 for vp9)",
    )
    parser.add_argument(
        "--audio",
        choices=("copy", "drop"),
        default="copy",
        help="take the sound along as it is, or leave it out (default: copy)",
    )
    parser.add_argument(
        "--overwrite",
        action="store_true",
        help="replace the result, and discard an unfinished run, if there is one",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on with an unfinished run, if there is one",
    )
    parser.add_argument(
        "--no-mark",
        dest="mark",
        action="store_false",
        help="leave out the metadata that say a network made the film",
    )


def run(arguments) -> int:
    """Stylize the video."""
    from animegan_tf.inference.video.options import VideoOptions, check_video_target
    from animegan_tf.inference.video.stylize import stylize_video

    options = {name: getattr(arguments, name) for name in _OPTIONS}
    # What is wrong is told before the seconds that TensorFlow takes to load.
    VideoOptions(**options)
    check_video_target(arguments.input, arguments.output, overwrite=arguments.overwrite)
    dials = read_dials(arguments)
    import_tensorflow_quietly()
    start = time.perf_counter()
    report = stylize_video(
        arguments.input,
        arguments.output,
        arguments.style,
        dials=dials,
        precision=arguments.precision,
        overwrite=arguments.overwrite,
        resume=arguments.resume,
        progress=True,
        notify=_print_note,
        **options,
    )
    seconds = time.perf_counter() - start
    print(
        f"Wrote {report.path}: {report.num_frames} frames, {report.seconds:.1f} s of "
        f"film, in {seconds:.1f} s"
    )
    return 0


def _print_note(text: str) -> None:
    print(f"animegan-tf: note: {text}", file=sys.stderr)
