"""`animegan-tf export`: export a generator to another runtime, and check the export."""

import argparse
from pathlib import Path

from animegan_tf.cli.options import STYLE_HELP
from animegan_tf.export.requirements import check_offered
from animegan_tf.presets import DEFAULT_STYLE
from animegan_tf.utils.tensorflow_import import import_tensorflow_quietly

# Copies of values whose modules import TensorFlow.
_FORMATS = ("onnx", "litert", "saved_model", "openvino", "keras")
_PRECISIONS = ("float32", "float16", "int8")


def add_parser(subparsers) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "export",
        help="export a generator to another runtime",
        description="Export a generator, reload the export in its own runtime, and "
        "compare it with the original. A report is written beside it; an export that "
        "differs too much is deleted.",
    )
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--style", help=f"{STYLE_HELP} (default: {DEFAULT_STYLE})")
    source.add_argument(
        "--generator", metavar="FILE|RUN", help="run folder, or .keras or .h5 file"
    )
    parser.add_argument(
        "--to", required=True, type=_format, choices=_FORMATS, help="format"
    )
    parser.add_argument(
        "-o", "--output", required=True, type=Path, metavar="DIR", help="output folder"
    )
    parser.add_argument(
        "--precision",
        choices=_PRECISIONS,
        default="float32",
        help="precision of the weights; int8 also computes in 8 bits "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--size",
        type=_size,
        metavar="dynamic|HxW",
        help="height and width of the images (default: dynamic)",
    )
    parser.add_argument(
        "--images",
        type=Path,
        metavar="DIR",
        help="images to compare on (default: three generated ones)",
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="replace an existing export"
    )
    parser.set_defaults(run=run)


def run(arguments) -> int:
    """Export and print a line of results."""
    import_tensorflow_quietly()
    from animegan_tf.export.export_generator import export_generator

    report = export_generator(
        arguments.style or arguments.generator or DEFAULT_STYLE,
        arguments.to,
        arguments.output,
        precision=arguments.precision,
        size=arguments.size,
        images=arguments.images,
        overwrite=arguments.overwrite,
    )
    print(
        f"Wrote {report.path}: {report.num_bytes / 1e6:.2f} MB, at most "
        f"{report.max_levels:.2g} levels off, PSNR {report.psnr:.1f} dB, "
        f"{report.latency_ratio:.2f} times as fast as TensorFlow"
    )
    return 0


def _format(text: str) -> str:
    try:
        check_offered(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return text


def _size(text: str) -> tuple[int, int] | None:
    if text == "dynamic":
        return None
    height, _, width = text.partition("x")
    if not (height.isdecimal() and width.isdecimal()):
        raise argparse.ArgumentTypeError(f"must be dynamic or HxW, not {text}")
    return int(height), int(width)
