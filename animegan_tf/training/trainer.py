"""The training loop: batches, steps, log, samples, checkpoints, resume."""

import contextlib
import logging
import signal
import threading
from collections.abc import Callable, Mapping

import keras
import tensorflow as tf

from animegan_tf.training.best import BestGenerator
from animegan_tf.training.checkpoints import (
    DamagedCheckpointError,
    copy_state,
    list_checkpoints,
    restore_checkpoint,
    save_checkpoint,
)
from animegan_tf.training.health import HealthCheck, TrainingDivergedError
from animegan_tf.training.program import Program
from animegan_tf.training.progress import TrainingBar
from animegan_tf.training.run_folder import RunFolder

_logger = logging.getLogger("animegan_tf")

_MAX_RECOVERIES = 3
_RECOVERY = "recovery"


class Trainer:
    """Train a program and keep its run folder.

    Args:
        program: Networks, optimizers and the training step.
        build_dataset: Function of a start step to an endless `tf.data.Dataset` of
            batches; batch `i` must depend on `i` alone.
        run: The run folder, created or reopened.
        steps: Number of training steps.
        log_every: Steps between lines of the log.
        sample_every: Steps between sample images and validations.
        checkpoint_every: Steps between checkpoints.
        samples: What `program.sample_columns` takes, such as float images in [-1, 1],
            `(batch, height, width, 3)`, or `None`.
        validation: Finite dataset of held-out batches, for `program.validate`, or
            `None`.
        write_generator: Function of the averaged network that saves it beside every
            checkpoint, or `None`.
        score: Function of the averaged network to further scalars of the validation,
            or `None`.
        best: Keeps the best generator by the scalars of the validation, or `None`.
        steps_per_epoch: Steps in which every photo is seen once; with it the log counts
            epochs.
        progress: Whether to show a progress bar.
    """

    def __init__(
        self,
        program: Program,
        build_dataset: Callable[[int], tf.data.Dataset],
        run: RunFolder,
        *,
        steps: int,
        log_every: int = 20,
        sample_every: int = 500,
        checkpoint_every: int = 500,
        samples=None,
        validation: tf.data.Dataset | None = None,
        write_generator: Callable[[keras.Model], object] | None = None,
        score: Callable[[keras.Model], Mapping[str, float]] | None = None,
        best: BestGenerator | None = None,
        steps_per_epoch: float | None = None,
        progress: bool = True,
    ):
        self.program = program
        self.run = run
        self.step = 0
        self._steps = steps
        self._log_every = log_every
        self._sample_every = sample_every
        self._checkpoint_every = checkpoint_every
        self._build_dataset = build_dataset
        self._samples = samples
        self._validation = validation
        self._write_generator = write_generator
        self._score = score
        self._best = best
        self._steps_per_epoch = steps_per_epoch
        self._progress = progress
        self._health = HealthCheck()
        self._num_recoveries = 0
        # What a training that diverges before its first checkpoint goes back to.
        self._start = None

    def restore(self) -> None:
        """Go back to the newest checkpoint that can be read, or to the start.

        What the log holds of later steps is dropped: they will be made again.

        Raises:
            ValueError: If the checkpoint is of another configuration, or already has
                more than `steps` steps.
        """
        self.step, found = 0, False
        for step, path in reversed(list_checkpoints(self.run.checkpoints)):
            if step > self._steps:
                raise ValueError(
                    f"`steps` must be at least the {step} steps already made. "
                    f"Received: steps={self._steps}"
                )
            try:
                self.step, found = restore_checkpoint(self.program, path), True
                break
            except DamagedCheckpointError as error:
                _logger.warning("%s; going back to the one before it", error)
        if not found:
            _logger.warning("no checkpoint in %s: starting again", self.run.path)
        self.run.forget_after(self.step)
        if self._best is not None:
            self._best.restore(self.step)
        self._num_recoveries = int(self.run.last_logged(_RECOVERY) or 0)

    def fit(self) -> None:
        """Train up to `steps`.

        On Ctrl-C the current step is finished and a checkpoint written.

        Raises:
            KeyboardInterrupt: After that checkpoint.
            TrainingDivergedError: If the training diverges for the fourth time; before
                that it goes back to its last good checkpoint, with half the learning
                rates.
        """
        if not self.step:
            self._start = copy_state(self.program)
        phases = self.program.phases(self._steps)
        bar = TrainingBar(phases, step=self.step, disable=not self._progress)
        with bar, _deferred_interrupt() as interrupted:
            self._fit(bar, interrupted)
            self.save()
        if interrupted.is_set():
            raise KeyboardInterrupt

    def _fit(self, bar, interrupted) -> None:
        batches = iter(self._build_dataset(self.step))
        # What was logged since the last line: programs that alternate have other names
        # at every step.
        latest = {}
        while self.step < self._steps and not interrupted.is_set():
            try:
                scalars, measured = self._make_step(next(batches))
            except TrainingDivergedError as error:
                self._recover(error)
                batches, latest = iter(self._build_dataset(self.step)), {}
                bar.go_back(self.step)
                continue
            latest |= scalars | measured
            # The last step is always logged: a short run has a log too.
            last = self.step == self._steps
            logged = last or self.step % self._log_every == 0
            bar.update(self.step, scalars if logged else None)
            if logged:
                self.run.log(self.step, self._epochs() | latest)
                latest = {}
            if last or self.step % self._sample_every == 0:
                self.evaluate()
            # A collapse takes some steps to be certain of.
            if not last and self.step % self._checkpoint_every == 0:
                first = not list_checkpoints(self.run.checkpoints)
                if first or self._health.is_good:
                    self.save()

    def _make_step(self, batch) -> tuple[dict[str, float], dict[str, float]]:
        """Make one training step; return its scalars, and what is measured at times."""
        before = self.step
        scalars = _to_floats(self.program.update(batch, before))
        self.step += 1
        warning = self._health.check(scalars)
        if warning:
            _logger.warning("step %d: %s", self.step, warning)
        measured = {}
        if self.step % self._log_every == 0:
            measured = _to_floats(self.program.measure_outputs(batch, before))
            self._health.check_outputs(measured)
        if self.step % self._checkpoint_every == 0 or self.step == self._steps:
            shares = self.program.gradient_shares(batch, before)
            measured |= {f"gradient_share_{k}": float(v) for k, v in shares.items()}
        return scalars, measured

    def _recover(self, error: TrainingDivergedError) -> None:
        """Go back to the last good checkpoint, with half the learning rates.

        Raises:
            TrainingDivergedError: If this was done three times before.
        """
        if self._num_recoveries == _MAX_RECOVERIES:
            raise TrainingDivergedError(
                f"{error} It has diverged {_MAX_RECOVERIES + 1} times, the last ones "
                "with half, a quarter and an eighth of the learning rates."
            ) from error
        diverged = self.step
        if list_checkpoints(self.run.checkpoints):
            self.restore()
        else:
            self.step = 0
            for name, variable in self.program.state().items():
                variable.assign(self._start[name])
            self.run.forget_after(0)
        self._num_recoveries += 1
        for factor in self.program.rate_factors.values():
            factor.multiply(0.5)
        self._health = HealthCheck()
        _logger.warning(
            "step %d: %s Restored step %d, with half the learning rates "
            "(recovery %d of %d)",
            diverged,
            error,
            self.step,
            self._num_recoveries,
            _MAX_RECOVERIES,
        )
        self.run.log(
            self.step, {_RECOVERY: self._num_recoveries, "diverged_at": diverged}
        )
        # The checkpoint has the learning rates, so a resume has them too.
        self.save()

    def evaluate(self) -> None:
        """Write a sample sheet and log the mean of the held-out batches' scalars."""
        if self._samples is not None:
            columns = self.program.sample_columns(self._samples)
            self.run.write_samples(self.step, columns)
        values = {}
        for batch in self._validation or ():
            # Not every batch has every scalar.
            for name, value in self.program.validate(batch).items():
                values.setdefault(f"validation_{name}", []).append(float(value))
        means = {name: sum(found) / len(found) for name, found in values.items()}
        if self._score is not None:
            scores = self._score(self.program.average.network)
            means |= {f"validation_{name}": value for name, value in scores.items()}
        if means:
            self.run.log(self.step, self._epochs() | means)
        if self._best is not None:
            self._best.update(self.step, means)

    def _epochs(self):
        if self._steps_per_epoch is None:
            return {}
        return {"epoch": self.step / self._steps_per_epoch}

    def save(self) -> None:
        """Write a checkpoint and the averaged generator."""
        save_checkpoint(self.program, self.step, self.run.checkpoints)
        if self._write_generator is not None:
            self._write_generator(self.program.average.network)


def _to_floats(scalars) -> dict[str, float]:
    return {name: float(value) for name, value in scalars.items()}


@contextlib.contextmanager
def _deferred_interrupt():
    """Turn Ctrl-C into an event: half a step must not reach a checkpoint."""
    event = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield event
        return
    previous = signal.signal(signal.SIGINT, lambda *_: event.set())
    try:
        yield event
    finally:
        signal.signal(signal.SIGINT, previous)
