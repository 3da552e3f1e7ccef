"""Content and style losses on feature maps.

The functions take the feature maps of a frozen network, `(batch, height, width,
channels)`, or a dict of them by layer. They compute in float32, since sums over all
positions overflow float16.
"""

import functools

from keras import ops


def content_loss(features_x, features_y):
    """Compute the mean absolute difference of feature maps.

    Args:
        features_x: Feature map `(batch, height, width, channels)`, or a dict of them.
        features_y: The same for the target.

    Returns:
        A float32 scalar >= 0, the mean over the layers.

    Raises:
        ValueError: If the two dicts do not name the same layers.

    Reference: Chen et al., 2018 (CartoonGAN), L1 content loss.
    """
    return _mean_over_layers(_mean_absolute_difference, features_x, features_y)


def relative_content_loss(features_x, features_y, *, batch_mean=lambda x: x):
    """Compute the content loss as a fraction of the target's mean activation.

    Layers and networks of any scale of activations so have comparable losses.

    Args:
        features_x: Feature map `(batch, height, width, channels)`, or a dict of them.
        features_y: The same for the target.
        batch_mean: Function that averages a scalar over the parts of a batch, where
            several devices compute them.

    Returns:
        A float32 scalar >= 0, the mean over the layers.

    Raises:
        ValueError: If the two dicts do not name the same layers.
    """
    return _mean_over_layers(
        functools.partial(_relative_difference, batch_mean=batch_mean),
        features_x,
        features_y,
    )


def gram_matrix(features, centered: bool = True):
    """Compute Gram matrices: the mean over all positions of products of two channels.

    Args:
        features: Feature map `(batch, height, width, channels)`.
        centered: Whether to subtract each channel's mean over the positions first, so
            that the style does not depend on brightness.

    Returns:
        float32 symmetric matrices `(batch, channels, channels)`.

    Reference: Gatys et al., 2015, https://arxiv.org/abs/1508.06576.
    """
    # A matrix product takes half the time of einsum over both spatial axes.
    batch, height, width, channels = ops.shape(features)
    features = ops.reshape(features, (batch, height * width, channels))
    features = ops.cast(features, "float32")
    if centered:
        features = features - ops.mean(features, axis=1, keepdims=True)
    products = ops.matmul(ops.transpose(features, (0, 2, 1)), features)
    return products / ops.cast(height * width, "float32")


def style_loss(gram_x, gram_y):
    """Compute the mean absolute difference of Gram matrices.

    Lower contrast lowers it whatever the style; see `correlation_style_loss`.

    Args:
        gram_x: Gram matrices `(batch, channels, channels)`, or a dict of them.
        gram_y: The target's, of the same shape or broadcastable to it.

    Returns:
        A float32 scalar >= 0, the mean over the layers.

    Raises:
        ValueError: If the two dicts do not name the same layers.
    """
    return _mean_over_layers(_mean_absolute_difference, gram_x, gram_y)


def covariance(features):
    """Compute each image's covariance matrix of the channels over all positions.

    Args:
        features: Feature map `(batch, height, width, channels)`.

    Returns:
        float32 `(batch, channels, channels)`. Averaged over the batch or over steps
        before `correlation`, it gives a less noisy estimate for a set of images.
    """
    return gram_matrix(features, centered=True)


def correlation(covariances):
    """Divide covariances by the channels' standard deviations: C_ij / (d_i d_j).

    d = s + 0.001 mean(s) with s = sqrt(diag C), so that a dead channel counts as 0
    rather than as amplified noise.

    Args:
        covariances: float `(..., channels, channels)`.

    Returns:
        float32 of the same shape in [-1, 1]. It is invariant to the scale of the
        features, so a generator cannot approach a target by reducing contrast.
    """
    covariances = ops.cast(covariances, "float32")
    variances = ops.diagonal(covariances, axis1=-2, axis2=-1)
    # The square root of a dead channel's variance would have an infinite derivative.
    deviations = ops.sqrt(ops.maximum(variances, 1e-12))
    floor = 0.001 * ops.mean(deviations, axis=-1, keepdims=True)
    deviations = deviations + floor
    scale = ops.expand_dims(deviations, -1) * ops.expand_dims(deviations, -2)
    return covariances / scale


def correlation_gram(features):
    """Compute each image's correlation matrix of the channels over all positions.

    Args:
        features: Feature map `(batch, height, width, channels)`.

    Returns:
        float32 `(batch, channels, channels)` in [-1, 1].
    """
    return correlation(covariance(features))


def correlation_style_loss(correlations, target_correlations):
    """Compute the relative distance of correlations to a target, sum|A-B| / sum|B|.

    Args:
        correlations: `(batch, channels, channels)` or `(channels, channels)`, or a
            dict of them; each matrix is compared separately.
        target_correlations: The target's, of the same shape or broadcastable to it.

    Returns:
        A float32 scalar >= 0, the mean over the matrices and then over the layers.

    Raises:
        ValueError: If the two dicts do not name the same layers.
    """
    return _mean_over_layers(_relative_distance, correlations, target_correlations)


def _mean_absolute_difference(x, y):
    return ops.mean(ops.abs(ops.cast(x, "float32") - ops.cast(y, "float32")))


def _relative_difference(x, y, batch_mean):
    size = batch_mean(ops.stop_gradient(ops.mean(ops.abs(ops.cast(y, "float32")))))
    return _mean_absolute_difference(x, y) / ops.maximum(size, 1e-6)


def _relative_distance(matrices, targets):
    matrices, targets = ops.cast(matrices, "float32"), ops.cast(targets, "float32")
    distances = ops.sum(ops.abs(matrices - targets), axis=(-2, -1))
    sizes = ops.sum(ops.abs(targets), axis=(-2, -1))
    return ops.mean(distances / ops.maximum(sizes, 1e-12))


def _mean_over_layers(measure, x, y):
    if not isinstance(x, dict):
        return measure(x, y)
    if not isinstance(y, dict) or sorted(x) != sorted(y):
        received = sorted(y) if isinstance(y, dict) else type(y).__name__
        raise ValueError(
            "Both dicts of features must name the same layers. "
            f"Received: {sorted(x)} and {received}"
        )
    return sum(measure(x[layer], y[layer]) for layer in x) / len(x)
