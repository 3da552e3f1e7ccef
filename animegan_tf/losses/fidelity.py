"""Losses that keep a stylized image true to a reference: color, contrast, flat regions.

They restrain what an adversarial loss alone would lead to: a color cast, haze, texture
in flat regions, echoes of contours and stripes. Images are float NHWC RGB in [-1, 1];
losses are unweighted float32 scalars >= 0.
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


def new_edge_loss(x, y, reach: int = 2):
    """Compute the gradients of luma in x larger than any nearby gradient of y.

    It forbids echoes beside contours, waves and dots, and leaves free how strong an
    edge is up to the strongest of its surroundings, where exactly it lies, and what is
    left out.

    Args:
        x: RGB images in [-1, 1], `(batch, height, width, 3)`.
        y: Reference images of the same shape.
        reach: Distance in pixels, along both axes, within which a gradient of the same
            direction counts as nearby.

    Returns:
        A float32 scalar: the mean over both directions of
        max(0, |gradient of x| - the largest one nearby).
    """
    total = 0.0
    for own, other in zip(_absolute_gradients(x), _absolute_gradients(y), strict=True):
        nearby = ops.max_pool(other, 2 * reach + 1, strides=1, padding="same")
        total += ops.mean(ops.relu(own - nearby))
    return total / 2.0


def grid_loss(x, y, period: int = 8, tolerance: float = 0.012):
    """Compute the stripes of a period that x has and y lacks, tied to the pixel grid.

    A generator that downscales by the period draws them most easily, and those of a
    half or a quarter of it, which count too. They are what
    remains of the difference when pixels of the same phase are averaged over 8 periods
    along an axis, and over as many pixels as 4 periods across it.

    Args:
        x: RGB images in [-1, 1], `(batch, height, width, 3)`, with sides of at least
            two periods.
        y: Reference images of the same shape.
        period: Period in pixels.
        tolerance: What any image has by chance, in units of [-1, 1].

    Returns:
        A float32 scalar: the mean over both axes of max(0, |stripes| - tolerance).
    """
    difference = ops.cast(x, "float32") - ops.cast(y, "float32")
    total = 0.0
    for axis in (1, 2):
        along = difference if axis == 1 else ops.swapaxes(difference, 1, 2)
        height, width, channels = along.shape[1:]
        # As many periods as fit into small images.
        cycles, breadth = min(8, height // period), min(4 * period, width)
        rows, columns = height // (cycles * period), width // breadth
        along = along[:, : rows * cycles * period, : columns * breadth]
        shape = (-1, rows, cycles, period, columns, breadth, channels)
        phases = ops.mean(ops.reshape(along, shape), axis=(2, 5))
        stripes = phases - ops.mean(phases, axis=2, keepdims=True)
        total += ops.mean(ops.relu(ops.abs(stripes) - tolerance))
    return total / 2.0


def _absolute_gradients(images):
    """Return the absolute vertical and horizontal gradients of luma."""
    luma = rgb_to_gray(ops.cast(images, "float32"))
    return (
        ops.abs(luma[:, 1:] - luma[:, :-1]),
        ops.abs(luma[:, :, 1:] - luma[:, :, :-1]),
    )


def activity_map(images, *, reach: int = 3, low: float = 0.03, high: float = 0.12):
    """Estimate which pixels are next to an edge: 0 between edges, 1 on texture.

    Args:
        images: RGB images in [-1, 1], `(batch, height, width, 3)`.
        reach: Distance from an edge, in pixels along both axes, that counts as next.
        low: Gradient of luma per pixel up to which there is no edge.
        high: Gradient from which there is one.

    Returns:
        float32 in [0, 1], `(batch, height, width, 1)`, without gradient.
    """
    vertical, horizontal = _absolute_gradients(images)
    gradient = ops.maximum(
        ops.pad(vertical, ((0, 0), (0, 1), (0, 0), (0, 0))),
        ops.pad(horizontal, ((0, 0), (0, 0), (0, 1), (0, 0))),
    )
    gradient = ops.max_pool(gradient, 2 * reach + 1, strides=1, padding="same")
    detail = ops.clip((gradient - low) / (high - low), 0.0, 1.0)
    return ops.stop_gradient(ops.average_pool(detail, 3, strides=1, padding="same"))


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
