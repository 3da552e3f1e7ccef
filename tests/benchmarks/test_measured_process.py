import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"
# Precedes the code of a worker; a script of the folder has it on its path.
START = (
    f"import sys, os; sys.path.insert(0, {str(FOLDER)!r}); import measured_process\n"
)


@pytest.fixture(scope="module")
def processes(load_script):
    return load_script("measured_process")


def start(processes, code):
    return processes.Worker([sys.executable, "-c", START + code], {})


def test_each_line_is_one_timed_run_and_the_note_is_kept(processes):
    worker = start(processes, "measured_process.serve(lambda: None, '42')")
    for _ in range(3):
        worker.work()
    assert worker.failure is None and worker.note == "42"
    assert len(worker.seconds) == 3 and min(worker.seconds) >= 0
    assert worker.close() > 1e6


def test_a_worker_may_refuse_with_a_reason(processes):
    worker = start(processes, "measured_process.refuse('no such\\n precision')")
    assert worker.failure == "no such precision"
    worker.close()


def test_a_worker_that_exits_is_a_failure(processes):
    worker = start(processes, "sys.exit(1)")
    assert worker.failure == "it exited immediately"
    worker.close()
    worker = start(processes, "measured_process.serve(lambda: os._exit(9))")
    assert worker.failure is None
    worker.work()
    assert "exited while working" in worker.failure and worker.seconds == []
    # Again, after the process has ended.
    worker.work()
    worker.close()


def test_a_program_is_measured_or_its_failure_is_raised(processes):
    big = "x = bytearray(200_000_000); x[::4096] = b'1' * len(x[::4096])"
    measured = processes.run_measured([sys.executable, "-c", big])
    assert measured.seconds > 0 and measured.peak_bytes > 200e6
    with pytest.raises(RuntimeError, match="code 3"):
        processes.run_measured([sys.executable, "-c", "raise SystemExit(3)"])
