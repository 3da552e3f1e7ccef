"""Contrast of patches: what is at one place should be told from what is elsewhere."""

from keras import ops


def patch_nce_loss(queries, keys, *, temperature: float = 0.07):
    """Measure how hard it is to find each query's own key among those of its image.

    With s_ij = q_i . k_j / temperature: mean_i(-log softmax_j(s_i)_i). Features that
    all look alike cost log(patches).

    Args:
        queries: Unit vectors of the result's patches, `(batch, patches, channels)`.
        keys: Unit vectors of the photo's patches at the same places, of that shape.
        temperature: What similarities are divided by, positive.

    Returns:
        A float32 scalar >= 0.

    Reference: Park et al., 2020, https://arxiv.org/abs/2007.15651, equation 3.
    """
    queries, keys = ops.cast(queries, "float32"), ops.cast(keys, "float32")
    similarities = ops.matmul(queries, ops.transpose(keys, (0, 2, 1))) / temperature
    own = ops.sum(queries * keys, axis=-1) / temperature
    return ops.mean(ops.logsumexp(similarities, axis=-1) - own)
