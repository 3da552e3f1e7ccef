"""Optimizers and learning rate schedules of GANs."""

import math
import numbers

import keras

from animegan_tf.config import LEARNING_RATE_DECAYS
from animegan_tf.utils.checks import received


def build_adam(
    learning_rate,
    *,
    cosine_steps: int | None = None,
    beta_1: float = 0.5,
    beta_2: float = 0.999,
) -> keras.optimizers.Optimizer:
    """Build Adam as GANs use it.

    Args:
        learning_rate: Learning rate, at the start if it decays, or a schedule, such as
            from `build_learning_rate`.
        cosine_steps: Steps over which the learning rate falls to 1/100 along a cosine,
            after a linear warm-up over the first twentieth of them; `None` keeps it
            constant.
        beta_1: Decay of the first moments; 0.5 is usual for GANs.
        beta_2: Decay of the second moments.

    Returns:
        An optimizer that is not built yet.
    """
    if cosine_steps is not None:
        warmup_steps = cosine_steps // 20
        learning_rate = keras.optimizers.schedules.CosineDecay(
            0.0 if warmup_steps else learning_rate,
            max(cosine_steps - warmup_steps, 1),
            alpha=0.01,
            warmup_target=learning_rate if warmup_steps else None,
            warmup_steps=warmup_steps,
        )
    return keras.optimizers.Adam(learning_rate, beta_1=beta_1, beta_2=beta_2)


def check_learning_rates(**rates) -> None:
    """Check that every argument is a positive, finite number or a schedule.

    Raises:
        ValueError: If one is not.
    """
    for name, rate in rates.items():
        if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule):
            continue
        is_number = isinstance(rate, numbers.Real) and not isinstance(rate, bool)
        if not (is_number and 0.0 < rate < math.inf):
            raise ValueError(
                f"`{name}` must be positive, or a schedule. {received(name, rate)}"
            )


def build_rmsprop(learning_rate) -> keras.optimizers.Optimizer:
    """Build RMSprop as WGAN with clipped weights uses it, without momentum.

    Args:
        learning_rate: Learning rate, or a schedule.

    Returns:
        An optimizer that is not built yet.

    Reference: Arjovsky et al., 2017, https://arxiv.org/abs/1701.07875, section 3.
    """
    return keras.optimizers.RMSprop(learning_rate, rho=0.99)


def build_learning_rate(
    rate: float, steps: int, decay: str = "constant", start: float = 0.5
):
    """Build the learning rate of a training.

    Args:
        rate: Learning rate at the start, positive.
        steps: Number of steps, at least 1.
        decay: `"constant"`, or how it falls to 0: `"linear"` or `"cosine"`.
        start: Fraction of the steps after which it begins to fall, in [0, 1).

    Returns:
        What an optimizer takes: a float, or a
        `keras.optimizers.schedules.LearningRateSchedule`.

    Raises:
        ValueError: If an argument is out of its range.
    """
    decays = ", ".join(LEARNING_RATE_DECAYS)
    for name, value, ok, expected in (
        ("rate", rate, rate > 0.0, "positive"),
        ("steps", steps, steps >= 1, "at least 1"),
        ("decay", decay, decay in LEARNING_RATE_DECAYS, f"one of {decays}"),
        ("start", start, 0.0 <= start < 1.0, "in [0, 1)"),
    ):
        if not ok:
            raise ValueError(f"`{name}` must be {expected}. Received: {name}={value!r}")
    if decay == "constant":
        return rate
    return DecayToZero(rate, steps, decay, start)


class RateFactor:
    """Multiply the learning rate of an optimizer, also one that follows a schedule.

    Args:
        optimizer: Keras optimizer, before its first update is traced.
    """

    def __init__(self, optimizer: keras.optimizers.Optimizer):
        self._optimizer = optimizer
        # Keras returns the value of a schedule, not the schedule.
        rate = optimizer._learning_rate
        if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule):
            if not isinstance(rate, ScaledRate):
                rate = ScaledRate(rate)
                optimizer.learning_rate = rate
            self.variables = [rate.factor]
        else:
            # A constant rate is a variable of the optimizer.
            self.variables = []

    def multiply(self, factor: float) -> None:
        """Multiply the learning rate from now on."""
        if self.variables:
            (own,) = self.variables
            own.assign(own.value * factor)
        else:
            rate = self._optimizer.learning_rate
            self._optimizer.learning_rate = float(rate) * factor


@keras.saving.register_keras_serializable(package="animegan_tf")
class ScaledRate(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule times a factor that can change.

    Args:
        schedule: The schedule.
        factor: The factor at first.
    """

    def __init__(self, schedule, factor: float = 1.0):
        self.schedule = schedule
        self.factor = keras.Variable(factor, trainable=False, dtype="float32")

    def __call__(self, step):
        """Return the learning rate after `step` steps, a float32 scalar."""
        return self.schedule(step) * self.factor.value

    def get_config(self):
        """Return the arguments that rebuild the schedule."""
        schedule = keras.optimizers.schedules.serialize(self.schedule)
        return {"schedule": schedule, "factor": float(self.factor.numpy())}

    @classmethod
    def from_config(cls, config):
        """Rebuild the schedule."""
        schedule = keras.optimizers.schedules.deserialize(config["schedule"])
        return cls(schedule, config["factor"])


@keras.saving.register_keras_serializable(package="animegan_tf")
class DecayToZero(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that is constant at first and then falls to 0.

    Args:
        rate: Learning rate at the start.
        steps: Number of steps; from there on it is 0.
        decay: `"linear"` or `"cosine"`.
        start: Fraction of the steps after which it begins to fall, in [0, 1).
    """

    def __init__(self, rate: float, steps: int, decay: str, start: float):
        self.rate = rate
        self.steps = steps
        self.decay = decay
        self.start = start

    def __call__(self, step):
        """Return the learning rate after `step` steps, a float32 scalar."""
        first = self.start * self.steps
        passed = (keras.ops.cast(step, "float32") - first) / (self.steps - first)
        passed = keras.ops.clip(passed, 0.0, 1.0)
        if self.decay == "linear":
            return self.rate * (1.0 - passed)
        return self.rate * 0.5 * (1.0 + keras.ops.cos(math.pi * passed))

    def get_config(self):
        """Return the arguments that rebuild the schedule."""
        return {
            "rate": self.rate,
            "steps": self.steps,
            "decay": self.decay,
            "start": self.start,
        }
