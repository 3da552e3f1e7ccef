"""What a trainer is handed: networks, optimizers and how one update is made."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from animegan_tf.training.ema import ExponentialMovingAverage


@dataclasses.dataclass
class Program:
    """One kind of GAN, ready to be trained.

    Attributes:
        networks: Every network with a state, by name. `"generator"` is the one whose
            average is kept.
        optimizers: Every optimizer, by name.
        update: Function of `(batch, step)` that makes one update and returns scalars
            by name; `step` is a Python int counted from 0.
        sample: Function from float pictures in [-1, 1] to float pictures, for the
            sample sheets.
        ema: The moving average of the generator.
        variables: Further variables that belong to an exact checkpoint.
        validate: Function from a batch to scalars by name, or `None`.
        sample_columns: Function from the samples to all columns of the sheet, each of
            float pictures in [-1, 1]; `None` shows the samples beside what `sample`
            makes of them. Samples that are no pictures need it.
    """

    networks: Mapping[str, keras.Model]
    optimizers: Mapping[str, keras.optimizers.Optimizer]
    update: Callable[[Mapping[str, Any], int], Mapping[str, Any]]
    sample: Callable[[Any], Any]
    ema: ExponentialMovingAverage
    variables: Mapping[str, tf.Variable] = dataclasses.field(default_factory=dict)
    validate: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None
    sample_columns: Callable[[Any], Sequence[Any]] | None = None

    def state(self) -> dict[str, Any]:
        """Return every variable that an exact resume needs, by a stable name."""
        groups = {f"network/{name}": n.variables for name, n in self.networks.items()}
        groups["network/ema"] = self.ema.average.variables
        for name, optimizer in self.optimizers.items():
            groups[f"optimizer/{name}"] = optimizer.variables
        state = {
            f"{group}/{index:04d}": variable
            for group, variables in groups.items()
            for index, variable in enumerate(variables)
        }
        state["ema/num_updates"] = self.ema.num_updates
        state |= {f"variable/{name}": v for name, v in self.variables.items()}
        return state


def build_sampler(network: keras.Model) -> Callable[[Any], Any]:
    """Compile what a network makes in use: a function for `Program.sample`."""
    return tf.function(lambda inputs: network(inputs, training=False))
