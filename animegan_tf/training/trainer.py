"""The training loop: batches, steps, log, samples, checkpoints, resume."""

import contextlib
import logging
import math
import re
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
from animegan_tf.training.distribution import Distribution, WorkerLostError
from animegan_tf.training.health import HealthCheck, TrainingDivergedError
from animegan_tf.training.program import Program
from animegan_tf.training.progress import TrainingBar
from animegan_tf.training.run_folder import RunFolder

_logger = logging.getLogger("animegan_tf")

_MAX_RECOVERIES = 3
_RECOVERY = "recovery"
_INTERRUPTED = "interrupted"


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
        steps_per_epoch: Batches in which every photo is seen once; with it the log
            counts epochs.
        accumulation_steps: Batches that make one step.
        distribution: Where the replicas run; `None` is one device. Several workers
            share the run folder, which the first of them writes.
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
        accumulation_steps: int = 1,
        distribution: Distribution | None = None,
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
        self._accumulation_steps = accumulation_steps
        self._distribution = distribution or Distribution()
        self._distribution.share_statistics(
            [*program.networks.values(), program.average.network]
        )
        self._is_chief = self._distribution.is_chief
        self._progress = progress and self._is_chief
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
        self._distribution.check_agreement(self.step)
        if self._is_chief:
            self.run.forget_after(self.step)
            if self._best is not None:
                self._best.restore(self.step)
        # All workers read the log before the first of them adds to it.
        self._num_recoveries = int(self.run.last_logged(_RECOVERY) or 0)
        self._distribution.wait()

    def fit(self) -> None:
        """Train up to `steps`.

        On Ctrl-C, SIGTERM and SIGHUP the current step is finished and a checkpoint
        written.

        Raises:
            KeyboardInterrupt: After that checkpoint.
            ValueError: If an image cannot be read, such as one that was deleted.
            TrainingDivergedError: If the training diverges for the fourth time; before
                that it goes back to its last good checkpoint, with half the learning
                rates.
            WorkerLostError: If another worker has ended. The checkpoints are those of
                complete steps.
        """
        if not self.step:
            self._start = copy_state(self.program)
            if self._distribution.num_workers > 1:
                # A worker may end before the first checkpoint is due.
                self.save()
        phases = self.program.phases(self._steps)
        bar = TrainingBar(phases, step=self.step, disable=not self._progress)
        with bar, _deferred_interrupt() as interrupted:
            try:
                self._fit(bar, interrupted)
                self.save()
                self._distribution.wait()
            except WorkerLostError as error:
                raise self._describe(error) from error
        if interrupted.is_set():
            interrupted.end()

    def _fit(self, bar, interrupted) -> None:
        batches = self._iterate()
        # What was logged since the last line: programs that alternate have other names
        # at every step.
        latest = {}
        while self.step < self._steps and not interrupted.is_set():
            try:
                scalars, measured = self._make_step(batches, interrupted)
            except TrainingDivergedError as error:
                self._recover(error)
                batches, latest = self._iterate(), {}
                bar.go_back(self.step)
                continue
            latest |= scalars | measured
            # The last step is always logged: a short run has a log too.
            last = self.step == self._steps
            logged = last or self.step % self._log_every == 0
            bar.update(self.step, scalars if logged else None)
            if logged:
                self._log(self._epochs() | latest)
                latest = {}
            if last or self.step % self._sample_every == 0:
                self.evaluate()
            # A collapse takes some steps to be certain of.
            if not last and self.step % self._checkpoint_every == 0:
                first = not list_checkpoints(self.run.checkpoints)
                if first or self._health.is_good:
                    self.save()

    def _iterate(self):
        """Return an iterator of the batches from the present step on."""
        return iter(
            self._distribution.build_dataset(
                self._build_dataset,
                self.step * self._accumulation_steps,
                self.program.blocks,
            )
        )

    def _make_step(
        self, batches, interrupted
    ) -> tuple[dict[str, float], dict[str, float]]:
        """Make one training step; return its scalars, and what is measured at times.

        An interrupt of one worker interrupts all.
        """
        before, distribution = self.step, self._distribution
        parts = [_read(batches) for _ in range(self._accumulation_steps)]
        batch = parts[-1]
        state = self.program.moving_state()
        earlier = [tf.convert_to_tensor(variable) for variable in state]
        with distribution.watch(), distribution.scope():
            parts = [distribution.split(part, self.program.blocks) for part in parts]
            several = self._accumulation_steps > 1
            logs = self.program.update(parts if several else parts[0], before)
        flag = float(interrupted.is_set())
        scalars = distribution.mean({**logs, _INTERRUPTED: flag})
        if scalars.pop(_INTERRUPTED):
            interrupted.set()
        if not all(math.isfinite(value) for value in scalars.values()):
            for variable, value in zip(state, earlier, strict=True):
                variable.assign(value)
        self.step += 1
        warning = self._health.check(scalars)
        if warning and self._is_chief:
            _logger.warning("step %d: %s", self.step, warning)
        measured = {}
        if self.step % self._log_every == 0:
            measured = self.program.measure_outputs(batch, before)
            # The part of one replica of each worker is enough.
            measured = distribution.mean(measured) if measured else {}
            self._health.check_outputs(measured)
        due = self.step % self._checkpoint_every == 0 or self.step == self._steps
        if due and self._is_chief:
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
        if not self._is_chief:
            return
        _logger.warning(
            "step %d: %s Restored step %d, with half the learning rates "
            "(recovery %d of %d)",
            diverged,
            error,
            self.step,
            self._num_recoveries,
            _MAX_RECOVERIES,
        )
        self._log({_RECOVERY: self._num_recoveries, "diverged_at": diverged})
        # The checkpoint has the learning rates, so a resume has them too.
        self.save()

    def evaluate(self) -> None:
        """Write a sample sheet and log the mean of the held-out batches' scalars."""
        if not self._is_chief:
            return
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
            self._log(self._epochs() | means)
        if self._best is not None:
            self._best.update(self.step, means)

    def _epochs(self):
        if self._steps_per_epoch is None:
            return {}
        num_batches = self.step * self._accumulation_steps
        return {"epoch": num_batches / self._steps_per_epoch}

    def _log(self, scalars: Mapping[str, float]) -> None:
        if self._is_chief:
            self.run.log(self.step, scalars)

    def _describe(self, error: WorkerLostError) -> WorkerLostError:
        """Add to an error how to go on."""
        steps = [step for step, _ in list_checkpoints(self.run.checkpoints)]
        return WorkerLostError(
            f"{error}. The newest checkpoint is of step {max(steps, default=0)}: start "
            "all workers again with --resume"
        )

    def save(self) -> None:
        """Write a checkpoint and the averaged generator."""
        if not self._is_chief:
            return
        save_checkpoint(self.program, self.step, self.run.checkpoints)
        if self._write_generator is not None:
            self._write_generator(self.program.average.network)


