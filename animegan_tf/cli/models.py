"""`animegan-tf models`: list the generators with their size, cost and speed."""

import sys
import time

_HEAD = ("network", "parameters", "MB", "GMAC 256", "GMAC HD", "field", "tiles")
_NUM_RUNS = 3


def add_parser(subparsers) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "models",
        help="list the networks of generators: size, cost, receptive field, tiles",
        description="List the networks of generators with their default options: "
        "trainable parameters, their megabytes in float32, billions of multiply-adds "
        "for 256x256 and for 1920x1088 pixels (HD), side of the receptive field of the "
        "convolutions in pixels, and whether tiles equal the whole image.",
    )
    parser.add_argument(
        "names", nargs="*", metavar="NETWORK", help="only these networks"
    )
    parser.add_argument(
        "--time",
        action="store_true",
        help="measure the milliseconds for an image of 256x256 pixels on this machine",
    )
    parser.set_defaults(run=run)


def run(arguments) -> int:
    """Print a line for each network.

    Raises:
        ValueError: If there is no network of a given name.
    """
    from animegan_tf.utils.tensorflow_import import import_tensorflow_quietly

    import_tensorflow_quietly()
    from animegan_tf.models.analysis.facts import describe_generator
    from animegan_tf.models.arguments import check_choice
    from animegan_tf.models.generators import GENERATORS

    for name in arguments.names:
        check_choice(GENERATORS, network=name)
    rows = [(*_HEAD, "ms") if arguments.time else _HEAD]
    for name in arguments.names or GENERATORS:
        row = format_facts(describe_generator(name))
        if arguments.time:
            row = (*row, _format(measure_latency(name), ".0f"))
        rows.append(row)
        if sys.stderr.isatty():
            print(f"\r{len(rows) - 1} networks", end="", file=sys.stderr)
    if sys.stderr.isatty():
        print("\r", end="", file=sys.stderr)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, *cells in rows:
        line = [name.ljust(widths[0])]
        line += [c.rjust(w) for c, w in zip(cells, widths[1:], strict=True)]
        print("  ".join(line))
    return 0


def format_facts(facts) -> tuple[str, ...]:
    """Format facts about a generator as the cells of a table.

    Args:
        facts: `GeneratorFacts`.

    Returns:
        The name, trainable parameters, megabytes, billions of multiply-adds at two
        sizes, receptive field in pixels, and whether tiles are exact.
    """
    tiles = "-" if facts.receptive_field is None else _YES_NO[facts.exact_tiles]
    return (
        facts.name,
        f"{facts.parameters:,}",
        f"{facts.megabytes:.2f}",
        f"{facts.gmac:.1f}",
        _format(facts.gmac_full_hd, ".0f"),
        _format(facts.receptive_field, "d"),
        tiles,
    )


_YES_NO = {True: "exact", False: "no"}


def _format(value, spec) -> str:
    return "-" if value is None else format(value, spec)


def measure_latency(name: str) -> float | None:
    """Measure how long a generator takes for an image of 256x256 pixels.

    Args:
        name: Key of `GENERATORS`.

    Returns:
        The median of three runs after a first one, in milliseconds; `None` for
        generators of images from noise.
    """
    import numpy as np

    from animegan_tf.inference.engines.tensorflow_engine import TensorFlowEngine
    from animegan_tf.models.generators import build_generator

    generator = build_generator(name)
    if len(generator.input_shape) != 4:
        return None
    engine = TensorFlowEngine(generator)
    shape = (1, 256, 256, 3)
    images = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    engine(images)
    times = []
    for _ in range(_NUM_RUNS):
        start = time.perf_counter()
        engine(images)
        times.append(1000.0 * (time.perf_counter() - start))
    return float(np.median(times))
