"""Multinomial logistic regression, fitted with L-BFGS in NumPy."""

import dataclasses
from collections.abc import Callable

import numpy as np

_MEMORY = 10
_MAX_HALVINGS = 40
# Share of the decrease predicted by the gradient that a step must achieve (Armijo).
_SUFFICIENT_DECREASE = 1e-4
# Relative changes of the objective that may be rounding errors.
_ROUNDING = 1e-14


@dataclasses.dataclass(frozen=True, eq=False)
class SoftmaxRegression:
    """Linear classifier: class probabilities are softmax(x W + b).

    Attributes:
        weights: W, float64 `(features, classes)`.
        bias: b, float64 `(classes,)`; its sum is 0, since a constant has no effect.
    """

    weights: np.ndarray
    bias: np.ndarray

    def probabilities(self, features: np.ndarray) -> np.ndarray:
        """Return the probability of each class, `(samples, classes)`."""
        return np.exp(_log_softmax(features @ self.weights + self.bias))


def fit_softmax_regression(
    features: np.ndarray,
    labels: np.ndarray,
    num_classes: int,
    *,
    penalty: float = 100.0,
    sample_weights: np.ndarray | None = None,
    tolerance: float = 1e-6,
    max_iterations: int = 1000,
) -> SoftmaxRegression:
    """Minimize sum_i w_i CE(softmax(x_i W + b), y_i) + penalty / 2 |W|^2.

    The objective is convex and, because of the penalty, has a unique minimum.

    Args:
        features: x, float `(samples, features)`, of about unit standard deviation.
        labels: y, integers `(samples,)` in [0, num_classes).
        num_classes: Number of classes, at least 2.
        penalty: Factor of the squared weights, above 0; the bias is not penalized.
        sample_weights: Positive weights w, `(samples,)`; 1 by default.
        tolerance: Maximum entry of the gradient, relative to the sum of w, at which the
            fit ends.
        max_iterations: Maximum number of iterations.

    Returns:
        The fitted `SoftmaxRegression`.

    Raises:
        ValueError: If an argument is out of range.
    """
    features, labels = np.asarray(features, np.float64), np.asarray(labels)
    if features.ndim != 2 or labels.shape != (len(features),) or not len(features):
        raise ValueError(
            "`features` must be (samples, features), `labels` (samples,), with at "
            f"least one sample. Received: {features.shape} and {labels.shape}"
        )
    if num_classes < 2 or labels.min() < 0 or labels.max() >= num_classes:
        raise ValueError(
            "`labels` must be in [0, num_classes), with `num_classes` at least 2. "
            f"Received: num_classes={num_classes}, labels from {labels.min()} to "
            f"{labels.max()}"
        )
    if not penalty > 0.0:
        raise ValueError(f"`penalty` must be above 0. Received: penalty={penalty}")
    if sample_weights is None:
        sample_weights = np.ones(len(features))
    weight_sum = float(np.sum(sample_weights))
    shape = features.shape[1] + 1, num_classes
    targets = np.eye(num_classes)[labels]

    def objective(parameters):
        weights, bias = np.split(parameters.reshape(shape), [-1])
        log_probabilities = _log_softmax(features @ weights + bias)
        cross_entropy = -(targets * log_probabilities).sum(axis=1)
        value = sample_weights @ cross_entropy + 0.5 * penalty * (weights**2).sum()
        errors = np.exp(log_probabilities) - targets
        errors *= np.asarray(sample_weights)[:, np.newaxis]
        gradient = np.vstack([features.T @ errors + penalty * weights, errors.sum(0)])
        return value / weight_sum, gradient.ravel() / weight_sum

    best = minimize(
        objective,
        np.zeros(shape[0] * shape[1]),
        tolerance=tolerance,
        max_iterations=max_iterations,
    ).reshape(shape)
    return SoftmaxRegression(best[:-1], best[-1] - best[-1].mean())


def minimize(
    objective: Callable[[np.ndarray], tuple[float, np.ndarray]],
    start: np.ndarray,
    *,
    tolerance: float = 1e-6,
    max_iterations: int = 1000,
) -> np.ndarray:
    """Minimize a smooth convex function with limited-memory BFGS.

    Args:
        objective: Function from float64 `(parameters,)` to its value and gradient.
        start: Initial parameters.
        tolerance: Maximum entry of the gradient at which the search ends.
        max_iterations: Maximum number of iterations.

    Returns:
        The parameters of the lowest value found.

    Reference: Liu, Nocedal, 1989, https://doi.org/10.1007/BF01589116.
    """
    point = np.array(start, np.float64)
    value, gradient = objective(point)
    # Pairs of a step and the change of the gradient along it.
    memory: list[tuple[np.ndarray, np.ndarray]] = []
    for _ in range(max_iterations):
        if np.abs(gradient).max() <= tolerance:
            break
        direction = -_apply_inverse_hessian(gradient, memory)
        slope = gradient @ direction
        # Without a memory, the direction has no scale: the first step has length 1.
        rate = 1.0 if memory else 1.0 / np.linalg.norm(gradient)
        for _ in range(_MAX_HALVINGS):
            new_point = point + rate * direction
            new_value, new_gradient = objective(new_point)
            # Near the minimum rounding hides the decrease; the gradient still shows it.
            is_rounded = abs(new_value - value) <= _ROUNDING * abs(value)
            if is_rounded and np.abs(new_gradient).max() < np.abs(gradient).max():
                break
            expected = value + _SUFFICIENT_DECREASE * rate * slope
            if not is_rounded and new_value <= expected:
                break
            rate /= 2.0
        else:
            break
        step, change = new_point - point, new_gradient - gradient
        if step @ change > 1e-12 * (step @ step):
            memory = [*memory, (step, change)][-_MEMORY:]
        point, value, gradient = new_point, new_value, new_gradient
    return point


def _apply_inverse_hessian(gradient, memory):
    """Multiply by the approximate inverse Hessian (two-loop recursion)."""
    result = gradient.copy()
    factors = []
    for step, change in reversed(memory):
        factor = (step @ result) / (step @ change)
        result -= factor * change
        factors.append(factor)
    if memory:
        step, change = memory[-1]
        result *= (step @ change) / (change @ change)
    for (step, change), factor in zip(memory, reversed(factors), strict=True):
        result += (factor - (change @ result) / (step @ change)) * step
    return result


def _log_softmax(logits):
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
