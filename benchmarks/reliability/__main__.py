"""Fuzz every file reader of the library and print a table.

Example:
    python -m benchmarks.reliability --count 1000 --failures failures/
"""

import argparse
import platform
import sys
import time
from pathlib import Path

import numpy
import PIL

import animegan_tf
from benchmarks.reliability.readers import READERS
from benchmarks.reliability.runner import run_trials
from benchmarks.reliability.trial import OUTCOMES

_HEADER = "| Reader | Inputs | Accepted | Refused | Failed | Worst time | Peak memory |"
_RULE = "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"


def main(argv=None):
    arguments = parse_arguments(argv)
    print(describe_machine())
    print(f"\n{_HEADER}\n{_RULE}", flush=True)
    num_failed = 0
    for name in arguments.readers or READERS:
        numbers = range(arguments.start, arguments.start + arguments.count)
        start = time.monotonic()
        results = run_trials(
            name, numbers, seed=arguments.seed, failures=arguments.failures
        )
        print(format_row(name, results), flush=True)
        failed = [r for r in results if r.outcome not in OUTCOMES[:2]]
        num_failed += len(failed)
        for result in failed[:20]:
            line = " ".join(result.message.split())[:300]
            print(f"{name} {result.number} {result.outcome}: {line}", file=sys.stderr)
        print(f"{name}: {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
    return 1 if num_failed else 0


def parse_arguments(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--count", type=int, default=1000, help="inputs for each reader"
    )
    parser.add_argument(
        "--start", type=int, default=0, help="number of the first input"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--failures", type=Path, help="folder for the inputs that failed"
    )
    parser.add_argument(
        "--readers",
        nargs="+",
        choices=list(READERS),
        metavar="NAME",
        help="only these readers",
    )
    return parser.parse_args(argv)


def describe_machine():
    """Describe the machine and the versions."""
    return (
        f"{time.strftime('%Y-%m-%d')}, animegan_tf {animegan_tf.__version__}, Python "
        f"{platform.python_version()}, NumPy {numpy.__version__}, Pillow "
        f"{PIL.__version__}, {platform.system()} {platform.machine()}"
    )


def format_row(name, results):
    """Summarize the trials of a reader as a row of a Markdown table."""
    counts = {o: sum(r.outcome == o for r in results) for o in OUTCOMES}
    failed = len(results) - counts["accepted"] - counts["refused"]
    worst = max(result.seconds for result in results)
    peak = max(result.growth_mb for result in results)
    return (
        f"| {name} | {len(results)} | {counts['accepted']} | {counts['refused']} | "
        f"{failed} | {worst:.2f} s | {peak:.0f} MB |"
    )


if __name__ == "__main__":
    sys.exit(main())
