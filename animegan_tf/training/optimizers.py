"""Optimizers of a training, and how their rates fall."""

import math

import keras

from animegan_tf.config import DECAYS


def build_adam(
    learning_rate,
    *,
    cosine_steps: int | None = None,
    beta_1: float = 0.5,
    beta_2: float = 0.999,
) -> keras.optimizers.Optimizer:
    """Build Adam as GANs use it.

    Args:
        learning_rate: Rate, at the start if it decays, or a schedule, such as from
            `build_learning_rate`.
        cosine_steps: Updates over which the rate falls to 1/100 along half a cosine,
            after rising from 0 in the first twentieth of them; `None` keeps it
            constant.
        beta_1: Decay of the first moment; 0.5 lets two adversaries follow each other.
        beta_2: Decay of the second moment.

    Returns:
        An optimizer that is not yet built.
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


def build_rmsprop(learning_rate) -> keras.optimizers.Optimizer:
    """Build RMSprop as WGAN with clipped weights uses it: without momentum.

    Args:
        learning_rate: Rate, or a schedule.

    Returns:
        An optimizer that is not yet built.

    Reference: Arjovsky et al., 2017, https://arxiv.org/abs/1701.07875, section 3.
    """
    return keras.optimizers.RMSprop(learning_rate, rho=0.99)


def build_learning_rate(
    rate: float, steps: int, decay: str = "constant", start: float = 0.5
):
    """Build the learning rate of a whole training.

    Args:
        rate: Rate at the start, positive.
        steps: Updates in all, at least 1.
        decay: `"constant"`, or how the rate falls to 0 at the end: `"linear"`, or
            `"cosine"`, along half a wave.
        start: Share of the updates after which it begins to fall, in [0, 1).

    Returns:
        What an optimizer takes: a float, or a
        `keras.optimizers.schedules.LearningRateSchedule`.

    Raises:
        ValueError: If an argument is out of its range.
    """
    for name, value, ok, expected in (
        ("rate", rate, rate > 0.0, "positive"),
        ("steps", steps, steps >= 1, "at least 1"),
        ("decay", decay, decay in DECAYS, f"one of {', '.join(DECAYS)}"),
        ("start", start, 0.0 <= start < 1.0, "in [0, 1)"),
    ):
        if not ok:
            raise ValueError(f"`{name}` must be {expected}. Received: {name}={value!r}")
    if decay == "constant":
        return rate
    return DecayToZero(rate, steps, decay, start)


@keras.saving.register_keras_serializable(package="animegan_tf")
class DecayToZero(keras.optimizers.schedules.LearningRateSchedule):
    """A rate that is constant at first and then falls to 0.

    Args:
        rate: Rate at the start.
        steps: Updates in all; the rate is 0 from there on.
        decay: `"linear"` or `"cosine"`.
        start: Share of the updates after which it begins to fall, in [0, 1).
    """

    def __init__(self, rate: float, steps: int, decay: str, start: float):
        self.rate = rate
        self.steps = steps
        self.decay = decay
        self.start = start

    def __call__(self, step):
        """Return the rate after `step` updates, a float32 scalar."""
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
