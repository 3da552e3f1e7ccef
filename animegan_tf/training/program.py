"""What the training loop trains: networks, optimizers, one step, and validation."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from animegan_tf.training.moving_average import MovingAverage
from animegan_tf.training.optimizers import RateFactor
from animegan_tf.training.progress import Phase

# An adversarial step of the recipe `anime` took 4 and 7 times as long as one of its
# pretraining, in two trainings.
_ADVERSARIAL_COST = 5.0


class Samples(NamedTuple):
    """Images of a sample sheet, each float in [-1, 1], `(count, side, side, 3)`.

    Attributes:
        photos: Photos.
        targets: Their targets, or `None`.
        drawings: Columns of images in the style.
    """

    photos: np.ndarray
    targets: np.ndarray | None = None
    drawings: Sequence[np.ndarray] = ()


class Program:
    """Networks with their optimizers, and how one training step changes them.

    A subclass implements `update`, and `validate` if it can evaluate held-out images.
    Its `phase` is the name of what it does, for progress bars.

    Args:
        networks: Every network in training, by name.
        optimizers: Every optimizer, by name.
        average: Moving average of the generator.
        variables: Further variables that an exact checkpoint needs, by name.
        sample_columns: Function from the samples to the columns of a sample sheet, each
            of float images in [-1, 1]; `None` shows the samples beside the averaged
            generator's results.
    """

    phase = "training"
    # Equal blocks of a batch, one for each update of a discriminator.
    blocks = 1

    def __init__(
        self,
        networks: Mapping[str, keras.Model],
        optimizers: Mapping[str, keras.optimizers.Optimizer],
        average: MovingAverage,
        *,
        variables: Mapping[str, tf.Variable] | None = None,
        sample_columns: Callable[[Any], Sequence[Any]] | None = None,
    ):
        self.networks = dict(networks)
        self.optimizers = dict(optimizers)
        self.average = average
        self.rate_factors = {
            name: RateFactor(optimizer) for name, optimizer in self.optimizers.items()
        }
        self.variables = dict(variables or {})
        self.sample = tf.function(lambda x: average.network(x, training=False))
        self._sample_columns = sample_columns

    def update(self, batch: Mapping[str, Any], step: int) -> dict[str, Any]:
        """Make one training step.

        Args:
            batch: Batch of the recipe's dataset, or a list of them, whose mean gradient
                is applied.
            step: Number of training steps made so far.

        Returns:
            Scalars by name, for the log; `training.health` reads some of them. Within a
            strategy's scope they may have a value for each replica.
        """
        raise NotImplementedError

    def validate(self, batch: Mapping[str, Any]) -> dict[str, Any]:
        """Evaluate a held-out batch; return scalars by name."""
        return {}

    def measure_outputs(self, batch: Mapping[str, Any], step: int) -> dict[str, Any]:
        """Measure whether generated images have collapsed, for `training.health`.

        Args:
            batch: Batch of the recipe's dataset.
            step: Number of training steps made before this batch.

        Returns:
            Nothing, or scalars of images in [-1, 1]: `output_deviation`, the mean
            standard deviation within an image; `output_luminance`, their mean; and
            `output_change`, the mean absolute difference that another input makes.
        """
        return {}

    def gradient_shares(self, batch: Mapping[str, Any], step: int) -> dict[str, Any]:
        """Measure the share of every loss term in the generator's gradient.

        Args:
            batch: Batch of the recipe's dataset.
            step: Number of training steps made before this batch.

        Returns:
            Scalars in [0, 1] by term, with the sum 1: the norm of the gradient of the
            weighted term, divided by the sum of all norms. Empty if not known.
        """
        return {}

    def phases(self, steps: int) -> list[Phase]:
        """Return the phases of a training of so many steps, for its progress bar."""
        return [Phase(self.phase, steps)]

    def moving_state(self) -> list[Any]:
        """Return the variables that a step changes also where it skips its update.

        These are moving statistics, in which a batch that is not finite must not stay.
        Image pools and loss scales take care of that themselves.
        """
        networks = [*self.networks.values(), self.average.network]
        own = [
            variable
            for name, variable in self.variables.items()
            if not {"pool", "loss_scale"} & set(name.split("/"))
        ]
        return [v for n in networks for v in n.non_trainable_variables] + own

    def sample_columns(self, samples) -> Sequence[Any]:
        """Return the columns of a sample sheet, float images in [-1, 1].

        Args:
            samples: `Samples`, or what the function given to `__init__` takes.
        """
        if isinstance(samples, Samples):
            photos, *results = self.sample_columns(samples.photos)
            targets = [] if samples.targets is None else [samples.targets]
            return [photos, *targets, *results, *samples.drawings]
        if self._sample_columns is not None:
            return self._sample_columns(samples)
        return [samples, self.sample(samples)]

    def state(self) -> dict[str, Any]:
        """Return every variable of an exact checkpoint, by a stable name."""
        groups = {f"network/{name}": n.variables for name, n in self.networks.items()}
        groups["network/ema"] = self.average.network.variables
        for name, optimizer in self.optimizers.items():
            groups[f"optimizer/{name}"] = optimizer.variables
        state = {
            f"{group}/{index:04d}": variable
            for group, variables in groups.items()
            for index, variable in enumerate(variables)
        }
        state["ema/num_updates"] = self.average.num_updates
        for name, factor in self.rate_factors.items():
            state |= {f"rate_factor/{name}": v for v in factor.variables}
        return state | {f"variable/{name}": v for name, v in self.variables.items()}


class Consecutive(Program):
    """Train one program for a number of steps, then another of the same generator.

    Args:
        first: Program of the first steps.
        then: Program of the steps after them; it validates and samples.
        at: Number of steps of the first, a pretraining.
    """

    def __init__(self, first: Program, then: Program, *, at: int):
        super().__init__(
            first.networks | then.networks,
            first.optimizers | then.optimizers,
            then.average,
            variables=first.variables | then.variables,
            sample_columns=then.sample_columns,
        )
        self._first, self._then, self._at = first, then, at
        self.phase = then.phase
        self.validate = then.validate

    def phases(self, steps):
        """Return the pretraining, unless it has no steps, and the phase after it."""
        phases = []
        if self._at:
            phases.append(Phase("pretraining", min(self._at, steps)))
        if steps > self._at:
            cost = _ADVERSARIAL_COST if self.phase == "adversarial" else 1.0
            phases.append(Phase(self.phase, steps, cost))
        return phases

    def update(self, batch, step):
        """Make one training step of the program whose turn it is."""
        return self._program(step).update(batch, step)

    def measure_outputs(self, batch, step):
        """Measure the outputs of the program whose turn it is."""
        return self._program(step).measure_outputs(batch, step)

    def gradient_shares(self, batch, step):
        """Measure the loss terms of the program whose turn it is."""
        return self._program(step).gradient_shares(batch, step)

    def _program(self, step):
        return self._first if step < self._at else self._then


class Alternating(Program):
    """Train programs of one generator by turns: each batch trains its own program.

    What the programs share keeps its name; what they have of their own, such as their
    discriminators and what they log, gets the program's name appended.

    Args:
        programs: The programs, by name.
        choose: Function from a batch to the name of its program.
        sample_columns: As in `Program`.
    """

    def __init__(
        self,
        programs: Mapping[str, Program],
        choose: Callable[[Mapping[str, Any]], str],
        *,
        sample_columns: Callable[[Any], Sequence[Any]] | None = None,
    ):
        first = next(iter(programs.values()))
        super().__init__(
            _merge({name: program.networks for name, program in programs.items()}),
            _merge({name: program.optimizers for name, program in programs.items()}),
            first.average,
            variables={
                f"{name}/{key}": variable
                for name, program in programs.items()
                for key, variable in program.variables.items()
            },
            sample_columns=sample_columns,
        )
        self._programs = dict(programs)
        self._choose = choose
        self.phase = first.phase

    def update(self, batch, step):
        """Make one training step of the batch's program."""
        name = self._choose(batch)
        logs = self._programs[name].update(batch, step)
        return {f"{key}_{name}": value for key, value in logs.items()}

    def measure_outputs(self, batch, step):
        """Measure the outputs of the batch's program."""
        name = self._choose(batch)
        measured = self._programs[name].measure_outputs(batch, step)
        return {f"{key}_{name}": value for key, value in measured.items()}

    def gradient_shares(self, batch, step):
        """Measure the loss terms of the batch's program."""
        name = self._choose(batch)
        shares = self._programs[name].gradient_shares(batch, step)
        return {f"{key}_{name}": value for key, value in shares.items()}

    def validate(self, batch):
        """Evaluate a held-out batch with its own program."""
        name = self._choose(batch)
        logs = self._programs[name].validate(batch)
        return {f"{key}_{name}": value for key, value in logs.items()}


def _merge(groups: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Merge programs' objects by name; those that are not shared get a longer one."""
    merged = {}
    for program, objects in groups.items():
        for name, value in objects.items():
            shared = all(own.get(name) is value for own in groups.values())
            merged[name if shared else f"{name}_{program}"] = value
    return merged
