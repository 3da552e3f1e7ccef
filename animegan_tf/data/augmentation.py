"""Random crops and flips as pure functions of images and a seed.

They give the same result eagerly and inside `tf.data`.
"""

import tensorflow as tf


def random_crop_and_flip(images, size: int, seed, *, flip: bool = True):
    """Take the same random crop of aligned images and flip it at random.

    Images smaller than the crop are centered and extended by reflection.

    Args:
        images: A tensor, or a list, tuple or dict of tensors, `(height, width,
            channels)`, any dtype and range; all of one height and width.
        size: Side of the crop, in pixels, at least 1.
        seed: Pair of integers; equal seeds give equal crops.
        flip: Whether to flip horizontally with probability 1/2.

    Returns:
        The same structure, of tensors `(size, size, channels)`.

    Raises:
        ValueError: If `size` is less than 1, or static heights and widths differ.
        tf.errors.InvalidArgumentError: If dynamic heights and widths differ.
    """
    _check_size(size)
    images = tf.nest.map_structure(tf.convert_to_tensor, images)
    flat = tf.nest.flatten(images)
    height, width = _common_size(flat)
    random = tf.random.stateless_uniform([3], seed)
    rows = _reflect(_random_start(random[0], height, size) + tf.range(size), height)
    columns = _reflect(_random_start(random[1], width, size) + tf.range(size), width)
    if flip:
        columns = tf.where(random[2] < 0.5, columns[::-1], columns)
    return tf.nest.map_structure(lambda i: _gather(i, rows, columns), images)


def center_crop(images, size: int):
    """Take the center crop of aligned images.

    Images smaller than the crop are centered and extended by reflection.

    Args:
        images: As in `random_crop_and_flip`.
        size: Side of the crop, in pixels, at least 1.

    Returns:
        The same structure, of tensors `(size, size, channels)`.

    Raises:
        ValueError: As in `random_crop_and_flip`.
        tf.errors.InvalidArgumentError: As in `random_crop_and_flip`.
    """
    _check_size(size)
    images = tf.nest.map_structure(tf.convert_to_tensor, images)
    height, width = _common_size(tf.nest.flatten(images))
    rows, columns = (
        _reflect(tf.math.floordiv(length - size, 2) + tf.range(size), length)
        for length in (height, width)
    )
    return tf.nest.map_structure(lambda i: _gather(i, rows, columns), images)


def random_rescaled_crop(
    image, size: int, seed, *, coverage=(0.6, 1.0), flip: bool = True
) -> tf.Tensor:
    """Take a random square crop of random extent, resize it and flip it at random.

    Crops are enlarged only where the image's short side is less than `size`.

    Args:
        image: uint8 tensor in [0, 255], `(height, width, channels)`.
        size: Side of the output, in pixels, at least 1.
        seed: Pair of integers; equal seeds give equal crops.
        coverage: Minimum and maximum fraction of the short side that the crop covers,
            in (0, 1].
        flip: Whether to flip horizontally with probability 1/2.

    Returns:
        uint8 tensor in [0, 255], `(size, size, channels)`.

    Raises:
        ValueError: If `size` or `coverage` is out of range.
    """
    _check_size(size)
    low, high = coverage
    if not 0.0 < low <= high <= 1.0:
        raise ValueError(
            "`coverage` must be two ascending numbers in (0, 1]. "
            f"Received: coverage={coverage}"
        )
    image = tf.convert_to_tensor(image)
    height, width = tf.shape(image)[0], tf.shape(image)[1]
    short = tf.minimum(height, width)
    random = tf.random.stateless_uniform([4], seed)
    fraction = low + (high - low) * random[0]
    side = tf.cast(tf.round(fraction * tf.cast(short, tf.float32)), tf.int32)
    side = tf.clip_by_value(side, tf.minimum(size, short), short)
    top = _random_start(random[1], height, side)
    left = _random_start(random[2], width, side)
    square = image[top : top + side, left : left + side]
    # Lanczos with antialiasing keeps lines crisp at every scale.
    scaled = tf.image.resize(square, (size, size), method="lanczos3", antialias=True)
    if flip:
        scaled = tf.where(random[3] < 0.5, scaled[:, ::-1], scaled)
    scaled = tf.clip_by_value(tf.floor(scaled + 0.5), 0.0, 255.0)
    return tf.ensure_shape(tf.cast(scaled, tf.uint8), (size, size, image.shape[-1]))


def _check_size(size: int) -> None:
    if size < 1:
        raise ValueError(f"`size` must be at least 1. Received: size={size}")


def _common_size(images: list[tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the common height and width of images, or raise an error."""
    first = images[0]
    for image in images[1:]:
        if not first.shape[:2].is_compatible_with(image.shape[:2]):
            raise ValueError(
                "`images` must all have the same height and width. "
                f"Received shapes: {[tuple(image.shape) for image in images]}"
            )
    checks = [
        tf.debugging.assert_equal(
            tf.shape(image)[:2],
            tf.shape(first)[:2],
            message="`images` must all have the same height and width.",
        )
        for image in images[1:]
    ]
    # In graph mode, a check that is statically true is None.
    with tf.control_dependencies([check for check in checks if check is not None]):
        shape = tf.identity(tf.shape(first))
    return shape[0], shape[1]


def _gather(image, rows, columns) -> tf.Tensor:
    square = tf.gather(tf.gather(image, rows, axis=0), columns, axis=1)
    return tf.ensure_shape(square, (rows.shape[0], columns.shape[0], image.shape[-1]))


def _random_start(fraction, length, size) -> tf.Tensor:
    """Map a fraction in [0, 1) to the start of a window of `size` in `length`.

    A window longer than `length` is centered, so its start is negative.
    """
    num_starts = tf.maximum(length - size, 0) + 1
    start = tf.cast(tf.floor(fraction * tf.cast(num_starts, tf.float32)), tf.int32)
    return start - tf.maximum(size - length, 0) // 2


def _reflect(positions, length) -> tf.Tensor:
    """Reflect positions into [0, length), without repeating the border pixels."""
    period = tf.maximum(2 * (length - 1), 1)
    positions = tf.math.floormod(positions, period)
    return tf.minimum(positions, period - positions)
