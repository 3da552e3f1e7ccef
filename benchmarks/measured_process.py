"""Run programs and measure their highest memory, or time them turn by turn."""

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
    """Seconds that a program took, and its peak memory in bytes."""

    seconds: float
    peak_bytes: int


def run_measured(command):
    """Run a program to its end.

    The caller should hold little memory: the system counts it as the program's own
    until the program has replaced it.
    """
    start = time.perf_counter()
    process = _start(command, {})
    process.stdout.read()
    peak_bytes = _wait(process)
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with code {process.returncode}")
    return Measured(time.perf_counter() - start, peak_bytes)


class Worker:
    """A program that does its work for each line it is sent, once untimed, once timed.

    It first prints `ready` and a word of its own, or `cannot` and the reason, and then
    for each line the seconds that its work took.

    Args:
        command: Program and arguments.
        environment: Variables to set for it.

    Attributes:
        failure: Why it cannot work, or could not go on, or `None`.
        note: What it said of itself.
    """

    def __init__(self, command, environment):
        self._process = _start(command, environment)
        word, _, rest = self._process.stdout.readline().strip().partition(" ")
        self.failure = None if word == "ready" else rest or "it ended at once"
        self.note = rest
        self.seconds = []

    def work(self):
        """Let it work once, and keep its time; if it has ended, say so in `failure`."""
        try:
            self._process.stdin.write("go\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        word, _, rest = answer.strip().partition(" ")
        if word in ("", "cannot"):
            self.failure = rest or "it ended while at work, perhaps for want of memory"
        else:
            self.seconds.append(float(word))

    def close(self):
        """End it; return its peak memory in bytes."""
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.stdout.read()
        return _wait(self._process)


def serve(work, note=""):
    """Be such a program: call `work` for each line."""
    print("ready", note, flush=True)
    for _ in sys.stdin:
        # The others have emptied the caches and slowed the clock meanwhile, which says
        # nothing of a folder or film.
        work()
        start = time.perf_counter()
        work()
        print(time.perf_counter() - start, flush=True)


def refuse(reason):
    """Say that this program cannot do its work here."""
    print("cannot", " ".join(str(reason).split())[:200], flush=True)


def _start(command, environment):
    variables = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
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
