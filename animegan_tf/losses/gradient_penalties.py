"""Gradient penalties of discriminators: WGAN-GP and R1."""

from keras import ops


def gradient_penalty(gradients, target_norm: float = 1.0):
    """Compute the gradient penalty of WGAN-GP, mean((|g| - target)^2).

    Args:
        gradients: Gradients of the summed logits with respect to the discriminator's
            input, `(batch, ...)`; the norm is taken over each sample.
        target_norm: Target norm: 1 for WGAN-GP, 0 for a zero-centered penalty.

    Returns:
        A float32 scalar >= 0.

    Reference: Gulrajani et al., 2017, https://arxiv.org/abs/1704.00028.
    """
    # The square root has no derivative at 0, and this loss is differentiated.
    norms = ops.sqrt(ops.maximum(_squared_norms(gradients), 1e-12))
    return ops.mean(ops.square(norms - target_norm))


def r1_penalty(gradients):
    """Compute the R1 penalty, the mean squared gradient norm on real images.

    Args:
        gradients: Gradients of the summed logits with respect to the real images,
            `(batch, ...)`.

    Returns:
        A float32 scalar >= 0; the paper weights it by gamma / 2.

    Reference: Mescheder et al., 2018, https://arxiv.org/abs/1801.04406.
    """
    return ops.mean(_squared_norms(gradients))


def _squared_norms(gradients):
    gradients = ops.cast(gradients, "float32")
    sample_axes = tuple(range(1, len(gradients.shape)))
    return ops.sum(ops.square(gradients), axis=sample_axes)
