"""`animegan-tf preview`: show a photo in all bundled styles, on one labelled sheet."""

import time
from pathlib import Path

from animegan_tf.cli.options import add_engine_argument, add_writing_arguments, integer
from animegan_tf.imaging.formats import check_image_target
from animegan_tf.imaging.reading import read_image
from animegan_tf.imaging.writing import write_image

_SIZE = 512


def add_parser(subparsers) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "preview",
        help="show a photo in all styles, on one sheet",
        description="Stylize a photo in all bundled styles, and write one sheet of the "
        "results with the names of the styles.",
    )
    parser.add_argument("input", type=Path, help="photo")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        help="image file to write, in an existing folder (default: PHOTO-styles.png in "
        "the current folder)",
    )
    parser.add_argument(
        "--size",
        type=integer(16),
        default=_SIZE,
        metavar="N",
        help="longest side of each picture in pixels (default: %(default)s)",
    )
    add_engine_argument(parser)
    add_writing_arguments(parser)
    parser.set_defaults(run=run)


def run(arguments) -> int:
    """Write the sheet."""
    output = arguments.output or Path(f"{arguments.input.stem}-styles.png")
    check_image_target(output, argument="output")
    if output.exists():
        if arguments.input.exists() and output.samefile(arguments.input):
            raise ValueError(f"The output would overwrite the source {str(output)!r}")
        if not arguments.overwrite:
            raise FileExistsError(
                f"The output {str(output)!r} already exists; add --overwrite to "
                "replace it"
            )
    photo = read_image(arguments.input)
    # Here, since errors of arguments should be reported before it is imported.
    from animegan_tf.inference.preview import preview_styles

    start = time.perf_counter()
    sheet = preview_styles(photo, size=arguments.size, engine=arguments.engine)
    write_image(sheet, output, quality=arguments.quality, mark=arguments.mark)
    print(f"Wrote {output} in {time.perf_counter() - start:.1f} s")
    return 0
