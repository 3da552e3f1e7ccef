"""Run all benchmarks; those that need folders of images only if they are given.

Example:
    python benchmarks/run_all.py --output figures/ --photos held_out/ \
        --style-images drawings/
"""

import argparse
import contextlib
import datetime
import importlib.metadata
import os
import platform
import shlex
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
PACKAGES = ("animegan_tf", "tensorflow", "keras", "numpy", "pillow")


def main(argv=None, commands=None):
    arguments = parse_arguments(argv)
    arguments.output.mkdir(parents=True, exist_ok=True)
    report = arguments.output / "figures.md"
    report.write_text(describe_machine(), encoding="utf-8")
    failures = 0
    for command in commands or list_commands(arguments):
        line = shlex.join(["python", *command])
        print(line, flush=True)
        # As in the documentation of the scripts, from the root of the project.
        result = subprocess.run(
            [sys.executable, *command],
            cwd=FOLDER.parent,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        )
        failures += result.returncode != 0
        with report.open("a", encoding="utf-8") as file:
            file.write(f"\n## `{line}`\n\n```\n{result.stdout.strip()}\n```\n")
    print(f"Wrote {report}; {failures} failed")
    return 1 if failures else 0


def parse_arguments(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--output", required=True, type=Path, help="output folder, made if missing"
    )
    parser.add_argument("--photos", type=Path, help="held-out photos")
    parser.add_argument("--style-images", type=Path, help="held-out style images")
    parser.add_argument("--style", default="comic")
    parser.add_argument("--features", default="bundled", help="feature network")
    parser.add_argument("--torch-python", help="Python with PyTorch and ONNX Runtime")
    return parser.parse_args(argv)


def list_commands(arguments):
    """List the arguments of Python for each benchmark."""
    inference = ["benchmarks/inference.py"]
    if arguments.torch_python:
        inference += ["--torch-python", arguments.torch_python]
    commands = [
        [*inference, "--sizes", "256", "512"],
        # All of them together need more memory than many machines have.
        [*inference, "--sizes", "1920x1080", "--torch-ways", "channels_last"],
        ["benchmarks/memory.py", "--sides", "512", "2048", "8192"],
        ["-m", "benchmarks.reliability"],
    ]
    if arguments.photos and arguments.style_images:
        folders = ["--photos", str(arguments.photos.absolute())]
        folders += ["--style-images", str(arguments.style_images.absolute())]
        folders += ["--style", arguments.style, "--features", arguments.features]
        for name in ("quality", "optimisation_transfer"):
            output = str((arguments.output / name).absolute())
            commands.append([f"benchmarks/{name}.py", *folders, "--output", output])
    return commands


def describe_machine():
    """Describe the machine and the versions that the results depend on."""
    versions = ", ".join(f"{p} {importlib.metadata.version(p)}" for p in PACKAGES)
    return (
        f"# Results of {datetime.date.today().isoformat()}\n\n"
        f"{platform.platform()}, {name_processor()}, {os.cpu_count()} CPU cores; "
        f"Python {platform.python_version()}, {versions}.\n"
    )


def name_processor():
    """Return the model of the CPU; on Linux `platform` has its architecture only."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


if __name__ == "__main__":
    sys.exit(main())
