"""`animegan-tf evaluate pictures`: styles, on held-out photos."""

from pathlib import Path

from animegan_tf.cli.network_arguments import STYLE_HELP, add_features_argument
from animegan_tf.cli.report_arguments import add_report_argument, check_report
from animegan_tf.presets import DEFAULT_STYLE
from animegan_tf.utils.tensorflow_import import import_tensorflow_quietly

_DEFAULT_FEATURES = "bundled"
_FEATURES_PURPOSE = (
    "network whose features are compared (values of different ones do not compare)"
)


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
        help=f"{STYLE_HELP}; may be given several times (default: {DEFAULT_STYLE})",
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
    add_features_argument(parser, _FEATURES_PURPOSE)
    parser.add_argument(
        "--size",
        type=int,
        default=512,
        help="short side in pixels to scale photos down to (default: %(default)s)",
    )
    add_report_argument(parser)
    parser.set_defaults(run=run)


def run(arguments) -> int:
    """Measure the styles; print the means, write all values."""
    check_report(arguments.output)
    import_tensorflow_quietly()
    from animegan_tf.evaluation.held_out import evaluate

    report = evaluate(
        arguments.style or DEFAULT_STYLE,
        arguments.photos,
        arguments.style_images,
        features=arguments.features or _DEFAULT_FEATURES,
        reference=arguments.reference,
        size=arguments.size,
        progress=True,
    )
    print(report)
    if arguments.output is not None:
        print(f"\nWrote {report.write_json(arguments.output)}")
    return 0
