"""A power curve of lightness that brings a picture's mean near another one's."""

import numpy as np

# The least contrast of lightness, of the source's, that a result may have.
_MIN_CONTRAST = 0.9
# Part of the way to the target's mean lightness, and the strongest curve on it.
_SHARE = 0.5
_MAX_GAMMA = 1.5


def fit_gamma(lightness: np.ndarray, target_mean: float) -> float:
    """Find the power that goes halfway to a mean lightness and holds the contrast.

    Args:
        lightness: CIE L* in [0, 100], any shape.
        target_mean: The mean to go towards.

    Returns:
        The power for `apply_gamma`, within a factor of 1.5 of 1. Where halfway would
        cost over a tenth of the contrast, it goes less far.
    """
    mean, contrast = lightness.mean(), lightness.std()
    for share in np.linspace(_SHARE, 0.0, 11):
        gamma = _gamma_to_mean(lightness, mean + share * (target_mean - mean))
        if apply_gamma(lightness, gamma).std() >= _MIN_CONTRAST * contrast:
            return gamma
    return 1.0


def apply_gamma(lightness: np.ndarray, gamma: float) -> np.ndarray:
    """Raise lightness to a power; black, 0, and white, 100, stay where they are."""
    return 100.0 * (np.maximum(lightness, 0.0) / 100.0) ** gamma


def _gamma_to_mean(lightness, wanted):
    low, high = 1.0 / _MAX_GAMMA, _MAX_GAMMA
    if abs(lightness.mean() - wanted) < 0.01:
        return 1.0
    for _ in range(20):
        gamma = (low * high) ** 0.5
        # A higher power makes every lightness darker.
        if apply_gamma(lightness, gamma).mean() > wanted:
            low = gamma
        else:
            high = gamma
    return (low * high) ** 0.5
