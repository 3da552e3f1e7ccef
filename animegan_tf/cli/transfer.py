"""`animegan-tf transfer`: stylize an image with the palette and strokes of another."""

import time
from pathlib import Path

from animegan_tf.cli.io_plan import check_outputs, plan_outputs
from animegan_tf.cli.options import (
    add_features_argument,
    add_style_argument,
    add_writing_arguments,
)
from animegan_tf.utils.tensorflow_import import import_tensorflow_quietly


def add_parser(subparsers) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "transfer",
        help="transfer the palette, and the strokes, of one image to another",
        description="Stylize an image, with the palette of a target image; with "
        "--adapt-steps, also with its strokes.",
    )
    parser.add_argument("source", type=Path, help="image to stylize")
    parser.add_argument("target", type=Path, help="image that gives the style")
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        type=Path,
        help="file to write, in an existing folder; or a folder",
    )
    add_style_argument(parser)
    parser.add_argument(
        "--palette",
        type=float,
        default=1.0,
        help="strength of the target's colors, 0 to 1 (default: %(default)s)",
    )
    parser.add_argument(
        "--adapt-steps",
        type=int,
        default=0,
        metavar="N",
        help="fit a copy of the network to the target's areas, lines and tones in N "
        "steps, such as 100 (default: %(default)s)",
    )
    add_features_argument(parser, "feature extractor for --adapt-steps")
    parser.add_argument("--seed", type=int, default=0, help="seed for --adapt-steps")
    add_writing_arguments(parser)
    parser.set_defaults(run=run)


def run(arguments) -> int:
    """Stylize the image."""
    if arguments.source.is_dir():
        raise ValueError(
            f"`source` must be an image file. Received: {str(arguments.source)!r}"
        )
    if arguments.features is not None and arguments.adapt_steps == 0:
        raise ValueError(
            "`--features` is for --adapt-steps, which must be at least 1 then. "
            f"Received: --features {arguments.features}, --adapt-steps 0"
        )
    outputs = plan_outputs([arguments.source], arguments.output)
    check_outputs(outputs, overwrite=arguments.overwrite)
    import_tensorflow_quietly()
    from animegan_tf.transfer.style_transfer import style_transfer

    ((source, output),) = outputs
    output.parent.mkdir(exist_ok=True)
    start = time.perf_counter()
    style_transfer(
        source,
        arguments.target,
        arguments.style,
        adapt_steps=arguments.adapt_steps,
        palette=arguments.palette,
        features=arguments.features,
        output=output,
        quality=arguments.quality,
        mark=arguments.mark,
        seed=arguments.seed,
        progress=True,
    )
    print(f"Wrote {output} in {time.perf_counter() - start:.1f} s")
    return 0
