"""Find near-duplicates among many images by the distance of their perceptual hashes."""

from collections.abc import Sequence

import numpy as np

# Of 64 bits: unrelated images differ in about 32.
MAX_DISTANCE = 6
# Rows of the matrix of distances that are computed at once, to bound the memory.
_BLOCK = 512


def find_duplicates(
    hashes: Sequence[str], *, max_distance: int = MAX_DISTANCE
) -> list[list[int]]:
    """Group images whose hashes are almost equal.

    Args:
        hashes: 16 hexadecimal digits of each image, from `perceptual_hash`.
        max_distance: Largest number of different bits of two neighbors in a group.

    Returns:
        Ascending indices of each group of at least two, in the order of their first.
    """
    # Equal ones first: many copies of one image would make very many pairs.
    unique = {}
    for index, value in enumerate(hashes):
        unique.setdefault(value, []).append(index)
    members = list(unique.values())
    signs = _to_signs(list(unique))
    parents = list(range(len(members)))

    def root(index):
        while parents[index] != index:
            parents[index] = parents[parents[index]]
            index = parents[index]
        return index

    for start in range(0, len(signs), _BLOCK):
        # Equal bits add 1 to the product and different ones subtract 1.
        close = signs[start : start + _BLOCK] @ signs[start:].T >= 64 - 2 * max_distance
        for row, column in np.argwhere(np.triu(close, 1)):
            first, second = sorted((root(start + row), root(start + column)))
            parents[second] = first
    groups = {}
    for index, own in enumerate(members):
        groups.setdefault(root(index), []).extend(own)
    return sorted(sorted(group) for group in groups.values() if len(group) > 1)


def is_duplicate(
    own: str, others: Sequence[str], *, max_distance: int = MAX_DISTANCE
) -> bool:
    """Return whether a hash is almost equal to one of others."""
    if not others:
        return False
    products = _to_signs(others) @ _to_signs([own])[0]
    return bool((products >= 64 - 2 * max_distance).any())


def _to_signs(hashes: Sequence[str]) -> np.ndarray:
    data = np.frombuffer(bytes.fromhex("".join(hashes)), np.uint8)
    return 2.0 * np.unpackbits(data).reshape(-1, 64).astype(np.float32) - 1.0
