"""Time and energy of a training."""

import time

import pytest

from animegan_tf.training.usage import UsageMeter, append_usage, read_usage


def write_counter(folder, value, limit=10_000_000):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "energy_uj").write_text(f"{value}\n")
    (folder / "max_energy_range_uj").write_text(f"{limit - 1}\n")


def test_time_is_measured_and_energy_is_unknown_without_counters(tmp_path):
    with UsageMeter(tmp_path) as meter:
        time.sleep(0.05)
    assert 0.05 <= meter.seconds < 5.0
    assert 0.0 <= meter.cpu_seconds <= 5.0
    assert meter.joules is None


def test_energy_is_the_sum_of_the_processors_and_counters_may_start_again(tmp_path):
    first, second = tmp_path / "intel-rapl:0", tmp_path / "intel-rapl:1"
    part = tmp_path / "intel-rapl:0:0"
    write_counter(first, 9_000_000)
    write_counter(second, 1_000_000)
    write_counter(part, 0)
    with UsageMeter(tmp_path) as meter:
        # 1 joule up to the limit of 10, and 2 after it; and 3 of the second.
        write_counter(first, 2_000_000)
        write_counter(second, 4_000_000)
        write_counter(part, 5_000_000)
    assert meter.joules == pytest.approx(3.0 + 3.0)


def test_sessions_are_appended_and_damaged_lines_left_out(tmp_path):
    with UsageMeter(tmp_path / "none") as meter:
        pass
    append_usage(tmp_path, meter, 0, 10)
    with open(tmp_path / "usage.jsonl", "a") as file:
        file.write("{")
    with open(tmp_path / "usage.jsonl", "a") as file:
        file.write("\n")
    append_usage(tmp_path, meter, 10, 30)
    assert [line["last_step"] for line in read_usage(tmp_path)] == [10, 30]
    assert "joules" not in read_usage(tmp_path)[0]
    assert read_usage(tmp_path / "gone") == []
