"""`animegan-tf bulk`: stylize any number of images on a cluster, with Ray."""

import functools
import sys
import time
from pathlib import Path

from animegan_tf.cli.options import (
    FORMATS,
    add_dial_arguments,
    add_engine_argument,
    add_face_arguments,
    add_format_arguments,
    add_precision_argument,
    add_style_argument,
    add_tile_argument,
    add_writing_arguments,
    dial_images,
    integer,
)
from animegan_tf.cli.stylize import build_pipeline
from animegan_tf.imaging.formats import load_codec
from animegan_tf.inference.files import check_bits

# Seconds before a progress bar is shown.
_DELAY = 1.0
# Options that change no image, or by a level at most.
_NOT_SETTINGS = (
    "input",
    "output",
    "column",
    "workers",
    "worker_cpus",
    "worker_gpus",
    "address",
    "overwrite",
    "format",
    "engine",
    "tile",
    "run",
)
# Options that may name files, which workers may look for from another folder.
_PATHS = ("style", "face_style", "color", "mask")


def add_parser(subparsers) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "bulk",
        help="stylize any number of images on a cluster",
        description="Stylize any number of images in several processes, on this "
        "computer or on a Ray cluster. OUT/report.parquet says what became of each. A "
        "second run skips what is finished. Requires "
        'pip install "animegan_tf[cluster,fast]".',
    )
    parser.add_argument(
        "input",
        nargs="+",
        help="images, folders with their subfolders, patterns such as 'a/**/*.jpg', "
        ".txt files with a path or URL in each line, .parquet files, or URLs of these, "
        "such as s3://bucket/folder",
    )
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        type=Path,
        metavar="OUT",
        help="folder of the outputs, which all computers of the cluster share",
    )
    parser.add_argument(
        "--column",
        metavar="NAME",
        help="column of .parquet files with images or their paths (default: the first "
        "of image, bytes and path)",
    )
    add_style_argument(parser)
    add_dial_arguments(parser)
    add_face_arguments(parser)
    add_tile_argument(parser)
    add_precision_argument(parser)
    add_engine_argument(parser)
    add_writing_arguments(parser)
    add_format_arguments(parser)
    cluster = parser.add_argument_group("cluster")
    cluster.add_argument(
        "--address",
        help="address of a Ray cluster, such as auto or ray://host:10001 (default: "
        "start one on this computer)",
    )
    cluster.add_argument(
        "--workers",
        type=integer(1),
        metavar="N",
        help="number of worker processes (default: one for each of the cluster's cores "
        "or, with --worker-gpus, GPUs)",
    )
    cluster.add_argument(
        "--worker-cpus",
        type=integer(1),
        default=1,
        metavar="N",
        help="cores of each worker (default: %(default)s)",
    )
    cluster.add_argument(
        "--worker-gpus",
        type=float,
        default=0.0,
        metavar="N",
        help="GPUs of each worker; 0.5 shares one between two (default: %(default)g)",
    )
    parser.set_defaults(run=run)


def run(arguments) -> int:
    """Stylize the images; return 1 if some failed."""
    from animegan_tf.cluster.bulk import stylize_bulk
    from animegan_tf.cluster.connection import Cluster
    from animegan_tf.cluster.report import REPORT

    suffix = FORMATS.get(arguments.format)
    if suffix:
        check_bits(arguments.bits, f"output{suffix}")
        load_codec(suffix, arguments.output)
    for path in dial_images(arguments):
        if arguments.output.resolve() in path.resolve().parents:
            raise ValueError(
                f"`--output` must not contain the image of an option. Received: {path}"
            )
    for name in _PATHS:
        value = getattr(arguments, name)
        if value is not None and Path(value).exists():
            setattr(arguments, name, type(value)(Path(value).absolute()))
    settings = {
        name: value if isinstance(value, int | float | None) else str(value)
        for name, value in vars(arguments).items()
        if name not in _NOT_SETTINGS
    }
    start = time.perf_counter()
    from animegan_tf.utils.progress import progress_bar

    with progress_bar(unit="image", delay=_DELAY) as bar:

        def show(done, total):
            bar.total = total
            bar.update(done - bar.n)

        summary = stylize_bulk(
            arguments.input,
            arguments.output,
            functools.partial(_build, arguments),
            settings=settings,
            suffix=suffix,
            column=arguments.column,
            cluster=Cluster(
                arguments.address,
                arguments.workers,
                arguments.worker_cpus,
                arguments.worker_gpus,
            ),
            overwrite=arguments.overwrite,
            progress=show,
        )
    if not summary.written + summary.failed:
        print(f"All {summary.skipped} outputs already exist")
        return 0
    print(
        f"Wrote {summary.written} images to {arguments.output} in "
        f"{time.perf_counter() - start:.1f} s"
        + (f"; {summary.skipped} already existed" if summary.skipped else "")
    )
    if summary.failed:
        message = f"{summary.failed} images failed, see {arguments.output / REPORT}"
        print(f"animegan-tf: error: {message}", file=sys.stderr)
    return 1 if summary.failed else 0


def _build(arguments):
    """Build the function that stylizes a file, in a worker."""
    return functools.partial(build_pipeline(arguments).run_one, show_progress=False)
