"""`animegan-tf evaluate pictures`: styles, on held-out photos."""

import argparse
from pathlib import Path

from animegan_tf.presets import DEFAULT_STYLE
from animegan_tf.tensorflow_import import import_tensorflow_quietly

_DEFAULT_FEATURES = "bundled"


def add_parser(subparsers) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "pictures",
        help="styles on held-out photos, against pictures of the style",
        description="Stylize photos that were not trained on, and measure how near the "
        "results are to pictures of the style, and to the photos.",
    )
    parser.add_argument(
        "--style",
        action="append",
        metavar="STYLE",
        help="a bundled style (see `animegan-tf styles`), a run folder or a .keras "
        f"file; may be given several times (default: {DEFAULT_STYLE})",
    )
    parser.add_argument(
        "--photos", required=True, type=Path, metavar="DIR", help="held-out photos"
    )
    parser.add_argument(
        "--style-images",
        required=True,
        type=Path,
        metavar="DIR",
        help="pictures in the style that were not trained on",
    )
    parser.add_argument(
        "--reference",
        type=Path,
        metavar="DIR",
        help="other results for the same photos, with their names, to measure too",
    )
    parser.add_argument(
        "--features",
        default=_DEFAULT_FEATURES,
        metavar="NAME|FILE",
        help="network whose features are compared, by name or as a weights file; "
        "numbers of different networks do not compare (default: %(default)s)",
    )
    parser.add_argument(
        "--size",
        type=int,
        default=512,
        help="short side in pixels to scale photos down to (default: %(default)s)",
    )
    parser.add_argument(
        "--output",
        type=_json_file,
        metavar="FILE.json",
        help="file to write all values to; its folder must exist, and it is replaced",
    )
    parser.set_defaults(run=run)


def run(arguments) -> int:
    """Measure the styles; print the means, write all values."""
    output = arguments.output
    if output is not None and not output.parent.is_dir():
        raise FileNotFoundError(f"No such output folder: {str(output.parent)!r}")
    import_tensorflow_quietly()
    from animegan_tf.recipes.held_out import evaluate

    report = evaluate(
        arguments.style or DEFAULT_STYLE,
        arguments.photos,
        arguments.style_images,
        features=arguments.features,
        reference=arguments.reference,
        size=arguments.size,
        progress=True,
    )
    print(report)
    if output is not None:
        print(f"\nWrote {report.write_json(output)}")
    return 0


def _json_file(text: str) -> Path:
    path = Path(text)
    if path.suffix.lower() != ".json" or path.is_dir():
        raise argparse.ArgumentTypeError(f"must be a .json file, not {text!r}")
    return path
