"""Random crops and flips as pure functions of pictures and a seed pair.

They run eagerly and inside `tf.data` with the same result.
"""

import tensorflow as tf


def random_crop_and_flip(images, size: int, seed, *, flip: bool = True):
    """Cut the same random square out of aligned pictures, and perhaps mirror it.

    Where a picture is smaller than the square it is centred and continued by
    reflection, as often as needed.

    Args:
        images: A tensor, or a list, tuple or dict of tensors, `(height, width,
            channels)`, any dtype and range; all of one height and width.
        size: Side of the square, in pixels, at least 1.
        seed: Integer pair; equal seeds give equal crops.
        flip: Whether to mirror left to right with probability 1/2.

    Returns:
        The same structure, of tensors `(size, size, channels)`.

    Raises:
        ValueError: If `size` is less than 1, or heights and widths known in advance
            differ.
        tf.errors.InvalidArgumentError: If they differ when the function runs.
    """
    _check_size(size)
    images = tf.nest.map_structure(tf.convert_to_tensor, images)
    flat = tf.nest.flatten(images)
    height, width = _common_size(flat)
    draws = tf.random.stateless_uniform([3], seed)
    rows = _mirror(_random_start(draws[0], height, size) + tf.range(size), height)
    columns = _mirror(_random_start(draws[1], width, size) + tf.range(size), width)
    if flip:
        columns = tf.where(draws[2] < 0.5, columns[::-1], columns)
    return tf.nest.map_structure(lambda i: _gather(i, rows, columns), images)


def center_crop(images, size: int):
    """Cut the middle square out of aligned pictures.

    Where a picture is smaller than the square it is centred and continued by
    reflection.

    Args:
        images: What `random_crop_and_flip` takes.
        size: Side of the square, in pixels, at least 1.

    Returns:
        The same structure, of tensors `(size, size, channels)`.

    Raises:
        ValueError: As `random_crop_and_flip`.
        tf.errors.InvalidArgumentError: As `random_crop_and_flip`.
    """
    _check_size(size)
    images = tf.nest.map_structure(tf.convert_to_tensor, images)
    height, width = _common_size(tf.nest.flatten(images))
    rows, columns = (
        _mirror(tf.math.floordiv(length - size, 2) + tf.range(size), length)
        for length in (height, width)
    )
    return tf.nest.map_structure(lambda i: _gather(i, rows, columns), images)


def random_rescaled_crop(
    image, size: int, seed, *, coverage=(0.6, 1.0), flip: bool = True
) -> tf.Tensor:
    """Cut a random square of random extent and scale it to `size`, perhaps mirrored.

    The square is never enlarged, except as far as needed where the picture's short
    side is less than `size`.

    Args:
        image: uint8 tensor in [0, 255], `(height, width, channels)`.
        size: Side of the result, in pixels, at least 1.
        seed: Integer pair; equal seeds give equal crops.
        coverage: Least and greatest part of the short side that the square covers,
            in (0, 1].
        flip: Whether to mirror left to right with probability 1/2.

    Returns:
        uint8 tensor in [0, 255], `(size, size, channels)`.

    Raises:
        ValueError: If `size` or `coverage` is out of range.
    """
    _check_size(size)
    least, greatest = coverage
    if not 0.0 < least <= greatest <= 1.0:
        raise ValueError(
            "`coverage` must be two ascending numbers in (0, 1]. "
            f"Received: coverage={coverage}"
        )
    image = tf.convert_to_tensor(image)
    height, width = tf.shape(image)[0], tf.shape(image)[1]
    short = tf.minimum(height, width)
    draws = tf.random.stateless_uniform([4], seed)
    part = least + (greatest - least) * draws[0]
    side = tf.cast(tf.round(part * tf.cast(short, tf.float32)), tf.int32)
    side = tf.clip_by_value(side, tf.minimum(size, short), short)
    top = _random_start(draws[1], height, side)
    left = _random_start(draws[2], width, side)
    square = image[top : top + side, left : left + side]
    # Lanczos with antialiasing keeps drawn lines crisp at every scale.
    scaled = tf.image.resize(square, (size, size), method="lanczos3", antialias=True)
    if flip:
        scaled = tf.where(draws[3] < 0.5, scaled[:, ::-1], scaled)
    scaled = tf.clip_by_value(tf.floor(scaled + 0.5), 0.0, 255.0)
    return tf.ensure_shape(tf.cast(scaled, tf.uint8), (size, size, image.shape[-1]))


def _check_size(size: int) -> None:
    if size < 1:
        raise ValueError(f"`size` must be at least 1. Received: size={size}")


def _common_size(images: list[tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the height and width of aligned pictures; refuse others."""
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
    # A check in graph mode may be an operation, or nothing if it is already proven.
    with tf.control_dependencies([check for check in checks if check is not None]):
        shape = tf.identity(tf.shape(first))
    return shape[0], shape[1]


def _gather(image, rows, columns) -> tf.Tensor:
    square = tf.gather(tf.gather(image, rows, axis=0), columns, axis=1)
    return tf.ensure_shape(square, (rows.shape[0], columns.shape[0], image.shape[-1]))


def _random_start(draw, length, size) -> tf.Tensor:
    """Map a draw in [0, 1) to the start of a window of `size` in `length`.

    A window longer than `length` is centred, so its start is negative.
    """
    num_starts = tf.maximum(length - size, 0) + 1
    start = tf.cast(tf.floor(draw * tf.cast(num_starts, tf.float32)), tf.int32)
    return start - tf.maximum(size - length, 0) // 2


def _mirror(positions, length) -> tf.Tensor:
    """Reflect positions into [0, length), the border pixels not repeated."""
    period = tf.maximum(2 * (length - 1), 1)
    positions = tf.math.floormod(positions, period)
    return tf.minimum(positions, period - positions)
