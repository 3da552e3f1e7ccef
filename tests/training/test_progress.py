import io

import pytest

from animegan_tf.training.program import Consecutive, Program
from animegan_tf.training.progress import (
    Phase,
    PhaseTimes,
    TrainingBar,
    choose_losses,
)

PHASES = [Phase("pretraining", 10), Phase("adversarial", 15, 5.0)]


class Clock:
    """Seconds that pass only when told to."""

    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return self.seconds


class Terminal(io.StringIO):
    def isatty(self):
        return True


def run_steps(shown, clock, steps, seconds):
    """Make steps of so many seconds each."""
    for step in steps:
        clock.seconds += seconds
        shown(step)


def test_time_left_counts_a_later_phase_at_its_cost_until_it_is_measured():
    clock = Clock()
    times = PhaseTimes(PHASES, clock)
    # The first step takes longer, since it is traced.
    run_steps(times.record, clock, [1], 100.0)
    assert times.seconds_left(1) is None
    run_steps(times.record, clock, [2, 3, 4], 2.0)
    # 6 steps of 2 seconds, and 5 of 5 times as much.
    assert times.seconds_left(4) == pytest.approx(6 * 2.0 + 5 * 10.0)
    run_steps(times.record, clock, range(5, 11), 2.0)
    run_steps(times.record, clock, [11], 100.0)
    assert times.seconds_left(11) == pytest.approx(4 * 10.0)
    run_steps(times.record, clock, [12, 13], 3.0)
    assert times.seconds_left(13) == pytest.approx(2 * 3.0)


def test_a_resumed_training_is_measured_by_its_own_steps():
    clock = Clock()
    times = PhaseTimes(PHASES, clock)
    run_steps(times.record, clock, [12, 13], 4.0)
    assert times.seconds_left(13) == pytest.approx(2 * 4.0)


def test_a_pause_is_no_step():
    clock = Clock()
    times = PhaseTimes(PHASES, clock)
    run_steps(times.record, clock, [1, 2, 3], 2.0)
    times.pause()
    run_steps(times.record, clock, [2], 1000.0)
    run_steps(times.record, clock, [3], 2.0)
    assert times.seconds_left(10) == pytest.approx(5 * 10.0)


def test_bar_names_the_phase_of_the_next_step_and_fits_its_line():
    clock, file = Clock(), Terminal()
    losses = {f"loss_{index}": 0.123 for index in range(30)} | {"total": 1.5}
    options = {"mininterval": 0, "dynamic_ncols": False, "ncols": 80}
    with TrainingBar(PHASES, clock=clock, file=file, **options) as bar:
        run_steps(lambda step: bar.update(step, losses), clock, range(1, 16), 2.0)
    drawn = [line for line in file.getvalue().replace("\r", "\n").split("\n") if line]
    assert max(map(len, drawn)) <= 80
    shown = [line for line in drawn if " 7/15 " in line][-1]
    # Later steps are expected to take 10 seconds: 3 * 2 + 5 * 10 = 56.
    assert shown.startswith("pretraining  47%|") and "00:56 left, total 1.5" in shown
    assert any(line.startswith("adversarial  73%|") for line in drawn)
    # The bar itself keeps its room.
    assert min(len(line.split("|")[1]) for line in drawn[2:]) >= 12


def test_log_file_has_a_line_for_each_phase():
    clock, file = Clock(), io.StringIO()
    with TrainingBar(PHASES, clock=clock, file=file) as bar:
        run_steps(bar.update, clock, range(1, 16), 2.0)
    lines = [line for line in file.getvalue().splitlines() if line]
    assert [line.split()[0] for line in lines] == [
        "pretraining",
        "adversarial",
        "adversarial",
    ]
    assert " 10/15 " in lines[1] and " 15/15 " in lines[2]


def test_bar_goes_back():
    clock, file = Clock(), Terminal()
    with TrainingBar(PHASES, clock=clock, file=file, mininterval=0) as bar:
        run_steps(bar.update, clock, [11, 12], 2.0)
        bar.go_back(5)
        assert file.getvalue().split("\r")[-1].startswith("pretraining  33%|")


def test_the_main_losses_come_first_and_norms_not_at_all():
    losses = {"l1": 2.0, "discriminator_norm": 9.0, "discriminator_back": 0.5}
    losses |= {"generator_norm": 1.0, "total": 0.12345}
    assert choose_losses(losses) == ["total 0.123", "discriminator_back 0.5", "l1 2"]


class Part(Program):
    """A program without networks."""

    def __init__(self, phase):
        self.networks = self.optimizers = self.variables = {}
        self.average = self.sample_columns = None
        self.phase = phase


def test_phases_of_a_pretraining_and_what_follows():
    program = Consecutive(Part("training"), Part("adversarial"), at=10)
    assert program.phases(15) == PHASES
    assert program.phases(8) == [Phase("pretraining", 8)]
    program = Consecutive(Part("training"), Part("training"), at=0)
    assert program.phases(4) == [Phase("training", 4)]
