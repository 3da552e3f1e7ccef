"""The loop of a training: batches, updates, log, samples, checkpoints, resume."""

import contextlib
import logging
import signal
import threading
from collections.abc import Callable

import tensorflow as tf
from tqdm import tqdm

from animegan_tf.training.checkpoints import restore_checkpoint, save_checkpoint
from animegan_tf.training.health import HealthMonitor
from animegan_tf.training.program import Program
from animegan_tf.training.run_folder import RunFolder

_logger = logging.getLogger("animegan_tf")


class Trainer:
    """Train a program and keep its run folder.

    Args:
        program: Networks, optimizers and the update.
        build_dataset: Function of a start step to an endless `tf.data.Dataset` of
            batches; batch `i` must depend on `i` alone.
        config: Settings of the run, with `steps`, `log_every`, `sample_every` and
            `checkpoint_every`.
        run: The run folder, created or reopened.
        samples: Float pictures in [-1, 1], `(batch, height, width, 3)`, shown in the
            sample sheets, or what else `program.sample_columns` takes, or `None`.
        validation: Finite dataset of batches, for `program.validate`, or `None`.
        steps_per_epoch: Updates in which every photo is seen once, a float; with it the
            log tells the epochs made.
        progress: Whether to show a progress bar with the time left.
    """

    def __init__(
        self,
        program: Program,
        build_dataset: Callable[[int], tf.data.Dataset],
        config,
        run: RunFolder,
        *,
        samples=None,
        validation: tf.data.Dataset | None = None,
        steps_per_epoch: float | None = None,
        progress: bool = True,
    ):
        self.program = program
        self.config = config
        self.run = run
        self.step = 0
        self._build_dataset = build_dataset
        self._samples = samples
        self._validation = validation
        self._steps_per_epoch = steps_per_epoch
        self._progress = progress
        self._monitor = HealthMonitor()

    def restore(self) -> bool:
        """Take up the newest checkpoint; return whether there was one."""
        path = self.run.latest_checkpoint()
        if path is None:
            return False
        self.step = restore_checkpoint(self.program, path)
        self.run.forget_after(self.step)
        return True

    def fit(self) -> None:
        """Train up to `config.steps`.

        On Ctrl-C the update at hand is finished and a checkpoint written.

        Raises:
            KeyboardInterrupt: After that checkpoint.
        """
        bar = tqdm(
            total=self.config.steps,
            initial=min(self.step, self.config.steps),
            desc="training",
            unit="step",
            disable=not self._progress,
        )
        with bar, _deferred_interrupt() as interrupted:
            self._fit(bar, interrupted)
            self.save()
        if interrupted.is_set():
            raise KeyboardInterrupt

    def _fit(self, bar, interrupted) -> None:
        batches = iter(self._build_dataset(self.step))
        while self.step < self.config.steps and not interrupted.is_set():
            scalars = self.program.update(next(batches), self.step)
            self.program.ema.update()
            self.step += 1
            bar.update()
            # The last step is always logged: a short run has a record too.
            last = self.step == self.config.steps
            if last or self.step % self.config.log_every == 0:
                self._log(scalars, bar)
            if last or self.step % self.config.sample_every == 0:
                self.evaluate()
            if not last and self.step % self.config.checkpoint_every == 0:
                self.save()

    def _log(self, scalars, bar) -> None:
        scalars = {name: float(value) for name, value in scalars.items()}
        self.run.log(self.step, self._epochs() | scalars)
        warning = self._monitor.check(scalars)
        if warning:
            _logger.warning("step %d: %s", self.step, warning)
        shown = {k: f"{v:.3g}" for k, v in scalars.items() if not k.endswith("norm")}
        bar.set_postfix(shown, refresh=False)

    def evaluate(self) -> None:
        """Write a sample sheet and, with validation data, its mean losses."""
        if self._samples is not None:
            self.run.write_samples(self.step, self._sample_columns())
        if self._validation is None or self.program.validate is None:
            return
        values = {}
        for batch in self._validation:
            # Not every batch must have every measure.
            for name, value in self.program.validate(batch).items():
                values.setdefault(f"validation_{name}", []).append(float(value))
        means = {name: sum(found) / len(found) for name, found in values.items()}
        self.run.log(self.step, self._epochs() | means)

    def _epochs(self):
        if self._steps_per_epoch is None:
            return {}
        return {"epoch": self.step / self._steps_per_epoch}

    def _sample_columns(self):
        if self.program.sample_columns is not None:
            return self.program.sample_columns(self._samples)
        return [self._samples, self.program.sample(self._samples)]

    def save(self) -> None:
        """Write a checkpoint and the averaged generator."""
        save_checkpoint(self.program, self.step, self.run.checkpoints)
        self.run.write_generator(self.program.ema.average)


@contextlib.contextmanager
def _deferred_interrupt():
    """Turn Ctrl-C into an event: half an update must not reach a checkpoint."""
    event = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield event
        return
    previous = signal.signal(signal.SIGINT, lambda *_: event.set())
    try:
        yield event
    finally:
        signal.signal(signal.SIGINT, previous)
