"""Find which image sizes a network accepts."""

import keras

# Nine halvings, more than any image needs.
_LARGEST = 512
# Odd, so that a size is divisible by the candidate and by no greater power of 2; and
# large enough for reflection padding.
_FACTOR = 3


def input_multiple(model: keras.Model) -> int:
    """Find the number of pixels by which a network's input size must be divisible.

    Only shapes are inferred; nothing is computed.

    Args:
        model: Network from images, `(batch, height, width, 3)`, of unknown height and
            width, to images of the same size.

    Returns:
        The smallest power of 2 such that images whose sides are multiples of it keep
        their size.

    Raises:
        ValueError: If there is none up to 512.
    """
    multiple = 1
    while multiple <= _LARGEST:
        if _keeps_size(model, multiple * _FACTOR):
            return multiple
        multiple *= 2
    raise ValueError(
        "`generator` must return images of its input's shape, at least where its sides "
        f"are divisible by {_LARGEST}. Received: {model.name!r}, which does not"
    )


def _keeps_size(model, size: int) -> bool:
    """Return whether square images of a size keep it."""
    image = keras.KerasTensor((1, size, size, 3), dtype="float32")
    try:
        result = model.compute_output_spec(image)
    # Layers report sizes that they do not support in different ways.
    except (TypeError, ValueError):
        return False
    return tuple(result.shape[1:3]) == (size, size)
