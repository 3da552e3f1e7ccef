"""How near two sets of pictures are in distribution: the kernel distance, KID."""

import numpy as np


def kid(
    features: np.ndarray, reference: np.ndarray, *, num_subsets: int = 5, seed: int = 0
) -> dict[str, float]:
    """Estimate the squared maximum mean discrepancy of two sets of feature vectors.

    The kernel is k(x, y) = (x.y / channels + 1)^3; the estimate is unbiased, hence may
    be slightly negative for sets of the same distribution.

    Args:
        features: float `(pictures, channels)`.
        reference: float `(other pictures, channels)`.
        num_subsets: Number of disjoint parts that give the standard error; fewer are
            made where parts would hold under two pictures.
        seed: Seed of the division into parts.

    Returns:
        `"kid"`, of the whole sets, and `"standard_error"`, of the mean of the parts'
        estimates. Either is nan where there are too few pictures.

    Reference: Binkowski et al., 2018, https://arxiv.org/abs/1801.01401.
    """
    smaller = min(len(features), len(reference))
    num_subsets = min(num_subsets, smaller // 2)
    standard_error = float("nan")
    if num_subsets >= 2:
        random = np.random.default_rng(seed)
        # Disjoint parts are independent, so their spread is an honest error.
        parts = [
            np.array_split(vectors[random.permutation(len(vectors))], num_subsets)
            for vectors in (features, reference)
        ]
        estimates = [_unbiased_mmd(a, b) for a, b in zip(*parts, strict=True)]
        standard_error = float(np.std(estimates, ddof=1) / np.sqrt(num_subsets))
    value = _unbiased_mmd(features, reference) if smaller >= 2 else float("nan")
    return {"kid": value, "standard_error": standard_error}


def _unbiased_mmd(x, y):
    def kernel(a, b):
        return (a @ b.T / a.shape[1] + 1.0) ** 3

    # A vector's product with itself says nothing of the distribution.
    within = [
        (kernel(a, a).sum() - np.trace(kernel(a, a))) / (len(a) * (len(a) - 1))
        for a in (x, y)
    ]
    return float(sum(within) - 2.0 * kernel(x, y).mean())
