"""Detect the common failures of GAN training from what every training step logs."""

import math
from collections.abc import Mapping

_MAX_NON_FINITE_STEPS = 20
_MAX_ZERO_GRADIENT_STEPS = 5
_MAX_SEPARATED_STEPS = 200
_SEPARATED = 0.95
# Outputs are measured once in `log_every` steps, 20 by default.
_MAX_COLLAPSED = 10
# An untrained generator may have little contrast: as many measurements are let pass,
# unless its images had some before.
_MAX_UNTRAINED = 50
# Of images in [-1, 1]: about two levels of 255, nearly black or white, and one level.
_MIN_DEVIATION, _MAX_LUMINANCE, _MIN_CHANGE = 0.015, 0.97, 0.008


class TrainingDivergedError(RuntimeError):
    """The losses are no longer finite, or the generator no longer learns."""


class HealthCheck:
    """Check the scalars of every training step of any recipe.

    It reads the names that `training.gan_program` and `training.adversary` log:
    `generator_norm` and `separation`, each possibly with a suffix, and whether any
    value at all is finite; and what `Program.measure_outputs` measures. A Wasserstein
    critic has no `separation`, since it cannot saturate.
    """

    def __init__(self):
        self._counts: dict[str, int] = {}
        self._num_measured = 0
        # Names of measurements that were good once.
        self._developed: set[str] = set()

    @property
    def is_good(self) -> bool:
        """Whether nothing counts at present that may stop the training."""
        return not any(
            count
            for name, count in self._counts.items()
            if not name.startswith("separation")
        )

    def check_outputs(self, measured: Mapping[str, float]) -> None:
        """Take in a measurement of generated images.

        Args:
            measured: `output_deviation`, `output_luminance` and `output_change`, as
                `Program.measure_outputs` returns them, each possibly with a suffix.

        Raises:
            TrainingDivergedError: After 10 measurements in a row of images without
                contrast, nearly black or white, or equal for different inputs. Contrast
                and change count from the first time that there was some, or after 50
                measurements.
        """
        self._num_measured += bool(measured)
        is_trained = self._num_measured > _MAX_UNTRAINED
        for name, value in measured.items():
            for prefix, is_bad, description in (
                ("output_luminance", abs(value) > _MAX_LUMINANCE, "black or white"),
                ("output_deviation", value < _MIN_DEVIATION, "without contrast"),
                ("output_change", value < _MIN_CHANGE, "the same for every input"),
            ):
                if not name.startswith(prefix):
                    continue
                if not is_bad:
                    self._developed.add(name)
                elif prefix != "output_luminance":
                    is_bad = is_trained or name in self._developed
                if self._count(name, is_bad) >= _MAX_COLLAPSED:
                    raise TrainingDivergedError(
                        f"The generator has collapsed: its images are {description} "
                        f"({name} is {value:.3g}). Lower the learning rates or the "
                        "weight of the adversarial loss."
                    )

    def check(self, scalars: Mapping[str, float]) -> str | None:
        """Take in the scalars of one training step.

        Args:
            scalars: Losses and gradient norms by name.

        Returns:
            A warning, or `None`.

        Raises:
            TrainingDivergedError: After 20 steps in a row with a value that is not
                finite, or 5 with a generator gradient of exactly 0.
        """
        bad = [
            name
            for name, value in scalars.items()
            if not (math.isfinite(value) or _is_overflow(name, scalars))
        ]
        if self._count("non-finite", bool(bad)) >= _MAX_NON_FINITE_STEPS:
            raise TrainingDivergedError(
                f"{bad[0]} has not been finite for {_MAX_NON_FINITE_STEPS} steps. "
                "Lower the learning rates and resume from the last checkpoint."
            )
        for name, value in scalars.items():
            # A saturated output has no gradient, so the generator never recovers.
            if name.startswith("generator_norm"):
                zeros = self._count(name, value == 0.0)
                if zeros >= _MAX_ZERO_GRADIENT_STEPS:
                    raise TrainingDivergedError(
                        "The generator's gradient is 0: its output is saturated. "
                        "Start again with lower learning rates."
                    )
        if bad:
            return f"{bad[0]} is not finite; this step's update was skipped"
        return self._check_discriminators(scalars)

    def _check_discriminators(self, scalars) -> str | None:
        for name, value in scalars.items():
            if not name.startswith("separation"):
                continue
            if self._count(name, value > _SEPARATED) == _MAX_SEPARATED_STEPS:
                discriminator = "discriminator" + name.removeprefix("separation")
                return (
                    f"the {discriminator} has told real from generated images with "
                    f"near certainty for {_MAX_SEPARATED_STEPS} steps, so the "
                    "generator learns little from it; stop, and resume with a lower "
                    "discriminator_learning_rate or with regularization.diff_augment"
                )
        return None

    def _count(self, name: str, is_bad: bool) -> int:
        """Count the steps in a row that are bad."""
        self._counts[name] = self._counts.get(name, 0) + 1 if is_bad else 0
        return self._counts[name]


def _is_overflow(name: str, scalars: Mapping[str, float]) -> bool:
    """Return whether a gradient is not finite because its loss scale is too large."""
    if "_norm" not in name:
        return False
    return scalars.get(name.replace("_norm", "_loss_scale"), 1.0) > 1.0
