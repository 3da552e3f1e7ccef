"""Bulk stylization: failures, the death of a worker, a second run, and throughput.

Makes small images of which two are damaged, stylizes them in two worker processes,
kills one of these in the middle, and checks outputs and report; runs again, which must
write nothing; then measures the throughput of different numbers of workers. Linux only.

Example:
    python benchmarks/bulk.py --photos PHOTOS
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image
from pyarrow import parquet

from animegan_tf.imaging.formats import list_images
from animegan_tf.imaging.reading import read_image

ROOT = Path(__file__).resolve().parents[1]
TRUNCATED, TEXT = "truncated.jpg", "text.jpg"


def main(argv=None):
    arguments = parse_arguments(argv)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        make_images(folder / "in", arguments)
        failures = demonstrate(folder, arguments)
        measure(folder, arguments)
    return 1 if failures else 0


def parse_arguments(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=Path, help="photos to crop (default: noise)")
    parser.add_argument("--count", type=int, default=500, help="number of images")
    parser.add_argument("--timed", type=int, default=120, help="images of a timed run")
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2, 2, 1])
    parser.add_argument("--engine", default="auto")
    return parser.parse_args(argv)


def make_images(folder, arguments):
    """Write JPEG files of 160x120 pixels into four subfolders; damage two of them."""
    random = np.random.default_rng(0)
    photos = list_images(arguments.photos, recursive=True) if arguments.photos else []
    for index in range(arguments.count - 1):
        path = folder / f"{index % 4}" / f"{index:04d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        if photos:
            # Ten crops of each photo, which takes longer to read than to crop.
            if index % 10 == 0:
                photo = Image.fromarray(read_image(photos[index // 10 % len(photos)]))
            left, top = random.integers(0, (photo.width - 159, photo.height - 119))
            image = photo.crop((left, top, left + 160, top + 120))
        else:
            noise = random.integers(0, 256, (6, 8, 3), dtype=np.uint8)
            image = Image.fromarray(noise).resize((160, 120), Image.Resampling.BICUBIC)
        image.save(path, quality=90)
    # One of the images is cut off, and one more is none.
    content = path.read_bytes()
    path.unlink()
    path.with_name(TRUNCATED).write_bytes(content[: len(content) // 2])
    path.with_name(TEXT).write_text("This is no image.\n")


def demonstrate(folder, arguments):
    """Run the job, kill a worker, run again; print and return what went wrong."""
    source, output = folder / "in", folder / "out"
    process = start(source, output, 2, arguments)
    wait_until(process, lambda: count_outputs(output) >= arguments.count // 3)
    victim = find_workers(process.pid)[0]
    print(f"{count_outputs(output)} images are written: kill -9 {victim}", flush=True)
    os.kill(victim, signal.SIGKILL)
    code = process.wait()
    before = modification_times(output)
    table = parquet.read_table(output / "report.parquet").to_pylist()
    failed = {Path(row["input"]).name: row["error"] for row in table if row["error"]}
    written = [row for row in table if row["status"] == "ok"]
    unknown = sum(row["seconds"] is None for row in written)
    print(f"{len(before)} outputs, {len(table)} rows, {len(failed)} failed: {failed}")
    print(f"{unknown} rows without seconds: written by the worker that was killed")
    expected = {
        path.relative_to(source) for path in list_images(source, recursive=True)
    }
    expected = {path for path in expected if path.name not in (TRUNCATED, TEXT)}
    checks = {
        "exit code 1": code == 1,
        "an output for each intact image": before.keys() == expected,
        "a row for each image": len(table) == arguments.count,
        "both damaged images are reported": failed.keys() == {TRUNCATED, TEXT},
        "sizes are reported": {(r["width"], r["height"]) for r in written}
        == {(160, 120)},
        "no other files are left": {p for p in output.rglob("*") if p.is_file()}
        == {output / path for path in before} | {output / "report.parquet"},
    }
    began = time.perf_counter()
    code = start(source, output, 2, arguments).wait()
    print(f"Second run: {time.perf_counter() - began:.1f} s")
    checks |= {
        "exit code 1 again": code == 1,
        "nothing is written twice": modification_times(output) == before,
    }
    for name, holds in checks.items():
        print(f"{'passed' if holds else 'FAILED'}: {name}")
    return [name for name, holds in checks.items() if not holds]


def measure(folder, arguments):
    """Print images per second, from the first to the last written file."""
    paths = list_images(folder / "in", recursive=True)
    intact = [path for path in paths if path.name not in (TRUNCATED, TEXT)]
    (folder / "timed").mkdir()
    for path in intact[: arguments.timed]:
        shutil.copy(path, folder / "timed")
    print("\n| Workers | Images per second | Command, s |\n|---:|---:|---:|")
    for workers in arguments.workers:
        output = folder / "timed-out"
        began = time.perf_counter()
        start(folder / "timed", output, workers, arguments).wait()
        seconds = time.perf_counter() - began
        times = sorted(modification_times(output).values())
        rate = (len(times) - 1) / (times[-1] - times[0]) * 1e9
        print(f"| {workers} | {rate:.1f} | {seconds:.1f} |", flush=True)
        shutil.rmtree(output)


def start(source, output, workers, arguments):
    """Start the command line."""
    command = [sys.executable, "-m", "animegan_tf", "bulk", source, "-o", output]
    options = ["--workers", workers, "--engine", arguments.engine]
    words = [str(word) for word in command + options]
    return subprocess.Popen(words, env={**os.environ, "PYTHONPATH": str(ROOT)})


def wait_until(process, holds):
    """Wait while a process runs."""
    while not holds():
        if process.poll() is not None:
            raise RuntimeError(f"It ended early with code {process.returncode}")
        time.sleep(0.05)


def find_workers(ancestor):
    """List the Ray actors among the descendants of a process."""
    parents, names = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            names[int(folder.name)] = (folder / "cmdline").read_text()
        except OSError:
            continue
        parents[int(folder.name)] = int(fields[1])
    found = []
    for pid, name in names.items():
        lineage = pid
        while lineage not in (ancestor, 0):
            lineage = parents.get(lineage, 0)
        if lineage == ancestor and name.startswith("ray::") and "Worker" in name:
            found.append(pid)
    if not found:
        raise RuntimeError(f"There are no workers among {sorted(set(names.values()))}")
    return found


def count_outputs(folder):
    return len(modification_times(folder))


def modification_times(folder):
    """Return the time of each image's last change, in nanoseconds, by relative path."""
    if not folder.is_dir():
        return {}
    return {
        path.relative_to(folder): path.stat().st_mtime_ns
        for path in list_images(folder, recursive=True)
    }


if __name__ == "__main__":
    sys.exit(main())
