"""`animegan-tf stylize`: files and folders of pictures."""

import argparse
import sys
import time
from pathlib import Path

from animegan_tf.cli import argument_types
from animegan_tf.cli.dial_arguments import add_dial_arguments, read_dials
from animegan_tf.cli.face_arguments import add_face_arguments, with_faces
from animegan_tf.cli.io_plan import check_jobs, plan_jobs, unfinished
from animegan_tf.cli.network_arguments import add_precision_argument, add_style_argument
from animegan_tf.cli.stylize_video import is_film, run_film
from animegan_tf.cli.writing_arguments import add_writing_arguments
from animegan_tf.utils.tensorflow_import import import_tensorflow_quietly

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
    _add_arguments(parser)
    parser.set_defaults(run=run)


def run(arguments) -> int:
    """Stylize the pictures; return 1 if some of several failed."""
    if is_film(arguments):
        parser = argparse.ArgumentParser()
        _add_arguments(parser)
        return run_film(arguments, parser.get_default)
    planned = _plan(arguments)
    jobs = unfinished(planned) if arguments.resume else planned
    if not jobs:
        print(f"All {len(planned)} results exist already")
        return 0
    pipeline = _build_pipeline(arguments)
    for folder in {target.parent for _, target in jobs}:
        folder.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    if len(planned) == 1:
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


def _plan(arguments) -> list[tuple[Path, Path]]:
    """Pair sources with targets; refuse what cannot be done before any work."""
    from animegan_tf.inference.files import check_bits

    if arguments.resume and arguments.overwrite:
        raise ValueError("`--resume` and `--overwrite` exclude each other.")
    suffix = _FORMATS.get(arguments.format)
    jobs = plan_jobs(
        arguments.input, arguments.output, recursive=arguments.recursive, suffix=suffix
    )
    check_jobs(jobs, overwrite=arguments.overwrite or arguments.resume)
    for _, target in jobs:
        check_bits(arguments.bits, target)
    return jobs


def _build_pipeline(arguments):
    dials = read_dials(arguments)
    import_tensorflow_quietly()
    from animegan_tf.cli.pipeline import Pipeline
    from animegan_tf.inference.stylizer import Stylizer

    stylizer = Stylizer.from_preset(
        arguments.style, precision=arguments.precision, tile=arguments.tile
    )
    return Pipeline(
        with_faces(stylizer, arguments),
        dials,
        bits=arguments.bits,
        keep_metadata=not arguments.strip_metadata,
        quality=arguments.quality,
        mark=arguments.mark,
    )


def _add_arguments(parser) -> None:
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
    add_style_argument(parser)
    add_dial_arguments(parser)
    add_face_arguments(parser)
    _add_running_arguments(parser)
    add_writing_arguments(parser)
    _add_format_arguments(parser)


def _add_running_arguments(parser) -> None:
    parser.add_argument(
        "--recursive", action="store_true", help="take folders in folders too"
    )
    parser.add_argument(
        "--resume", action="store_true", help="leave out what is written already"
    )
    parser.add_argument(
        "--tile",
        type=argument_types.tile,
        default="auto",
        metavar="N",
        help="side in pixels of the squares that large pictures are cut into; none for "
        "whole pictures (default: what memory asks for)",
    )
    add_precision_argument(parser)


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
