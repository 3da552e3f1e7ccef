import subprocess
import sys
import types
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def inference(load_script):
    return load_script("inference")


def worker(seconds, note="", failure=None):
    return types.SimpleNamespace(
        seconds=seconds, note=note, failure=failure, close=lambda: 1e6
    )


def test_sizes_are_width_by_height(inference):
    assert inference.parse_size("1920x1080") == (1080, 1920)
    assert inference.parse_size("256") == (256, 256)


def test_bfloat16_is_run_with_channels_last_only_in_pytorch(inference):
    arguments = inference.parse_arguments([])
    contenders = inference.list_contenders(arguments, 64, 32)
    torch = [(c.name, c.precision) for c in contenders if "worker_torch" in str(c)]
    assert len(torch) == len(set(torch)) == 6
    assert [name for name, precision in torch if precision == "bfloat16"] == [
        "animegan_v2, channels_last"
    ]
    assert contenders[0].name == inference.REFERENCE
    assert contenders[0].command[-3:] == (64, 32, 0)


def test_failed_contenders_are_left_out_with_the_reason(inference, capsys):
    name = inference.Contender("animegan_v2, compiled", "float32", ())
    workers = {name: worker([], failure="no compiler"), "other": worker([1.0])}
    inference.leave_out_failed(workers)
    assert list(workers) == ["other"]
    printed = capsys.readouterr().out
    assert printed == "left out: animegan_v2, compiled float32: no compiler\n"


def test_ratios_are_those_of_the_medians(inference, capsys):
    contenders = {
        (inference.REFERENCE, "float32"): worker([3.0, 9.0, 2.0], "6e9"),
        ("animegan_v2, eager", "float32"): worker([4.0]),
        ("animegan_v2, compiled", "float32"): worker([2.0]),
        ("animegan_v2, channels_last", "bfloat16"): worker([1.0]),
        ("comic, whole", "bfloat16"): worker([0.5, 0.1, 9.0], "1e9"),
        ("matrix product", "bfloat16"): worker([1.0], "4e9"),
    }
    workers = {
        inference.Contender(*key, ()): value for key, value in contenders.items()
    }
    inference.print_table(workers, dict.fromkeys(workers, 250e6))
    line = next(x for x in capsys.readouterr().out.splitlines() if "comic" in x)
    # 0.5 s: 3 s of the reference, 2 s of the fastest float32 PyTorch; 2 of 4 GFLOP/s.
    found = line.removeprefix("comic, whole").split()
    assert found == ["bfloat16", "500.0", "6.0", "4.0", "250", "2", "50%"]


def test_without_the_reference_the_others_are_printed(inference, capsys):
    workers = {inference.Contender("comic, whole", "float32", ()): worker([0.1], "1e9")}
    inference.print_table(workers, dict.fromkeys(workers, 250e6))
    assert "comic, whole" in capsys.readouterr().out


@pytest.mark.slow
def test_the_script_measures_the_bundled_style():
    script = FOLDER / "inference.py"
    options = ["--sizes", "32", "--runs", "1", "--torch-ways"]
    result = subprocess.run(
        [sys.executable, str(script), *options], capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    assert "comic, whole" in result.stdout