def _read(batches):
    """Return the next batch; report an image that cannot be read in one line."""
    try:
        return next(batches)
    except (tf.errors.InvalidArgumentError, tf.errors.UnknownError) as error:
        # The exception of the reader stands between the name of a node and a traceback.
        message = str(error.message).strip()
        found = re.search(r"\w+(Error|Exception|Interrupt): .*", message)
        line = found[0] if found else message.partition("\n")[0]
        raise ValueError(f"An image of the training cannot be read: {line}") from error


class _Interrupt(threading.Event):
    """Whether the training is to stop; `end` then does what the signal would have."""

    number = signal.SIGINT

    def handle(self, number, _) -> None:
        self.number = number
        self.set()

    def end(self) -> None:
        if self.number != signal.SIGINT:
            signal.raise_signal(self.number)
        raise KeyboardInterrupt


@contextlib.contextmanager
def _deferred_interrupt():
    """Turn signals into an event: half a step must not reach a checkpoint."""
    interrupt, previous = _Interrupt(), {}
    if threading.current_thread() is threading.main_thread():
        previous[signal.SIGINT] = signal.signal(signal.SIGINT, interrupt.handle)
        for name in ("SIGTERM", "SIGHUP"):
            # Windows has no SIGHUP, and after `nohup` it is ignored.
            number = getattr(signal, name, None)
            if number and signal.getsignal(number) not in (signal.SIG_IGN, None):
                previous[number] = signal.signal(number, interrupt.handle)
    try:
        yield interrupt
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
