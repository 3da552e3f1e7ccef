"""`animegan-tf transfer`: one picture in the style of another."""

import time
from pathlib import Path

from animegan_tf.cli.io_plan import check_jobs, plan_jobs
from animegan_tf.cli.network_arguments import (
    add_features_argument,
    add_style_argument,
)
from animegan_tf.cli.writing_arguments import add_writing_arguments
from animegan_tf.utils.tensorflow_import import import_tensorflow_quietly


def add_parser(subparsers) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "transfer",
        help="redraw a picture with the colours, and strokes, of another",
        description="Redraw a picture in a style, with the palette of a target "
        "picture; with --adapt-steps, with its strokes too.",
    )
    parser.add_argument("source", type=Path, help="picture to redraw")
    parser.add_argument("target", type=Path, help="picture whose style to take")
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        type=Path,
        help="file to write, its folder must exist; or a folder",
    )
    add_style_argument(parser)
    parser.add_argument(
        "--palette",
        type=float,
        default=1.0,
        help="how much of the target's colours to take, 0 to 1 (default: %(default)s)",
    )
    parser.add_argument(
        "--adapt-steps",
        type=int,
        default=0,
        metavar="N",
        help="tune a copy of the style to the target's strokes by N updates, such as "
        "200 (default: %(default)s)",
    )
    add_features_argument(parser, "feature extractor of --adapt-steps")
    parser.add_argument("--seed", type=int, default=0, help="seed of --adapt-steps")
    add_writing_arguments(parser)
    parser.set_defaults(run=run)


def run(arguments) -> int:
    """Redraw the picture."""
    if arguments.source.is_dir():
        raise ValueError(
            f"`source` must be one picture. Received: {str(arguments.source)!r}"
        )
    if arguments.features is not None and arguments.adapt_steps == 0:
        raise ValueError(
            "`--features` is for --adapt-steps, which must be at least 1 then. "
            f"Received: --features {arguments.features}, --adapt-steps 0"
        )
    jobs = plan_jobs([arguments.source], arguments.output)
    check_jobs(jobs, overwrite=arguments.overwrite)
    import_tensorflow_quietly()
    from animegan_tf.transfer.style_transfer import style_transfer

    ((source, output),) = jobs
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
