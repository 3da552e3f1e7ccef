"""Which sizes of pictures a network takes."""

import keras

# Nine halvings, more than any picture has use for.
_LARGEST = 512
# Odd, so that a size divides by the candidate and by no greater power of 2; and large
# enough for mirrored borders.
_FACTOR = 3


def input_multiple(model: keras.Model) -> int:
    """Find by how many pixels the sizes of a network's input must divide.

    Nothing is computed: layers are only asked for the shapes of their results.

    Args:
        model: Network from images, `(batch, height, width, 3)`, of unknown height and
            width, to images of the same size.

    Returns:
        The smallest power of 2 such that pictures with multiples of it as sides come
        out at their size.

    Raises:
        ValueError: If there is none up to 512.
    """
    multiple = 1
    while multiple <= _LARGEST:
        if _keeps(model, multiple * _FACTOR):
            return multiple
        multiple *= 2
    raise ValueError(
        "`generator` must give images of its input's shape, at least where its sides "
        f"divide by {_LARGEST}. Received: {model.name!r}, which does not"
    )


def _keeps(model, size: int) -> bool:
    """Say whether square pictures of a size come out at that size."""
    image = keras.KerasTensor((1, size, size, 3), dtype="float32")
    try:
        result = model.compute_output_spec(image)
    # A layer that a size does not suit says so in a way of its own.
    except (TypeError, ValueError):
        return False
    return tuple(result.shape[1:3]) == (size, size)
