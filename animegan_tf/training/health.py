"""Watch a training's health and say so in time when it fails."""

import math
from collections.abc import Mapping

_MAX_BAD_UPDATES = 20
_MAX_DEAD_UPDATES = 5


class TrainingDivergedError(RuntimeError):
    """The losses are no longer finite numbers, or the generator learns no more."""


class HealthMonitor:
    """Look at each logged line for the failures that GANs are known for."""

    def __init__(self):
        self._num_bad = 0
        self._num_dead = 0
        self._num_won = 0

    def check(self, scalars: Mapping[str, float]) -> str | None:
        """Take in one line of scalars.

        Args:
            scalars: Losses and norms by name.

        Returns:
            A warning, or `None`.

        Raises:
            TrainingDivergedError: After 20 lines in a row with a value that is not
                finite, or 5 with a generator's gradient of exactly 0.
        """
        bad = [name for name, value in scalars.items() if not math.isfinite(value)]
        self._num_bad = self._num_bad + 1 if bad else 0
        if self._num_bad >= _MAX_BAD_UPDATES:
            raise TrainingDivergedError(
                f"{bad[0]} has not been a finite number for {self._num_bad} updates. "
                "Lower the learning rates and resume from the last checkpoint."
            )
        # A saturated output passes no gradient, so such a generator never comes back.
        dead = scalars.get("generator_norm") == 0.0
        self._num_dead = self._num_dead + 1 if dead else 0
        if self._num_dead >= _MAX_DEAD_UPDATES:
            raise TrainingDivergedError(
                "The generator's gradient is 0: its output is saturated. Start anew "
                "with lower learning rates, such as "
                "--set pretraining_learning_rate=0.0005."
            )
        if bad:
            return f"{bad[0]} is not finite; the update was left out"
        return self._check_adversary(scalars)

    def _check_adversary(self, scalars) -> str | None:
        real, fake = (scalars.get(f"discriminator_{k}") for k in ("real", "fake"))
        if real is None or fake is None:
            return None
        # With logits near their labels the generator learns nothing from its adversary.
        won = real - fake > 0.95
        self._num_won = self._num_won + 1 if won else 0
        if self._num_won == 50:
            return (
                "the discriminator tells every picture apart; lower "
                "discriminator_learning_rate or raise the target's weight"
            )
        return None
