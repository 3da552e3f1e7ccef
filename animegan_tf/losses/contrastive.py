"""The patchwise contrastive loss of CUT."""

from keras import ops


def patch_nce_loss(queries, keys, *, temperature: float = 0.07):
    """Compute the PatchNCE loss: classify each query's own key among its image's keys.

    With s_ij = q_i . k_j / temperature: mean_i(-log softmax_j(s_i)_i). It is
    log(patches) where all features are equal.

    Args:
        queries: Unit vectors of the output's patches, `(batch, patches, channels)`.
        keys: Unit vectors of the photo's patches at the same positions, same shape.
        temperature: Divisor of the similarities, positive.

    Returns:
        A float32 scalar >= 0.

    Reference: Park et al., 2020, https://arxiv.org/abs/2007.15651, equation 3.
    """
    queries, keys = ops.cast(queries, "float32"), ops.cast(keys, "float32")
    similarities = ops.matmul(queries, ops.transpose(keys, (0, 2, 1))) / temperature
    own = ops.sum(queries * keys, axis=-1) / temperature
    return ops.mean(ops.logsumexp(similarities, axis=-1) - own)
