"""Progress of a training on one line: its phase, the time left, the main losses."""

import collections
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from tqdm import tqdm

from animegan_tf.utils.progress import progress_bar

# Steps whose mean duration is that of a phase.
_WINDOW = 200
# Characters of the bar itself, at least, and of a line in a log file.
_MIN_BAR, _LINE = 12, 120
# The losses to show, as far as there is room.
_SHOWN = ("total", "adversarial", "discriminator", "separation", "target", "content")


class Phase(NamedTuple):
    """A part of a training whose steps take equally long.

    Attributes:
        name: Its name.
        end: Number of training steps after its last one.
        cost: Expected duration of a step, relative to those of the other phases, until
            it has been measured.
    """

    name: str
    end: int
    cost: float = 1.0


class PhaseTimes:
    """Estimate the time that is left from the durations of each phase's own steps.

    Args:
        phases: The phases, in order.
        clock: Function that returns seconds.
    """

    def __init__(
        self, phases: Sequence[Phase], clock: Callable[[], float] = time.monotonic
    ):
        self._phases = list(phases)
        self._clock = clock
        self._seconds = {phase: collections.deque(maxlen=_WINDOW) for phase in phases}
        self._last = None

    def phase_at(self, step: int) -> Phase:
        """Return the phase of the step that follows `step` steps."""
        return next((p for p in self._phases if step < p.end), self._phases[-1])

    def record(self, step: int) -> None:
        """Record that a step has ended.

        Args:
            step: Number of training steps made.
        """
        phase, now = self.phase_at(step - 1), self._clock()
        # A phase's first step is traced, which takes longer.
        if self._last is not None and self._last[0] == phase:
            self._seconds[phase].append(now - self._last[1])
        self._last = phase, now

    def pause(self) -> None:
        """Do not take the time until the next step for the duration of a step."""
        self._last = None

    def seconds_left(self, step: int) -> float | None:
        """Estimate the time that the steps after `step` take.

        Returns:
            Seconds, or `None` before the second step of a phase.
        """
        measured = {
            phase: sum(seconds) / len(seconds)
            for phase, seconds in self._seconds.items()
            if seconds
        }
        if not measured:
            return None
        last = list(measured)[-1]
        seconds, start = 0.0, step
        for phase in self._phases:
            if phase.end > start:
                expected = measured[last] * phase.cost / last.cost
                seconds += (phase.end - start) * measured.get(phase, expected)
                start = phase.end
        return seconds


class TrainingBar:
    """A progress bar of a training; a context manager.

    Args:
        phases: The phases, in order; the last one ends with the training.
        step: Number of training steps already made.
        disable: Whether to show nothing.
        clock: Function that returns seconds.
        **options: Further arguments of `progress_bar`, such as `ncols`.
    """

    def __init__(
        self,
        phases: Sequence[Phase],
        *,
        step: int = 0,
        disable: bool = False,
        clock: Callable[[], float] = time.monotonic,
        **options,
    ):
        self._times = PhaseTimes(phases, clock)
        self._losses = {}
        self._bar = progress_bar(
            total=phases[-1].end,
            initial=step,
            desc=self._times.phase_at(step).name,
            unit="step",
            bar_format="{desc} {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} "
            "[{elapsed}{postfix}]",
            # Steps of another phase take another time: ask the clock at each.
            miniters=1,
            disable=disable,
            **{"dynamic_ncols": True} | options,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._bar.close()

    def update(self, step: int, losses: Mapping[str, float] | None = None) -> None:
        """Show that a step has ended.

        Args:
            step: Number of training steps made.
            losses: Values to show from now on; by default, those before.
        """
        self._losses = self._losses if losses is None else losses
        self._times.record(step)
        self._bar.n = step
        self._set_texts(step)
        self._bar.update(0)

    def go_back(self, step: int) -> None:
        """Show that the training continues from an earlier step."""
        self._times.pause()
        self._bar.n = step
        self._set_texts(step)
        self._bar.refresh()

    def _set_texts(self, step: int) -> None:
        if self._bar.disable:
            return
        name = self._times.phase_at(step).name
        seconds = self._times.seconds_left(step)
        parts = [] if seconds is None else [f"{tqdm.format_interval(seconds)} left"]
        width = self._bar.format_dict["ncols"] or _LINE
        # Beside the bar: the name, the numbers of steps, and 22 for percentage, elapsed
        # time and the signs between them.
        room = width - _MIN_BAR - len(name) - 2 * len(str(self._bar.total)) - 22
        room -= sum(len(part) + 2 for part in parts)
        for loss in choose_losses(self._losses):
            room -= len(loss) + 2
            if room < 0:
                break
            parts.append(loss)
        self._bar.set_postfix_str(", ".join(parts), refresh=False)
        if name != self._bar.desc:
            self._bar.set_description_str(name)


def choose_losses(losses: Mapping[str, float]) -> list[str]:
    """Choose the losses that a progress bar shows, the most important first.

    Args:
        losses: Scalars of a training step.

    Returns:
        Texts such as "total 0.123". With several styles or discriminators, the names of
        each end in its own.
    """
    found = [
        name
        for shown in _SHOWN
        for name in losses
        if name == shown or name.startswith(f"{shown}_")
    ]
    found = [name for name in found if not name.endswith("_norm")]
    others = [name for name in losses if name not in found and "norm" not in name]
    return [f"{name} {losses[name]:.3g}" for name in [*found, *others]]
