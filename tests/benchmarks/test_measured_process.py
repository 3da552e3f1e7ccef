import importlib.util
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"
# What each line's work is comes after; the scripts' folder is on the path, as it is for
# a script in it.
START = (
    f"import sys, os; sys.path.insert(0, {str(FOLDER)!r}); import measured_process\n"
)


@pytest.fixture(scope="module")
def processes():
    spec = importlib.util.spec_from_file_location(
        "measured_process", FOLDER / "measured_process.py"
    )
    module = importlib.util.module_from_spec(spec)
    # A dataclass looks its module up by name.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def start(processes, code):
    return processes.Worker([sys.executable, "-c", START + code], {})


def test_each_line_is_one_time_and_the_note_is_kept(processes):
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


def test_a_worker_that_ends_at_once_or_at_work_says_so(processes):
    worker = start(processes, "sys.exit(1)")
    assert worker.failure == "it exited immediately"
    worker.close()
    worker = start(processes, "measured_process.serve(lambda: os._exit(9))")
    assert worker.failure is None
    worker.work()
    assert "exited while working" in worker.failure and worker.seconds == []
    # Once more, now that nothing listens.
    worker.work()
    worker.close()


def test_a_program_is_run_to_its_end_or_its_failure_told(processes):
    big = "x = bytearray(200_000_000); x[::4096] = b'1' * len(x[::4096])"
    measured = processes.run_measured([sys.executable, "-c", big])
    assert measured.seconds > 0 and measured.peak_bytes > 200e6
    with pytest.raises(RuntimeError, match="code 3"):
        processes.run_measured([sys.executable, "-c", "raise SystemExit(3)"])
