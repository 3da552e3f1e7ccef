"""`animegan-tf video`: stylize a video, with its audio and subtitles."""

import dataclasses
import sys
import time
from pathlib import Path

from animegan_tf.cli.options import (
    add_dial_arguments,
    add_engine_argument,
    add_face_arguments,
    add_precision_argument,
    add_style_argument,
    dial_images,
    parsed_by,
    read_dials,
    wants_faces,
    with_faces,
)
from animegan_tf.inference.video.options import (
    AUDIO,
    CODECS,
    VideoOptions,
    check_video_target,
)
from animegan_tf.inference.video.timing import parse_rate, parse_time


def add_parser(subparsers) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "video",
        help="stylize a video, with its audio",
        description="Stylize a video or an animated GIF. Each frame keeps its exact "
        "time; audio and subtitles are copied unchanged. Ctrl-C writes the frames "
        "finished so far to NAME.partial.SUFFIX; --resume continues from there.",
    )
    add_arguments(parser)
    parser.set_defaults(run=run)


def add_arguments(parser) -> None:
    """Add all arguments of the command to a parser."""
    parser.add_argument("input", type=Path, help="video in any usual format")
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        type=Path,
        help="file to write, in an existing folder: .mp4, .m4v, .mov, .mkv, .webm or "
        ".gif",
    )
    add_style_argument(parser)
    add_precision_argument(parser)
    add_engine_argument(parser)
    add_dial_arguments(parser)
    add_face_arguments(parser)
    parser.add_argument(
        "--max-size",
        type=int,
        metavar="PIXELS",
        help="maximum length of the longer side; larger videos are scaled down",
    )
    parser.add_argument(
        "--smooth",
        type=float,
        default=0.0,
        metavar="0..1",
        help="reduce flicker in static regions; useful for noisy footage (default: 0)",
    )
    parser.add_argument(
        "--batch-size",
        type=int,
        metavar="1..4",
        help="number of frames the network processes at once (default: by their size)",
    )
    parser.add_argument(
        "--fps",
        type=parsed_by(parse_rate),
        help="constant frame rate, such as 12 or 30000/1001 (default: keep the "
        "source's frame times)",
    )
    for name in ("start", "end"):
        parser.add_argument(
            f"--{name}",
            type=parsed_by(parse_time),
            metavar="TIME",
            help=f"where to {name} in the source: seconds or hh:mm:ss",
        )
    parser.add_argument(
        "--codec", choices=CODECS, help="video codec (default: h264; vp9 for .webm)"
    )
    parser.add_argument(
        "--crf",
        type=int,
        help="constant rate factor: lower is better quality and a larger file "
        "(default: 18 for h264, 22 for h265, 28 for vp9)",
    )
    parser.add_argument(
        "--audio",
        choices=AUDIO,
        default="copy",
        help="copy the audio unchanged, or leave it out (default: copy)",
    )
    parser.add_argument(
        "--overwrite",
        action="store_true",
        help="replace an existing output, and discard an unfinished run",
    )
    parser.add_argument(
        "--resume", action="store_true", help="continue an unfinished run, if any"
    )
    parser.add_argument(
        "--no-mark",
        dest="mark",
        action="store_false",
        help="leave out the metadata that say a network generated the video",
    )


def run(arguments) -> int:
    """Stylize the video."""
    names = [field.name for field in dataclasses.fields(VideoOptions)]
    options = {name: getattr(arguments, name) for name in names}
    # Errors are reported before the network is loaded, which may take seconds.
    VideoOptions(**options)
    check_video_target(
        arguments.input,
        arguments.output,
        overwrite=arguments.overwrite,
        inputs=dial_images(arguments),
    )
    dials = read_dials(arguments)
    # Imported late, since this module is also imported to stylize one image.
    from animegan_tf.inference.video.stylize import stylize_video

    start = time.perf_counter()
    report = stylize_video(
        arguments.input,
        arguments.output,
        _load_with_faces(arguments) if wants_faces(arguments) else arguments.style,
        dials=dials,
        precision=arguments.precision,
        engine=arguments.engine,
        overwrite=arguments.overwrite,
        resume=arguments.resume,
        progress=True,
        notify=_print_note,
        **options,
    )
    seconds = time.perf_counter() - start
    print(
        f"Wrote {report.path}: {report.num_frames} frames, {report.seconds:.1f} s of "
        f"video, in {seconds:.1f} s"
    )
    return 0


def _load_with_faces(arguments):
    from animegan_tf.inference.stylizer import Stylizer

    stylizer = Stylizer.from_preset(
        arguments.style, precision=arguments.precision, engine=arguments.engine
    )
    return with_faces(stylizer, arguments)


def _print_note(text: str) -> None:
    print(f"animegan-tf: note: {text}", file=sys.stderr)
