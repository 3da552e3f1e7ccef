"""`animegan-tf evaluate video`: how much a film flickers."""

import dataclasses
import json
import math
from pathlib import Path

from animegan_tf.images import atomic_path


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
        default="0",
        metavar="TIME",
        help="where in the source the film begins: seconds or hh:mm:ss (default: 0)",
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE.json",
        help="file to write the values to; its folder must exist, and it is replaced",
    )
    parser.set_defaults(run=run)


def run(arguments) -> int:
    """Measure the film; print the values, write them if asked to."""
    from animegan_tf.evaluation.flicker import measure_flicker
    from animegan_tf.inference.video_pairs import read_frame_pairs
    from animegan_tf.inference.video_timing import parse_time

    output = arguments.output
    if output is not None and output.suffix.lower() != ".json":
        raise ValueError(f"`--output` must be a .json file. Received: {str(output)!r}")
    if output is not None and not output.parent.is_dir():
        raise FileNotFoundError(f"No such output folder: {str(output.parent)!r}")
    start = parse_time(arguments.start)
    pairs = read_frame_pairs(arguments.input, arguments.film, start=start)
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
