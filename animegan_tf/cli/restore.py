"""`animegan-tf restore`: remove noise, brighten dark images, and fill holes."""

from pathlib import Path

from animegan_tf.cli.options import (
    add_folder_arguments,
    add_format_arguments,
    add_precision_argument,
    add_tile_argument,
    add_writing_arguments,
    fraction,
)
from animegan_tf.cli.pipeline import Pipeline
from animegan_tf.cli.stylize import run_images


def add_parser(subparsers) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "restore",
        help="remove noise, and fill holes",
        description="Restore images: remove noise, brighten dark images, and fill "
        "holes. Sources are never overwritten.",
    )
    parser.add_argument("input", nargs="+", type=Path, help="images and folders")
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        type=Path,
        help="for one image, a file in an existing folder; else a folder, which is "
        "created if its parent folder exists",
    )
    parser.add_argument(
        "--mask",
        type=Path,
        metavar="IMAGE",
        help="holes to fill: an image of the same size, white in the holes",
    )
    parser.add_argument(
        "--strength",
        type=fraction,
        help="strength outside the holes, from 0, the source, to 1 (default: 0 with "
        "--mask but without --brighten, else 1)",
    )
    parser.add_argument(
        "--brighten",
        type=float,
        default=1.0,
        metavar="GAIN",
        help="multiply the light in dark areas by this factor, 1 to 32, before noise "
        "is removed (default: %(default)s)",
    )
    parser.add_argument(
        "--network",
        type=Path,
        metavar="RUN",
        help="run folder of the recipe restore (default: the bundled network)",
    )
    add_folder_arguments(parser)
    add_tile_argument(parser)
    add_precision_argument(parser)
    add_writing_arguments(parser)
    add_format_arguments(parser)
    parser.set_defaults(run=run)


def run(arguments) -> int:
    """Restore the images; return 1 if some of several failed."""
    inputs = [] if arguments.mask is None else [arguments.mask]
    return run_images(arguments, build_pipeline, inputs=inputs)


def build_pipeline(arguments) -> Pipeline:
    """Load the network and the mask."""
    from animegan_tf.inference.restoration import Restorer

    restorer = Restorer(
        mask=arguments.mask,
        strength=arguments.strength,
        brighten=arguments.brighten,
        network=arguments.network,
        precision=arguments.precision,
        tile=arguments.tile,
    )
    return Pipeline(
        restorer,
        restorer.dials,
        bits=arguments.bits,
        keep_metadata=not arguments.strip_metadata,
        quality=arguments.quality,
        mark=arguments.mark and restorer.uses_network,
    )
