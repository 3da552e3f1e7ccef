"""The training engine: one GAN training step, for every recipe.

A recipe says what a forward pass computes (`Forward`); `GanProgram` makes a training
step of it: the generator's gradient step on the weighted terms and the adversarial
losses, each discriminator's step, and the moving average.
"""

import contextlib
import functools
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from animegan_tf.config import LossWeights
from animegan_tf.losses.objective import build_objective
from animegan_tf.training.adversary import Adversary
from animegan_tf.training.distribution import part_of_batch, replicated
from animegan_tf.training.gradients import GradientStep, uses_float16, watch
from animegan_tf.training.moving_average import MovingAverage
from animegan_tf.training.program import Program
from animegan_tf.training.regularization import unchanged_state

# `turn` numbers the discriminator's updates within a step, 0, 1, ...; other uses of
# random values in the same step have these numbers.
GENERATOR_TURN, AVERAGE_TURN, VALIDATION_TURN = -1, -2, -3

# Images of a batch that are generated to find out whether they have collapsed.
_NUM_MEASURED = 4


class Forward(NamedTuple):
    """What one forward pass computes.

    Attributes:
        terms: Unweighted losses of the generator, scalars by their `LossWeights` name,
            without the adversarial one.
        reals: Real images for each discriminator, by its name. A held-out batch may
            lack them.
        fakes: Generated images for each discriminator, by its name.
        extra: Further images for a discriminator, by its name: a list, in the order of
            the `extra` that the `Adversary` was made with.
        logs: Further scalars for the log.
    """

    terms: Mapping[str, Any] = {}
    reals: Mapping[str, Any] = {}
    fakes: Mapping[str, Any] = {}
    extra: Mapping[str, Sequence] = {}
    logs: Mapping[str, Any] = {}


