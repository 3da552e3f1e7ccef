import importlib
import io
import json
import random
import zipfile

import pytest

pytest.importorskip("benchmarks.reliability", reason="run from a checkout")
from benchmarks.reliability import mutations, runner
from benchmarks.reliability.__main__ import format_row
from benchmarks.reliability.readers import READERS, Reader
from benchmarks.reliability.trial import Result, Trials

# They build networks, which is slow.
_SLOW = (
    "image files with metadata",
    "saved generator",
    "checkpoint",
    "Keras model",
    "Keras model in HDF5",
)


def _prepare_misbehaving(folder):
    return [b"\x00" * 8], _misbehave


def _misbehave(path):
    """Fail in a different way for each first byte; accept the valid sample."""
    first = path.read_bytes()[:1]
    if first == b"" or first > b"\x00":
        raise {True: KeyError("a"), False: ValueError("two\nlines")}[first == b""]


_UNRULY = """
import os


def prepare(folder):
    return [bytes(8)], read


def read(path):
    data = path.read_bytes()
    if data == bytes(8):
        return
    if len(data) < 8:
        os.abort()
    if len(data) == 8:
        while True:
            pass
    bytearray(os.urandom(1) * 2**27)
"""
MISBEHAVING = {"misbehaving": Reader(".bin", _prepare_misbehaving)}


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[pytest.mark.slow] * (n in _SLOW)) for n in READERS],
)
def test_damaged_files_are_accepted_or_refused_in_one_line(name, tmp_path):
    trials = Trials(READERS[name], tmp_path)
    for number in range(30):
        result = trials.run(number)
        assert result.outcome in ("accepted", "refused"), result


def test_a_trial_is_determined_by_seed_and_number(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = Trials(READERS["BMP"], tmp_path / "a", seed=1)
    second = Trials(READERS["BMP"], tmp_path / "b", seed=1)
    assert [first.damaged(n) for n in range(20)] == [
        second.damaged(n) for n in range(20)
    ]
    assert len({first.damaged(n) for n in range(20)}) > 15


def test_escaped_exceptions_and_unclear_messages_are_outcomes(tmp_path):
    trials = Trials(MISBEHAVING["misbehaving"], tmp_path)
    outcomes = {trials.run(number).outcome for number in range(100)}
    assert outcomes == {"accepted", "escaped", "unclear"}


def test_a_valid_sample_that_is_refused_is_an_error(tmp_path):
    def refuse(path):
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        Trials(Reader(".bin", lambda folder: ([b"x"], refuse)), tmp_path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_damaged_members_of_archives_have_valid_checksums():
    sample = mutations.pack([("a.json", b'{"a": 1}'), ("b", bytes(100))])
    for seed in range(50):
        damaged = mutations.edit_zip(sample, random.Random(seed))
        if damaged != sample:
            with zipfile.ZipFile(io.BytesIO(damaged)) as archive:
                assert archive.testzip() is None


def test_edited_json_is_valid_json():
    sample = json.dumps({"a": [1, {"b": "c"}], "d": 2.5}).encode()
    edited = [mutations.edit_json(sample, random.Random(n)) for n in range(50)]
    shallow = [json.loads(e) for e in edited if not e.startswith(b"[[[")]
    assert len(shallow) > 40


@pytest.mark.slow
def test_the_runner_survives_crashes_timeouts_and_memory_errors(tmp_path, monkeypatch):
    # A separate module, which the child can import.
    (tmp_path / "unruly.py").write_text(_UNRULY)
    monkeypatch.syspath_prepend(tmp_path)
    unruly = importlib.import_module("unruly")
    readers = {"unruly": Reader(".bin", unruly.prepare, growth_mb=64)}
    kept = tmp_path / "kept"
    results = runner.run_trials(
        "unruly", range(40), readers=readers, failures=kept, timeout=0.5
    )
    assert [result.number for result in results] == list(range(40))
    outcomes = {result.outcome for result in results}
    assert outcomes == {"accepted", "crash", "timeout", "memory"}
    failed = [result for result in results if result.outcome != "accepted"]
    assert len(list(kept.glob("*.bin"))) == len(failed)


def test_a_row_has_the_number_of_failures_and_the_maxima():
    results = [
        Result(0, "accepted", seconds=0.5, growth_mb=3.0),
        Result(1, "refused", seconds=0.1, growth_mb=7.0),
        Result(2, "crash"),
    ]
    assert format_row("x", results) == "| x | 3 | 1 | 1 | 1 | 0.50 s | 7 MB |"
