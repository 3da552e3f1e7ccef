"""Compare the speed of the default style with AnimeGANv2's generator.

AnimeGANv2 runs in this library, in PyTorch and in ONNX Runtime. Every contender is a
separate process and does the same work: one image from uint8 to uint8. They run in
alternation, so that other work on the machine affects all of them; ratios are ratios of
medians. Contenders that are not installed are left out, with the reason.

Example:
    python benchmarks/inference.py --sizes 256 512 1920x1080 \
        --torch-python path/of/python
"""

import argparse
import statistics
import sys
import time
from pathlib import Path
from typing import NamedTuple

from measured_process import Worker

FOLDER = Path(__file__).parent
# Keeps large blocks in the process instead of mapping and zeroing them each time.
ENVIRONMENT = {
    "MALLOC_MMAP_THRESHOLD_": str(2**30),
    "MALLOC_TRIM_THRESHOLD_": str(2**31),
    "MALLOC_TOP_PAD_": str(2**26),
    # Waiting threads must not occupy the CPU of the next contender.
    "KMP_BLOCKTIME": "0",
    "OMP_WAIT_POLICY": "PASSIVE",
}
REFERENCE = "animegan_v2, TensorFlow"
TORCH_WAYS = ("eager", "channels_last", "frozen", "compiled", "onnxruntime")


class Contender(NamedTuple):
    """A process to compare."""

    name: str
    precision: str
    command: tuple


def main(argv=None):
    arguments = parse_arguments(argv)
    for height, width in arguments.sizes:
        contenders = list_contenders(arguments, height, width)
        workers, peaks = run_in_turn(contenders, arguments.runs, arguments.pause)
        print(f"\n{width} x {height} pixels, median of {arguments.runs} runs")
        print_table(workers, peaks)
    return 0


def parse_arguments(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--sizes", nargs="+", type=parse_size, default=[(512, 512)], metavar="WxH"
    )
    parser.add_argument(
        "--runs", type=int, default=9, help="timed runs of each contender"
    )
    parser.add_argument("--pause", type=float, default=0.2, help="seconds between runs")
    parser.add_argument("--style", default="comic", help="style or .keras file")
    parser.add_argument(
        "--tile", type=int, default=512, help="size of the tiles in pixels"
    )
    parser.add_argument(
        "--torch-python",
        default=sys.executable,
        help="Python with PyTorch and ONNX Runtime",
    )
    parser.add_argument(
        "--torch-ways", nargs="*", choices=TORCH_WAYS, default=TORCH_WAYS
    )
    return parser.parse_args(argv)


def parse_size(text):
    """Read `512` or `1920x1080` as (height, width)."""
    width, _, height = text.partition("x")
    return int(height or width), int(width)


def list_contenders(arguments, height, width):
    """List the contenders; the reference comes first."""
    contenders = []

    def add_tensorflow(name, what, precision, tile=0):
        worker = FOLDER / "worker_tensorflow.py"
        command = (sys.executable, worker, what, precision, height, width, tile)
        contenders.append(Contender(name, precision, command))

    for precision in ("float32", "bfloat16"):
        add_tensorflow(REFERENCE, "generator:animegan_v2", precision)
        style = f"style:{arguments.style}"
        add_tensorflow(f"{arguments.style}, whole", style, precision)
        name = f"{arguments.style}, tiles of {arguments.tile}"
        add_tensorflow(name, style, precision, arguments.tile)
        add_tensorflow("matrix product", "matmul", precision)
        for way in arguments.torch_ways:
            # In PyTorch only this layout has fast bfloat16 kernels on CPUs.
            if precision == "bfloat16" and way != "channels_last":
                continue
            worker = FOLDER / "worker_torch.py"
            command = (arguments.torch_python, worker, way, precision, height, width)
            contenders.append(Contender(f"animegan_v2, {way}", precision, command))
    return contenders


def run_in_turn(contenders, runs, pause):
    """Run every contender once per round, in reverse order every other round.

    Returns:
        `{contender: worker}` and `{contender: peak memory in bytes}`.
    """
    workers = {}
    for contender in contenders:
        workers[contender] = Worker(contender.command, ENVIRONMENT)
        leave_out_failed(workers)
    for round_index in range(runs):
        order = list(workers.values())
        for worker in order[:: -1 if round_index % 2 else 1]:
            time.sleep(pause)
            worker.work()
        leave_out_failed(workers)
    return workers, {key: worker.close() for key, worker in workers.items()}


def leave_out_failed(workers):
    """Remove failed workers from `{contender: worker}` and print the reasons."""
    for contender, worker in list(workers.items()):
        if worker.failure:
            worker.close()
            del workers[contender]
            print(f"left out: {contender.name} {contender.precision}: {worker.failure}")


def print_table(workers, peaks):
    medians = {key: statistics.median(w.seconds) for key, w in workers.items()}
    operations = {key: float(w.note) for key, w in workers.items() if w.note}
    speeds = {key: operations[key] / medians[key] for key in operations}
    peak_speeds = {
        key.precision: speeds[key] for key in speeds if key.name == "matrix product"
    }
    torch = [
        seconds
        for key, seconds in medians.items()
        if key.precision == "float32"
        and key.name.removeprefix("animegan_v2, ") in TORCH_WAYS
    ]
    reference = next(
        (s for key, s in medians.items() if key.name == REFERENCE), float("nan")
    )
    print(
        f"{'network':<30}{'precision':<10}{'ms':>9}{'x TF':>8}{'x torch':>9}"
        f"{'MB':>7}{'GFLOP/s':>9}{'of peak':>9}"
    )
    for key, seconds in medians.items():
        faster = f"{min(torch) / seconds:>9.1f}" if torch else f"{'':>9}"
        line = f"{key.name:<30}{key.precision:<10}{1e3 * seconds:>9.1f}"
        line += f"{reference / seconds:>8.1f}{faster}{peaks[key] / 1e6:>7.0f}"
        if key in speeds:
            line += f"{speeds[key] / 1e9:>9.0f}"
            if key.precision in peak_speeds:
                line += f"{speeds[key] / peak_speeds[key.precision]:>9.0%}"
        print(line)
    print("x TF, x torch: how many times as fast as AnimeGANv2 in float32 there")
    print("of peak: fraction of the matrix product's speed in this precision")


if __name__ == "__main__":
    sys.exit(main())
