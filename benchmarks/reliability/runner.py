"""Run the trials of a reader in a child process, which may crash, hang or swell."""

import faulthandler
import logging
import multiprocessing
import os
import shutil
import tempfile
import time
from pathlib import Path

from benchmarks.reliability.memory import limit_growth
from benchmarks.reliability.readers import READERS
from benchmarks.reliability.trial import Result, Trials

# Processor time, so that a busy machine does not make a slow reader; and for readers
# that wait rather than work, time by the clock.
TIMEOUT_SECONDS = 10.0
TIMEOUT_WALL_SECONDS = 120.0
# Above what a reader may take, so that its limit is measured rather than run into.
_SPARE_MB = 1024


def run_trials(name, numbers, *, seed=0, failures=None, readers=READERS):
    """Make trials of a reader.

    Args:
        name: Key of `readers`.
        numbers: Which trials, ascending.
        seed: Seed of the damage.
        failures: Folder in which to keep the files that were not read or refused as
            they should be, or `None`.
        readers: `Reader` by name; a module's, since the child imports them.

    Returns:
        A `Result` for each number.
    """
    results, numbers = [], list(numbers)
    while len(results) < len(numbers):
        with tempfile.TemporaryDirectory() as folder:
            rest = numbers[len(results) :]
            arguments = (readers[name], rest, seed, folder)
            for result, path in _run_until_death(arguments):
                results.append(result)
                if failures is not None and result.outcome not in (
                    "accepted",
                    "refused",
                ):
                    _keep(path, name, result, Path(failures))
    return results


def _run_until_death(arguments):
    """Yield results of one child until all are there or it is gone."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    child = context.Process(target=_work, args=(there, *arguments), daemon=True)
    child.start()
    there.close()
    reader, numbers, _, folder = arguments
    path = Path(folder) / "input" / f"sample{reader.suffix}"
    try:
        if here.recv() != "ready":
            raise RuntimeError("a sound sample was refused")
        for number in numbers:
            result = _await(here, child, number)
            yield result, path
            if result.outcome in ("timeout", "crash"):
                return
    finally:
        child.kill()
        child.join()


def _await(connection, child, number):
    began, clock = _cpu_seconds(child.pid), time.monotonic()
    while not connection.poll(0.5):
        spent = _cpu_seconds(child.pid) - began
        waited = time.monotonic() - clock
        if spent > TIMEOUT_SECONDS or waited > TIMEOUT_WALL_SECONDS:
            return Result(number, "timeout", f"after {spent:.0f} s", spent)
    try:
        return connection.recv()
    except EOFError:
        child.join()
        return Result(number, "crash", f"exit code {child.exitcode}")


def _cpu_seconds(pid):
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return time.monotonic()
    # Fields 14 and 15 of proc(5), counted behind the name in brackets.
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _keep(path, name, result, failures):
    failures.mkdir(parents=True, exist_ok=True)
    stem = f"{name.replace(' ', '_')}-{result.number}-{result.outcome}"
    if path.exists():
        shutil.copy(path, failures / f"{stem}{path.suffix}")
    (failures / f"{stem}.message").write_text(result.message)


def _work(connection, reader, numbers, seed, folder):
    """Make the trials in the child; the parent reads how they end."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    logging.disable(logging.CRITICAL)
    # What C libraries print of damage they repair is of no use here.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    faulthandler.disable()
    trials = Trials(reader, folder, seed)
    limit_growth(reader.growth_mb + _SPARE_MB)
    connection.send("ready")
    for number in numbers:
        connection.send(trials.run(number))
