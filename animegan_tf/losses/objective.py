"""The generator's objective: a weighted sum of loss terms."""

from collections.abc import Callable, Mapping
from typing import Any

from keras import ops

from animegan_tf.config import LossWeights


def build_objective(
    weights: LossWeights,
) -> Callable[[Mapping[str, Any]], tuple[Any, dict[str, Any]]]:
    """Build the function that computes the weighted sum of loss terms.

    Args:
        weights: Weight of each term; terms of weight 0 are left out.

    Returns:
        A function from a dict of unweighted scalar terms, and optionally a dict of
        factors by which some weights are scheduled, to `(total, logs)`. `total` is
        the weighted sum, a float32 scalar. `logs` has `"total"` and the terms by name,
        float32 scalars in the order of `weights`, unweighted so that runs with
        different weights are comparable. It raises a `ValueError` if the terms are not
        exactly those with a non-zero weight.

    Raises:
        ValueError: If every weight is 0.
    """
    active = weights.active()
    if not active:
        raise ValueError(
            f"`weights` must have at least one non-zero weight. Received: {weights}"
        )

    def objective(
        terms: Mapping[str, Any], factors: Mapping[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        if set(terms) != set(active):
            raise ValueError(
                "`terms` must name exactly the losses with a non-zero weight, "
                f"{sorted(active)}. Received: {sorted(terms)}"
            )
        scalars = {name: _scalar(name, terms[name]) for name in active}
        weighted = {name: weight * scalars[name] for name, weight in active.items()}
        for name in set(weighted) & set(factors or ()):
            weighted[name] = factors[name] * weighted[name]
        total = sum(weighted.values())
        return total, {"total": total, **scalars}

    return objective


def _scalar(name, value):
    value = ops.convert_to_tensor(value, dtype="float32")
    # The gradient of a vector is that of its sum, so a vector would go unnoticed.
    if len(value.shape) != 0:
        raise ValueError(
            f"`terms` must be scalars. Received: {name} of shape {tuple(value.shape)}"
        )
    return value
