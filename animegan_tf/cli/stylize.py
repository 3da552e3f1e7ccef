"""`animegan-tf stylize`: files and folders of pictures."""

import argparse
import sys
import time
from pathlib import Path

from animegan_tf.cli import video
from animegan_tf.cli.dial_arguments import add_dial_arguments, read_dials
from animegan_tf.cli.face_arguments import add_face_arguments, with_faces
from animegan_tf.cli.jobs import check_jobs, plan_jobs, unfinished
from animegan_tf.presets import DEFAULT_STYLE
from animegan_tf.tensorflow_import import import_tensorflow_quietly

# `auto` and the rest are those of the Stylizer, which is slow to import.
_PRECISIONS = ("auto", "float32", "bfloat16", "float16")
_FORMATS = {"png": ".png", "jpg": ".jpg", "webp": ".webp", "tiff": ".tiff"}
_FORMATS |= {"avif": ".avif"}


def add_parser(subparsers) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "stylize",
        help="turn pictures into a style",
        description="Turn pictures, and folders of them, into a style. "
        "Sources are never overwritten.",
    )
    parser.add_argument(
        "input",
        nargs="+",
        type=Path,
        help="pictures and folders; or one film, see `animegan-tf video`",
    )
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        type=Path,
        help="for one picture a file, its folder must exist; else a folder, which "
        "must exist or is made if the folder around it exists",
    )
    parser.add_argument(
        "--style",
        default=DEFAULT_STYLE,
        help="a bundled style (see `animegan-tf styles`), a blend of some such as "
        "a:0.6,b:0.4, a run folder or a .keras file (default: %(default)s)",
    )
    add_dial_arguments(parser)
    add_face_arguments(parser)
    _add_running_arguments(parser)
    add_writing_arguments(parser)
    _add_format_arguments(parser)
    parser.set_defaults(run=run)


def add_writing_arguments(parser) -> None:
    """Add the arguments of how results are written, for every command that does."""
    parser.add_argument(
        "--overwrite", action="store_true", help="replace results that exist already"
    )
    parser.add_argument(
        "--quality",
        type=_quality,
        default=95,
        help="of JPEG and WebP files, 1 to 100 (default: %(default)s)",
    )
    parser.add_argument(
        "--no-mark",
        dest="mark",
        action="store_false",
        help="leave out the metadata that say a network made the picture",
    )


def run(arguments) -> int:
    """Stylize the pictures; return 1 if some of several failed."""
    if video.is_film(arguments):
        return video.run_film(arguments)
    if arguments.resume and arguments.overwrite:
        raise ValueError("`--resume` and `--overwrite` exclude each other.")
    suffix = _FORMATS.get(arguments.format)
    jobs = plan_jobs(
        arguments.input, arguments.output, recursive=arguments.recursive, suffix=suffix
    )
    check_jobs(jobs, overwrite=arguments.overwrite or arguments.resume)
    num_planned = len(jobs)
    jobs = unfinished(jobs) if arguments.resume else jobs
    if not jobs:
        print(f"All {num_planned} results exist already")
        return 0
    dials = read_dials(arguments)
    import_tensorflow_quietly()
    from animegan_tf.cli.pipeline import Pipeline
    from animegan_tf.inference.stylizer import Stylizer

    stylizer = Stylizer.from_preset(
        arguments.style, precision=arguments.precision, tile=arguments.tile
    )
    pipeline = Pipeline(
        with_faces(stylizer, arguments),
        dials,
        bits=arguments.bits,
        keep_metadata=not arguments.strip_metadata,
        quality=arguments.quality,
        mark=arguments.mark,
    )
    for folder in {target.parent for _, target in jobs}:
        folder.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    if num_planned == 1:
        pipeline.run_one(*jobs[0])
        print(f"Wrote {jobs[0][1]} in {time.perf_counter() - start:.1f} s")
        return 0
    failures = pipeline.run_all(jobs)
    seconds = time.perf_counter() - start
    written = len(jobs) - failures
    print(f"Wrote {written} pictures to {arguments.output} in {seconds:.1f} s")
    if failures:
        message = f"{failures} of {len(jobs)} pictures failed"
        print(f"animegan-tf: error: {message}", file=sys.stderr)
    return 1 if failures else 0


def _add_running_arguments(parser) -> None:
    parser.add_argument(
        "--recursive", action="store_true", help="take folders in folders too"
    )
    parser.add_argument(
        "--resume", action="store_true", help="leave out what is written already"
    )
    parser.add_argument(
        "--tile",
        type=_tile,
        default="auto",
        metavar="N",
        help="side in pixels of the squares that large pictures are cut into; none for "
        "whole pictures (default: what memory asks for)",
    )
    parser.add_argument(
        "--precision",
        choices=_PRECISIONS,
        default="float32",
        help="arithmetic of the network; auto takes the fastest (default: %(default)s)",
    )


def _add_format_arguments(parser) -> None:
    parser.add_argument(
        "--format", choices=_FORMATS, help="of the results (default: the sources')"
    )
    parser.add_argument(
        "--bits",
        type=int,
        choices=(8, 16),
        help="of each channel; 16 in PNG and TIFF only (default: the sources')",
    )
    parser.add_argument(
        "--strip-metadata",
        action="store_true",
        help="leave out what the source says of place, time and camera",
    )


def _quality(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 100:
        raise argparse.ArgumentTypeError(f"must be 1 to 100, not {text}")
    return int(text)


def _tile(text: str) -> int | str | None:
    if text in ("auto", "none"):
        return None if text == "none" else text
    return int(text)
