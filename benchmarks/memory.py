"""Measure the peak memory of the command line on large images, file to file.

Example:
    python benchmarks/memory.py --sides 512 2048 8192 --suffixes .jpg .png
"""

import argparse
import sys
import tempfile
from pathlib import Path

from measured_process import run_measured

# In a separate process, so that its memory is not counted.
MAKE_IMAGE = """
import sys
import numpy as np
from PIL import Image
side, path = int(sys.argv[1]), sys.argv[2]
small = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
Image.fromarray(small).resize((side, side), Image.Resampling.BICUBIC).save(path)
"""


def main(argv=None):
    arguments = parse_arguments(argv)
    print("peak resident memory and run time of `animegan-tf stylize`")
    with tempfile.TemporaryDirectory() as folder:
        for side in arguments.sides:
            for suffix in arguments.suffixes:
                measured = measure(Path(folder), side, suffix, arguments.options)
                print(
                    f"{side:>6} x {side:<6}{suffix:<6}"
                    f"{measured.peak_bytes / 1e6:>8.0f} MB{measured.seconds:>8.1f} s",
                    flush=True,
                )
    return 0


def measure(folder, side, suffix, options):
    """Stylize one image of a size and format with the command line."""
    source, target = folder / f"photo{suffix}", folder / f"result{suffix}"
    run_measured([sys.executable, "-c", MAKE_IMAGE, side, source])
    command = [sys.executable, "-m", "animegan_tf", "stylize", source, "-o", target]
    return run_measured([*command, "--overwrite", *options])


def parse_arguments(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sides", nargs="+", type=int, default=[512, 2048, 8192])
    parser.add_argument("--suffixes", nargs="+", default=[".jpg", ".png"])
    parser.add_argument(
        "options",
        nargs=argparse.REMAINDER,
        help="after `--`: further options of the command, such as --precision auto",
    )
    arguments = parser.parse_args(argv)
    arguments.options = [o for o in arguments.options if o != "--"]
    return arguments


if __name__ == "__main__":
    sys.exit(main())
