"""Compare the engines that compute the default style: speed, start and memory.

Every contender is a separate process and does the same work: one image from uint8 to
uint8. They run in alternation; ratios are ratios of medians. Then the command line
stylizes one file with each engine, from start to end. Engines that are not installed
are left out, with the reason. With `--torch-python`, AnimeGANv2's network in PyTorch
takes its turns too.

Example:
    python benchmarks/engines.py --size 512 --runs 21 --torch-python path/of/python
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np
from inference import Contender, parse_size, run_in_turn
from measured_process import run_measured
from PIL import Image

FOLDER = Path(__file__).parent
REFERENCE = ("tensorflow", "float32")
CONTENDERS = (
    REFERENCE,
    ("tensorflow", "bfloat16"),
    ("onnxruntime", "float32"),
    ("openvino", "float32"),
    ("openvino", "bfloat16"),
    ("openvino", "int8"),
)
BASELINE = "animegan_v2"
# The fastest ways of PyTorch in float32 here; `inference.py` measures the others.
TORCH_WAYS = ("compiled", "channels_last")


def main(argv=None):
    arguments = parse_arguments(argv)
    contenders = list_contenders(arguments)
    workers, peaks = run_in_turn(contenders, arguments.runs, arguments.pause)
    height, width = arguments.size
    print(f"\n{width} x {height} pixels, {arguments.runs} runs")
    print_table(workers, peaks)
    contenders = [(key.name, key.precision) for key in workers]
    engines = [contender for contender in contenders if contender in CONTENDERS]
    print_starts(arguments, engines)
    return 0


def parse_arguments(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=parse_size, default=(512, 512), metavar="WxH")
    parser.add_argument("--runs", type=int, default=9, help="timed runs of each")
    parser.add_argument("--starts", type=int, default=3, help="command lines of each")
    parser.add_argument("--pause", type=float, default=0.2, help="seconds between runs")
    parser.add_argument("--torch-python", help="Python with PyTorch")
    parser.add_argument("--style", default="comic", help="bundled style or run folder")
    return parser.parse_args(argv)


def list_contenders(arguments):
    """List the engines, and AnimeGANv2's network in TensorFlow and in PyTorch."""
    height, width = arguments.size
    worker = FOLDER / "worker_tensorflow.py"
    what = f"generator:{BASELINE}"
    command = (sys.executable, worker, what, "float32", height, width, 0)
    contenders = [Contender(BASELINE, "float32", command)]
    if arguments.torch_python:
        worker = FOLDER / "worker_torch.py"
        for way in TORCH_WAYS:
            command = (arguments.torch_python, worker, way, "float32", height, width)
            contenders.append(Contender(f"torch {way}", "float32", command))
    worker = FOLDER / "worker_engine.py"
    for engine, precision in CONTENDERS:
        command = (sys.executable, worker, arguments.style, engine, precision)
        contenders.append(Contender(engine, precision, (*command, height, width)))
    return contenders


def print_table(workers, peaks):
    """Print the median and the minimum of each, and the ratios of the medians."""
    medians = {key: statistics.median(w.seconds) for key, w in workers.items()}
    reference = {
        key.name: value
        for key, value in medians.items()
        if (key.name, key.precision) in (REFERENCE, (BASELINE, "float32"))
    }
    print(
        f"{'engine':<20}{'precision':<10}{'ms':>8}{'least ms':>10}"
        f"{'x TensorFlow':>14}{'x AnimeGANv2':>14}{'MB':>6}"
    )
    for key, seconds in medians.items():
        ratios = (
            f"{reference[name] / seconds:>14.2f}" if name in reference else f"{'':>14}"
            for name in (REFERENCE[0], BASELINE)
        )
        print(
            f"{key.name:<20}{key.precision:<10}{1e3 * seconds:>8.1f}"
            f"{1e3 * min(workers[key].seconds):>10.1f}{''.join(ratios)}"
            f"{peaks[key] / 1e6:>6.0f}"
        )
    print("x TensorFlow, x AnimeGANv2: times as fast as in TensorFlow, float32")


def print_starts(arguments, engines):
    """Time the command line from its start to the written file."""
    with tempfile.TemporaryDirectory() as folder:
        photo, output = Path(folder) / "photo.png", Path(folder) / "output.png"
        random = np.random.default_rng(0)
        pixels = random.integers(0, 256, (*arguments.size, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(photo)
        results = {engine: [] for engine in engines}
        # Once before, so that every file that they read is cached.
        for _ in range(arguments.starts + 1):
            for (engine, precision), own in results.items():
                command = [sys.executable, "-m", "animegan_tf", "stylize", photo]
                command += ["-o", output, "--overwrite", "--style", arguments.style]
                command += ["--engine", engine, "--precision", precision]
                own.append(run_measured(command))
    print("\ncommand line, from its start to the written file, medians")
    print(f"{'engine':<14}{'precision':<10}{'s':>8}{'least s':>9}{'MB':>6}")
    for (engine, precision), own in results.items():
        seconds = [measured.seconds for measured in own[1:]]
        peak = max(measured.peak_bytes for measured in own[1:])
        print(
            f"{engine:<14}{precision:<10}{statistics.median(seconds):>8.2f}"
            f"{min(seconds):>9.2f}{peak / 1e6:>6.0f}"
        )


if __name__ == "__main__":
    sys.exit(main())
