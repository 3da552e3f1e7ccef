"""Losses that keep a stylized image true to a reference: color, contrast, flat regions.

They restrain what an adversarial loss alone would lead to: a color cast, haze, and
texture in flat regions. Images are float NHWC RGB in [-1, 1]; losses are
unweighted float32 scalars >= 0.
"""

from keras import ops

from animegan_tf.losses.pixel import rgb_to_gray, rgb_to_yuv


def local_color_loss(x, y, size: int = 8):
    """Compute the L1 distance of local mean colors in YUV, chroma counting twice.

    Args:
        x: RGB images in [-1, 1], `(batch, height, width, 3)`.
        y: Reference images of the same shape.
        size: Side of the squares that are averaged, in pixels. Within a square, lines
            and texture are free.

    Returns:
        A float32 scalar.
    """
    difference = local_means(rgb_to_yuv(x), size) - local_means(rgb_to_yuv(y), size)
    luma = ops.mean(ops.abs(difference[..., 0]))
    # The sum of the means of two channels is twice their joint mean.
    return (luma + 4.0 * ops.mean(ops.abs(difference[..., 1:]))) / 3.0


def contrast_loss(x, y, fraction: float = 0.97):
    """Compute the contrast that is missing, mean(max(0, fraction std(y) - std(x))).

    Args:
        x: RGB images in [-1, 1], `(batch, height, width, 3)`.
        y: Reference images of the same shape.
        fraction: Fraction of the reference's contrast that is asked for.

    Returns:
        A float32 scalar, of each image's standard deviation of luma.
    """
    x, y = (ops.std(rgb_to_gray(images), axis=(1, 2, 3)) for images in (x, y))
    return ops.mean(ops.relu(fraction * y - x))


def flat_region_loss(x, y, activity):
    """Compute the gradients that are new in x, where y is flat, at two scales.

    Args:
        x: RGB images in [-1, 1], `(batch, height, width, 3)`.
        y: Reference images of the same shape.
        activity: `activity_map(y)`.

    Returns:
        A float32 scalar: the sum over both scales and directions of
        mean((1 - activity) |gradient of x - y|).
    """
    difference = ops.cast(x, "float32") - ops.cast(y, "float32")
    total = 0.0
    for size in (1, 4):
        differences = local_means(difference, size)
        flat = 1.0 - local_means(activity, size)
        total += ops.mean(
            flat[:, 1:] * ops.abs(differences[:, 1:] - differences[:, :-1])
        )
        total += ops.mean(
            flat[:, :, 1:] * ops.abs(differences[:, :, 1:] - differences[:, :, :-1])
        )
    return total


def activity_map(images, *, low: float = 0.012, high: float = 0.05):
    """Estimate where images have detail: 0 in a clear sky, 1 on texture and at edges.

    Args:
        images: RGB images in [-1, 1], `(batch, height, width, 3)`, with sides of at
            least 8 pixels.
        low: Mean gradient of luma per pixel up to which a region counts as flat.
        high: Gradient from which it counts as active.

    Returns:
        float32 in [0, 1], `(batch, height, width, 1)`, constant within squares of 4
        pixels; without gradient.
    """
    height, width = images.shape[1:3]
    coarse = local_means(rgb_to_gray(images), 4)
    coarse = ops.pad(coarse, ((0, 0), (0, 1), (0, 1), (0, 0)), mode="symmetric")
    vertical = ops.abs(coarse[:, 1:, :-1] - coarse[:, :-1, :-1])
    horizontal = ops.abs(coarse[:, :-1, 1:] - coarse[:, :-1, :-1])
    # A gradient between means of squares is four pixels long.
    gradient = (vertical + horizontal) / 4.0
    # An edge makes its surroundings active: the maximum of the 3x3 neighborhood.
    gradient = ops.max_pool(gradient, 3, strides=1, padding="same")
    activity = ops.clip((gradient - low) / (high - low), 0.0, 1.0)
    activity = ops.repeat(ops.repeat(activity, 4, axis=1), 4, axis=2)
    missing = ((0, 0), (0, height % 4), (0, width % 4), (0, 0))
    return ops.stop_gradient(ops.pad(activity, missing, mode="symmetric"))


def wide_means(x, size: int = 8):
    """Blur images by averaging squares and interpolating between their centers.

    Args:
        x: float `(batch, height, width, channels)`, with sides of at least `size`.
        size: Side of the squares, in pixels.

    Returns:
        float32 of the same shape.
    """
    return ops.image.resize(local_means(x, size), x.shape[1:3], "bilinear")


def local_means(x, size: int):
    """Average squares of pixels; incomplete ones at the right and bottom are left out.

    Args:
        x: float `(batch, height, width, channels)`.
        size: Side of the squares, in pixels.

    Returns:
        float32 `(batch, height // size, width // size, channels)`.
    """
    x = ops.cast(x, "float32")
    if size == 1:
        return x
    height, width, channels = x.shape[1:]
    rows, columns = height // size, width // size
    x = x[:, : rows * size, : columns * size]
    # Several times as fast as pooling few channels on a CPU.
    x = ops.reshape(x, (-1, rows, size, columns, size, channels))
    return ops.mean(x, axis=(2, 4))
