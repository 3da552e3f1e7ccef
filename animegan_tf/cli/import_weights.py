"""`animegan-tf import`: import published weights of the AnimeGAN family."""

import argparse
from pathlib import Path

from animegan_tf.utils.atomic_path import atomic_path
from animegan_tf.utils.tensorflow_import import import_tensorflow_quietly

# A copy of the keys of a module that imports TensorFlow.
FAMILY_NAMES = (
    "animegan_v1",
    "animegan_v2",
    "animegan_v2_lite",
    "animegan_v3",
    "white_box",
)


def add_parser(subparsers) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "import",
        help="import published weights of AnimeGAN and White-box Cartoonization",
        description="Import published weights: TensorFlow 1 checkpoints of AnimeGAN, "
        "AnimeGANv2, AnimeGANv3 and White-box Cartoonization, PyTorch files of "
        "animegan2-pytorch, and ONNX files of AnimeGANv2 and AnimeGANv3. No code of "
        "the file is run.",
    )
    parser.add_argument(
        "checkpoint",
        type=Path,
        help="prefix, .index file or folder of a TensorFlow checkpoint; .pt or .pth "
        "file; or .onnx file",
    )
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        type=Path,
        metavar="FILE.keras",
        help="file to write, in an existing folder",
    )
    parser.add_argument(
        "--family",
        choices=FAMILY_NAMES,
        help="the network (default: told from the file)",
    )
    parser.add_argument(
        "--align-corners",
        action=argparse.BooleanOptionalAction,
        help="resizing of a PyTorch or ONNX network (default: aligned for PyTorch, as "
        "in its published code; for ONNX as the file says)",
    )
    parser.add_argument(
        "--list",
        action="store_true",
        help="print every weight and its name in the file",
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="replace an existing output"
    )
    parser.set_defaults(run=run)


def run(arguments) -> int:
    """Import the weights, and print what matched and their license."""
    output = arguments.output
    if output.suffix != ".keras":
        raise ValueError(f"`--output` must be a .keras file. Received: {str(output)!r}")
    if output.exists() and not arguments.overwrite:
        raise FileExistsError(
            f"The output {str(output)!r} exists; --overwrite replaces it"
        )
    if not output.parent.is_dir():
        raise FileNotFoundError(f"No such output folder: {str(output.parent)!r}")
    import_tensorflow_quietly()
    from animegan_tf.importing.importer import import_generator

    generator, report = import_generator(
        arguments.checkpoint, arguments.family, align_corners=arguments.align_corners
    )
    with atomic_path(output) as temporary:
        generator.save(temporary)
    if arguments.list:
        for source, weight, shape in report.matched:
            print(f"{source} -> {weight} {'x'.join(str(n) for n in shape)}")
    print(
        f"Wrote {output}: {report.family} from {report.source}, "
        f"{len(report.matched)} weights matched by {report.by}"
    )
    print(f"License: {report.notice}")
    return 0
