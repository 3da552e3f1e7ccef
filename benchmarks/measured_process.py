"""Run programs and measure their peak memory, or time them in alternation."""

import contextlib
import dataclasses
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# macOS counts bytes, Linux kibibytes.
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclasses.dataclass(frozen=True)
class Measured:
    """Run time of a program in seconds, and its peak memory in bytes."""

    seconds: float
    peak_bytes: int


def run_measured(command):
    """Run a program and measure it.

    The caller should use little memory: until the new program starts, the forked
    process counts the caller's memory as its own.
    """
    start = time.perf_counter()
    process = _start(command, {})
    process.stdout.read()
    peak_bytes = _wait(process)
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with code {process.returncode}")
    return Measured(time.perf_counter() - start, peak_bytes)


class Worker:
    """A program that does its work for each line of input, once untimed and once timed.

    It first prints `ready` and a note, or `cannot` and the reason, and then the seconds
    of each timed run.

    Args:
        command: Program and arguments.
        environment: Environment variables to set.

    Attributes:
        failure: Why it cannot run, or stopped, or `None`.
        note: The note that it printed.
    """

    def __init__(self, command, environment):
        self._process = _start(command, environment)
        word, _, rest = self._process.stdout.readline().strip().partition(" ")
        self.failure = None if word == "ready" else rest or "it exited immediately"
        self.note = rest
        self.seconds = []

    def work(self):
        """Run the work once and record its time, or the failure."""
        try:
            self._process.stdin.write("go\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        word, _, rest = answer.strip().partition(" ")
        if word in ("", "cannot"):
            self.failure = rest or "it exited while working, possibly out of memory"
        else:
            self.seconds.append(float(word))

    def close(self):
        """Stop the program and return its peak memory in bytes."""
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.stdout.read()
        return _wait(self._process)


def serve(work, note=""):
    """Act as such a program: call `work` for each line of input."""
    print("ready", note, flush=True)
    for _ in sys.stdin:
        # The other programs have evicted the caches meanwhile, which does not happen
        # when a folder or a video is processed: an untimed run fills them.
        work()
        start = time.perf_counter()
        work()
        print(time.perf_counter() - start, flush=True)


def refuse(reason):
    """Report that this program cannot run here."""
    print("cannot", " ".join(str(reason).split())[:200], flush=True)


def _start(command, environment):
    # Packages of a side folder stay importable.
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), **environment}
    return subprocess.Popen(
        [str(part) for part in command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=variables,
    )


def _wait(process):
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_maxrss * _RSS_UNIT
