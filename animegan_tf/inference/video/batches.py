"""Frames in batches for the network; what stands still goes through it once."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

# Up to these pixels a frame, the network takes several at once.
_BATCHES = ((640 * 360, 4), (1280 * 720, 2))


def choose_batch_size(size: tuple[int, int]) -> int:
    """Choose how many frames of a height and width the network takes at once."""
    pixels = size[0] * size[1]
    return next((batch for limit, batch in _BATCHES if pixels <= limit), 1)


def batched(items: Iterable, size: int) -> Iterator[list[Any]]:
    """Collect items in lists of `size`, the last of which may be shorter."""
    batch = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def stylize_batch(
    stylize: Callable[[np.ndarray], np.ndarray],
    images: list[np.ndarray],
    previous: tuple[np.ndarray, np.ndarray] | None,
) -> tuple[list[np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Stylize frames; one that repeats the frame before it gets the same result.

    Args:
        stylize: From uint8 RGB `(batch, height, width, 3)` to the same.
        images: Frames in order, at least one, uint8 RGB `(height, width, 3)`.
        previous: The frame before them and its result, or `None`.

    Returns:
        The results, and the last frame with its result.

    Raises:
        ValueError: If `stylize` gives another shape.
    """
    last = None if previous is None else previous[0]
    new, places = [], []
    for image in images:
        if last is None or not (image is last or np.array_equal(image, last)):
            new.append(image)
        places.append(len(new) - 1)
        last = image
    results = _stylize_new(stylize, np.stack(new)) if new else []
    # Place -1: still the result of the batch before.
    ordered = [previous[1] if place < 0 else results[place] for place in places]
    return ordered, (last, ordered[-1])


def _stylize_new(stylize, images):
    results = stylize(images)
    if results.shape != images.shape:
        raise ValueError(
            "`style` must give frames of its input's shape. Received: input "
            f"{images.shape}, output {results.shape}"
        )
    return results
