"""`animegan-tf evaluate`: measure styles on held-out photos, or a video's flicker."""

import argparse
import dataclasses
import json
import math
from pathlib import Path

from animegan_tf.cli.options import (
    STYLE_HELP,
    add_commands,
    add_features_argument,
    add_report_argument,
    check_report,
    parsed_by,
)
from animegan_tf.inference.video.reader import read_frame_pairs
from animegan_tf.inference.video.timing import parse_time
from animegan_tf.presets import DEFAULT_STYLE
from animegan_tf.utils.atomic_path import atomic_path
from animegan_tf.utils.tensorflow_import import import_tensorflow_quietly

EVALUATIONS = ("images", "video")
_DEFAULT = "images"


def add_parser(subparsers) -> None:
    """Add the command, which has a command of its own for each evaluation."""
    parser = subparsers.add_parser(
        "evaluate",
        help="measure similarity to the style and to the photo, or flicker of a video",
        description="Evaluate styles on photos (images), or a stylized video against "
        f"its source (video). The default is `{_DEFAULT}`.",
    )
    add_commands(
        parser,
        (_add_images_parser, _add_video_parser),
        title="evaluations",
        metavar="|".join(EVALUATIONS),
    )


def with_default_evaluation(argv: list[str]) -> list[str]:
    """Insert the default evaluation if `evaluate` is followed by an option.

    Args:
        argv: Arguments without the program's name.

    Returns:
        The arguments; those of `evaluate` begin with one of `EVALUATIONS`, unless they
        ask for help.
    """
    if argv[:1] != ["evaluate"] or len(argv) == 1:
        return argv
    is_option = argv[1].startswith("-") and argv[1] not in ("-h", "--help")
    return ["evaluate", _DEFAULT, *argv[1:]] if is_option else argv


def _add_images_parser(subparsers) -> None:
    parser = subparsers.add_parser(
        "images",
        # The name of earlier versions.
        aliases=["pictures"],
        help="styles on held-out photos, compared with images of the style",
        description="Stylize held-out photos, and measure how similar the results are "
        "to images of the style, and to the photos.",
    )
    parser.add_argument(
        "--style",
        action="append",
        metavar="STYLE",
        help=f"{STYLE_HELP}; may be repeated (default: {DEFAULT_STYLE})",
    )
    parser.add_argument(
        "--photos",
        required=True,
        type=Path,
        metavar="DIR",
        help="folder of held-out photos",
    )
    parser.add_argument(
        "--style-images",
        required=True,
        type=Path,
        metavar="DIR",
        help="folder of held-out images of the style",
    )
    parser.add_argument(
        "--reference",
        type=Path,
        metavar="DIR",
        help="folder of other results for the same photos, with the same names, to "
        "evaluate as well",
    )
    add_features_argument(
        parser, "feature extractor (values of different ones are not comparable)"
    )
    parser.add_argument(
        "--probe",
        nargs="+",
        type=_parse_class,
        metavar="NAME=DIR",
        help="fit style probes to folders of images, the style first, such as "
        "anime=drawings/ photo=photos/, and classify the results",
    )
    parser.add_argument(
        "--probe-features",
        metavar="NAME|FILE",
        help="feature extractor of the probes, as --features, or a weights file of "
        "SqueezeNet (default: that of --features)",
    )
    parser.add_argument(
        "--inception",
        nargs="?",
        const="imagenet",
        metavar="FILE",
        help="also measure FID and KID on InceptionV3, whose weights are downloaded "
        "once, or taken from an .h5 file",
    )
    parser.add_argument(
        "--size",
        type=int,
        default=512,
        help="maximum length of the photos' shorter side in pixels; larger photos are "
        "scaled down (default: %(default)s)",
    )
    add_report_argument(parser)
    parser.set_defaults(run=_run_images)


def _add_video_parser(subparsers) -> None:
    parser = subparsers.add_parser(
        "video",
        help="how much a stylized video flickers, compared with its source",
        description="Compare the changes between frames of a stylized video with those "
        "of its source, in static regions and along the motion.",
    )
    parser.add_argument("input", type=Path, help="source video")
    parser.add_argument("stylized", metavar="output", type=Path, help="stylized video")
    parser.add_argument(
        "--start",
        type=parsed_by(parse_time),
        default="0",
        metavar="TIME",
        help="where in the source the stylized video begins: seconds or hh:mm:ss "
        "(default: 0)",
    )
    add_report_argument(parser)
    parser.set_defaults(run=_run_video)


def _run_images(arguments) -> int:
    """Evaluate styles; print the means, write all values."""
    check_report(arguments.output)
    probe = None if arguments.probe is None else dict(arguments.probe)
    if probe is not None and len(probe) < max(2, len(arguments.probe)):
        names = ", ".join(name for name, _ in arguments.probe)
        raise ValueError(
            "`--probe` must have at least two classes, with unique names. "
            f"Received: {names}"
        )
    import_tensorflow_quietly()
    from animegan_tf.evaluation.held_out import evaluate

    report = evaluate(
        arguments.style or DEFAULT_STYLE,
        arguments.photos,
        arguments.style_images,
        features=arguments.features or "bundled",
        reference=arguments.reference,
        probe=probe,
        probe_features=arguments.probe_features,
        inception=arguments.inception,
        size=arguments.size,
        progress=True,
    )
    print(report)
    if arguments.output is not None:
        print(f"\nWrote {report.write_json(arguments.output)}")
    return 0


def _parse_class(text: str) -> tuple[str, Path]:
    name, _, folder = text.partition("=")
    if not (name and folder):
        raise argparse.ArgumentTypeError(f"must be NAME=DIR, not {text}")
    return name, Path(folder)


def _run_video(arguments) -> int:
    """Measure the flicker of a video; print the values, and write them if requested."""
    from animegan_tf.evaluation.flicker import measure_flicker

    output = arguments.output
    check_report(output)
    pairs = read_frame_pairs(arguments.input, arguments.stylized, start=arguments.start)
    values = dataclasses.asdict(measure_flicker(pairs))
    for name, value in values.items():
        number = "-" if math.isnan(value) else f"{value:.4g}"
        print(f"{name:22}{number:>10}")
    if output is not None:
        known = {
            name: None if math.isnan(value) else value for name, value in values.items()
        }
        with atomic_path(output) as temporary:
            temporary.write_text(json.dumps(known, indent=2) + "\n", encoding="utf-8")
        print(f"\nWrote {output}")
    return 0
