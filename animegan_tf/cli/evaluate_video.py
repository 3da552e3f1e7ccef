"""`animegan-tf evaluate video`: how much a film flickers."""

import dataclasses
import json
import math
from pathlib import Path

from animegan_tf.cli import argument_types
from animegan_tf.cli.report_arguments import add_report_argument, check_report
from animegan_tf.utils.atomic_path import atomic_path


def add_parser(subparsers) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "video",
        help="how much a stylized video flickers, against its source",
        description="Compare how a stylized video changes from frame to frame with how "
        "its source does: where that stands still, and along its motion.",
    )
    parser.add_argument("input", type=Path, help="the source")
    parser.add_argument("film", metavar="output", type=Path, help="what became of it")
    parser.add_argument(
        "--start",
        type=argument_types.time,
        default="0",
        metavar="TIME",
        help="where in the source the film begins: seconds or hh:mm:ss (default: 0)",
    )
    add_report_argument(parser)
    parser.set_defaults(run=run)


def run(arguments) -> int:
    """Measure the film; print the values, write them if asked to."""
    from animegan_tf.evaluation.flicker import measure_flicker
    from animegan_tf.inference.video.pairs import read_frame_pairs

    output = arguments.output
    check_report(output)
    pairs = read_frame_pairs(arguments.input, arguments.film, start=arguments.start)
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