class GanProgram(Program):
    """Train a generator against any number of discriminators, including none.

    Args:
        networks: `"generator"` and every other network that the generator's optimizer
            trains, such as projection heads, by name.
        average: Moving average of the generator.
        forward: Function `(generator, batch, step, turn, training)` to a `Forward`.
            `generator` is the one in training, or its average in validation; `step` and
            `turn` are int64 scalar tensors from which everything random is derived.
        optimizer: Optimizer of `networks`.
        weights: Weights of the terms. With `adversaries`, `adversarial` is one of them.
        adversaries: The discriminators with their training, by name. What follows
            `"discriminator"` in a name, such as `"_back"`, is appended to the names in
            the log. If `weights` has a field `adversarial_back`, it weights the
            generator's loss against that discriminator; the losses against all others
            are summed in `adversarial`.
        schedules: Functions of the step, an int64 scalar tensor, to a factor of a
            term's weight, by term.
        clip_norm: Largest global norm of the generators' gradient.
        rate_factor: Function of a trained variable to the factor of its learning rate;
            `None` is 1 for all.
        critic_steps: With `None`, each discriminator is updated once, after the
            generator and on the images of its step. With a number, it is updated that
            many times before the generator, each time on newly generated images and
            on its own part of the batch (WGAN).
        inputs: Function of `(batch, step)` to what the generator takes, for the moving
            average.
        optimizer_name: Name of the optimizer in checkpoints.
        variables: Further variables of an exact checkpoint.
        sample_columns: As in `Program`.
    """

    def __init__(
        self,
        networks: Mapping[str, keras.Model],
        average: MovingAverage,
        forward: Callable[..., Forward],
        *,
        optimizer: keras.optimizers.Optimizer,
        weights: LossWeights,
        adversaries: Mapping[str, Adversary] | None = None,
        schedules: Mapping[str, Callable[[Any], Any]] | None = None,
        clip_norm: float,
        rate_factor: Callable[[keras.Variable], float] | None = None,
        critic_steps: int | None = None,
        inputs: Callable[[Mapping[str, Any], int], Any] = lambda batch, step: batch[
            "photo"
        ],
        optimizer_name: str = "generator",
        variables: Mapping[str, tf.Variable] | None = None,
        sample_columns: Callable[[Any], Sequence[Any]] | None = None,
    ):
        adversaries = dict(adversaries or {})
        trained = [v for n in networks.values() for v in n.trainable_variables]
        self._step = GradientStep(
            "generator",
            self._compute,
            optimizer,
            trained,
            clip_norm=clip_norm,
            rate_factors=[rate_factor(v) if rate_factor else 1.0 for v in trained],
            scale_loss=uses_float16(*networks.values()),
        )
        scale = {
            f"loss_scale/{optimizer_name}/{key}": variable
            for key, variable in self._step.variables().items()
        }
        discriminators = {name: a.discriminator for name, a in adversaries.items()}
        pools = {
            f"{name}/{key}": variable
            for name, adversary in adversaries.items()
            for key, variable in adversary.variables().items()
        }
        super().__init__(
            {**networks, **discriminators},
            {optimizer_name: optimizer}
            | {name: a.optimizer for name, a in adversaries.items()},
            average,
            variables={**(variables or {}), **pools, **scale},
            sample_columns=sample_columns,
        )
        self._generator = networks["generator"]
        self._trained = trained
        self._forward = forward
        self._objective = build_objective(weights)
        self._weights = weights.active()
        self._schedules = dict(schedules or {})
        self._adversaries = adversaries
        self.phase = "adversarial" if adversaries else "training"
        self._adversarial_terms = {
            name: term if hasattr(weights, term) else "adversarial"
            for name in adversaries
            for term in _append({"adversarial": None}, name)
        }
        self._critic_steps = critic_steps
        self.blocks = critic_steps or 1
        self._inputs = inputs

    def update(self, batch, step: int) -> dict[str, Any]:
        """Make one training step; see `Program.update`."""
        parts = batch if isinstance(batch, list) else [batch]
        # As a Python number every step would be traced anew.
        step = tf.constant(step, tf.int64)
        if self._critic_steps is None:
            logs, forwards = self._step([(part, step) for part in parts])
            turn = tf.constant(0, tf.int64)
            logs |= self._discriminator_steps(forwards, step, turn)
        else:
            logs = {}
            blocks = [b for part in parts for b in self._split(part)]
            for index in range(self._critic_steps):
                turn = tf.constant(index, tf.int64)
                parts = blocks[index * len(parts) : (index + 1) * len(parts)]
                forwards = [
                    self._generate(part, step, turn, tf.constant(i), len(parts))
                    for i, part in enumerate(parts)
                ]
                logs |= self._discriminator_steps(forwards, step, turn)
            logs = self._step([(part, step) for part in parts])[0] | logs
        self._update_average(parts[-1], step, len(parts))
        return logs

    def _compute(self, batch, step):
        """Compute the generator's weighted loss, what is logged, and all else."""
        terms, forward = self._terms(batch, step)
        factors = {name: f(step) for name, f in self._schedules.items()}
        total, logs = self._objective(terms, factors)
        return total, {**logs, **forward.logs}, forward

    @replicated
    def _update_average(self, batch, step, count):
        with part_of_batch(count - 1, count):
            self.average.update(self._inputs(batch, step))

    @replicated
    def _split(self, batch):
        """Split every tensor of a batch into a part for each discriminator update."""
        columns = {name: tf.split(x, self._critic_steps) for name, x in batch.items()}
        rows = zip(*columns.values(), strict=True)
        return [dict(zip(columns, row, strict=True)) for row in rows]

    def measure_outputs(self, batch, step: int) -> dict[str, Any]:
        """Measure the contrast, luminance and variety of generated images.

        The other input is the same turned by 180 degrees, or the noise negated, so that
        a batch of one image is enough.
        """
        inputs = self._inputs(batch, step)
        with _unchanged([self._generator]):
            return self._measure_outputs(inputs)

    @tf.function
    def _measure_outputs(self, inputs):
        first, *others = tf.nest.flatten(inputs)
        first = first[:_NUM_MEASURED]
        others = [other[:_NUM_MEASURED] for other in others]
        turned = first[:, ::-1, ::-1] if first.shape.rank == 4 else -first
        images, changed = (
            self._generate_images(tf.nest.pack_sequence_as(inputs, [own, *others]))
            for own in (first, turned)
        )
        deviations = tf.math.reduce_std(images, axis=(1, 2, 3))
        return {
            "output_deviation": tf.reduce_mean(deviations),
            "output_luminance": tf.reduce_mean(images),
            "output_change": tf.reduce_mean(tf.abs(images - changed)),
        }

    def _generate_images(self, inputs):
        """Return all images that the generator returns, as one float32 batch."""
        outputs = tf.nest.flatten(self._generator(inputs, training=True))
        images = [o for o in outputs if o.shape.rank == 4 and o.shape[-1] in (1, 3)]
        return tf.concat([tf.cast(o, tf.float32) for o in images], axis=0)

    def gradient_shares(self, batch, step: int) -> dict[str, Any]:
        """Measure the loss terms' gradients; see `Program.gradient_shares`."""
        if self._critic_steps is not None:
            batch = self._split(batch)[-1]
        variables = self.variables.values()
        with _unchanged(self.networks.values(), variables):
            norms = self._gradient_norms(batch, tf.constant(step, tf.int64))
        norms = {name: float(norm) for name, norm in norms.items()}
        total = sum(norms.values())
        if not 0.0 < total < float("inf"):
            return {}
        return {name: norm / total for name, norm in norms.items()}

    @tf.function
    def _gradient_norms(self, batch, step):
        # A gradient for each term: one tape that is used several times.
        with tf.GradientTape(persistent=True) as tape:
            watch(tape, self._trained)
            terms, _ = self._terms(batch, step)
            weighted = {
                name: self._weights[name] * tf.cast(term, tf.float32)
                for name, term in terms.items()
            }
            for name, factor in self._schedules.items():
                if name in weighted:
                    weighted[name] *= factor(step)
        norms = {}
        for name, loss in weighted.items():
            gradients = self._step.differentiate(tape, loss)
            norms[name] = tf.linalg.global_norm(self._step.unscale(gradients))
        return norms

    def _terms(self, batch, step):
        """Compute the unweighted loss terms, and the forward pass."""
        turn = tf.constant(GENERATOR_TURN, tf.int64)
        forward = self._forward(self._generator, batch, step, turn, True)
        terms = dict(forward.terms)
        terms |= self._sum_adversarial(
            {
                name: adversary.generator_loss(forward.fakes[name], step)
                for name, adversary in self._adversaries.items()
            }
        )
        return terms, forward

    @replicated
    def _generate(self, batch, step, turn, index, count) -> Forward:
        """Generate for the discriminators alone."""
        with part_of_batch(index, count), unchanged_state(self._generator):
            return self._forward(self._generator, batch, step, turn, True)

    def _discriminator_steps(
        self, forwards: Sequence[Forward], step, turn
    ) -> dict[str, Any]:
        logs = {}
        for name, adversary in self._adversaries.items():
            parts = [
                (forward.reals[name], forward.fakes[name], forward.extra.get(name, ()))
                for forward in forwards
            ]
            own = adversary.step_on_parts(parts, step, turn)
            logs |= _append(own, name)
        return logs

    @tf.function
    def validate(self, batch) -> dict[str, Any]:
        """Evaluate the moving average on a held-out batch, without regularization."""
        step, turn = tf.constant(0, tf.int64), tf.constant(VALIDATION_TURN, tf.int64)
        forward = self._forward(self.average.network, batch, step, turn, False)
        logs = {**forward.terms, **forward.logs}
        adversarial = {}
        for name, adversary in self._adversaries.items():
            if name in forward.fakes:
                own = adversary.validate(forward.fakes[name], forward.reals.get(name))
                adversarial[name] = own.pop("adversarial")
                logs |= _append(own, name)
        return logs | self._sum_adversarial(adversarial)

    def _sum_adversarial(self, losses: Mapping[str, Any]) -> dict[str, Any]:
        """Sum the losses against the discriminators of each term."""
        terms = {}
        for name, loss in losses.items():
            terms.setdefault(self._adversarial_terms[name], []).append(loss)
        return {term: _sum(values) for term, values in terms.items()}


@contextlib.contextmanager
def _unchanged(networks, variables=()):
    """Restore, on exit, all state that a forward pass changes, random seeds too."""
    state = [v for network in networks for v in network.non_trainable_variables]
    state += variables
    before = [variable.numpy() for variable in state]
    try:
        yield
    finally:
        for variable, value in zip(state, before, strict=True):
            variable.assign(value)


def _append(logs: Mapping[str, Any], adversary: str) -> dict[str, Any]:
    """Append to the names in a log what tells one discriminator from another."""
    suffix = adversary.removeprefix("discriminator")
    return {f"{name}{suffix}": value for name, value in logs.items()}


def _sum(scalars):
    return functools.reduce(operator.add, scalars)
