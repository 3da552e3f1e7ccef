"""Run the trials of a reader in a child process, which may crash or hang."""

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

# CPU time, so that other work on the machine does not count; and wall-clock time for
# readers that wait.
TIMEOUT_SECONDS = 10.0
TIMEOUT_WALL_SECONDS = 120.0
# Above the limit of a reader, so that exceeding it is measured rather than an error.
_SPARE_MB = 1024


def run_trials(
    name,
    numbers,
    *,
    seed=0,
    failures=None,
    readers=READERS,
    timeout=TIMEOUT_SECONDS,
):
    """Run trials of a reader.

    Args:
        name: Key of `readers`.
        numbers: Numbers of the trials, ascending.
        seed: Seed of the damage.
        failures: Folder for the files that were neither read nor refused properly, or
            `None`.
        readers: `Reader` by name, of an importable module: the child imports it.
        timeout: Maximum CPU time of a trial in seconds.

    Returns:
        A `Result` for each number.
    """
    results, numbers = [], list(numbers)
    while len(results) < len(numbers):
        with tempfile.TemporaryDirectory() as folder:
            rest = numbers[len(results) :]
            arguments = (readers[name], rest, seed, folder)
            for result, path in _run_until_death(arguments, timeout):
                results.append(result)
                if failures is not None and result.outcome not in (
                    "accepted",
                    "refused",
                ):
                    _keep(path, name, result, Path(failures))
    return results


def _run_until_death(arguments, timeout):
    """Yield the results of one child until it is done or dies."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    child = context.Process(target=_work, args=(there, *arguments), daemon=True)
    child.start()
    there.close()
    reader, numbers, _, folder = arguments
    path = Path(folder) / "input" / f"sample{reader.suffix}"
    try:
        if here.recv() != "ready":
            raise RuntimeError("a valid sample was refused")
        for number in numbers:
            result = _await(here, child, number, timeout)
            yield result, path
            if result.outcome in ("timeout", "crash"):
                return
    finally:
        child.kill()
        child.join()


def _await(connection, child, number, timeout):
    began, clock = _cpu_seconds(child.pid), time.monotonic()
    while not connection.poll(0.5):
        spent = _cpu_seconds(child.pid) - began
        waited = time.monotonic() - clock
        if spent > timeout or waited > TIMEOUT_WALL_SECONDS:
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
