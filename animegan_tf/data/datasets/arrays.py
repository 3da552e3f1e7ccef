"""Datasets of NumPy arrays and `.npy` files: checked images, and their batches."""

import math
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from animegan_tf.imaging.arrays import to_float
from animegan_tf.utils.array_file import map_array
from animegan_tf.utils.checks import received

_CHUNK = 64


class ImageArray:
    """Images of one size in an array or a file, checked and converted to [-1, 1].

    A file is memory-mapped, so it may be larger than the memory.

    Args:
        source: uint8 array in [0, 255] or float array,
            `(count, height, width, channels)`, or the path of a `.npy` file of one.
        argument: Name of the argument in error messages.
        value_range: Minimum and maximum value of float images. `None` means (-1, 1),
            but rejects images without a value below 0: those are usually in [0, 1],
            and a generator that ends in tanh would learn pale images from them.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is not such an array, or a value is not finite or out of
            range.
    """

    def __init__(
        self,
        source,
        *,
        argument: str = "images",
        value_range: tuple[float, float] | None = None,
    ):
        self._argument = argument
        self._array = _load(source, argument)
        _check_form(self._array, argument)
        limits = (-1.0, 1.0) if value_range is None else value_range
        try:
            self._low, self._high = map(float, limits)
            is_range = -math.inf < self._low < self._high < math.inf
        except (TypeError, ValueError):
            is_range = False
        if not is_range:
            raise ValueError(
                "`value_range` must be the minimum and the maximum value. "
                f"{received('value_range', value_range)}"
            )
        if self._array.dtype != np.uint8:
            self._check_values(ambiguous=value_range is None)

    def __len__(self) -> int:
        return len(self._array)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """`(count, height, width, channels)`."""
        return self._array.shape

    def take(self, indices) -> np.ndarray:
        """Return the images of some indices, float32 in [-1, 1]."""
        if self._array.dtype == np.uint8:
            return to_float(self._array[indices])
        images = np.asarray(self._array[indices], np.float32)
        scale = np.float32(2.0 / (self._high - self._low))
        return (images - np.float32(self._low)) * scale - np.float32(1.0)

    def _check_values(self, ambiguous: bool) -> None:
        low, high = np.inf, -np.inf
        for start in range(0, len(self._array), _CHUNK):
            chunk = self._array[start : start + _CHUNK]
            if not np.isfinite(chunk).all():
                raise ValueError(
                    f"`{self._argument}` must hold finite numbers. Received: NaN or "
                    f"infinity among the images {start} to {start + len(chunk) - 1}"
                )
            low, high = min(low, float(chunk.min())), max(high, float(chunk.max()))
        # Tolerate rounding of -1 and 1.
        margin = 1e-3 * (self._high - self._low)
        if low < self._low - margin or high > self._high + margin:
            raise ValueError(
                f"`{self._argument}` must be uint8 in [0, 255] or float in "
                f"[{self._low:g}, {self._high:g}] (see value_range). "
                f"Received: float values from {low:g} to {high:g}"
            )
        if ambiguous and low >= 0.0:
            raise ValueError(
                f"`{self._argument}` has no value below 0: pass value_range=(0, 1) if "
                "its floats are in [0, 1], or value_range=(-1, 1) if all images are "
                f"that bright. Received: float values from {low:g} to {high:g}"
            )


class ArrayBatches:
    """Unpaired batches of generator inputs and real images, epoch by epoch.

    An epoch is one pass over the targets in random order. The inputs are shuffled
    independently.

    Args:
        input_images: Input images of the generator, see `ImageArray`; not used with
            `latent_dim`.
        target_images: Real images, see `ImageArray`.
        latent_dim: Length of the standard normal noise for the generator, or `None`
            for input images.
        batch_size: Number of images in a batch, limited to the number of targets.
        seed: Seed of shuffling and noise.
        value_range: Range of float images, see `ImageArray`.

    Attributes:
        target_shape: `(count, height, width, channels)` of the targets.
        input_shape: The same of the input images, or `None` with noise.
        steps_per_epoch: Number of batches in an epoch; a last incomplete batch is
            dropped.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If an array does not hold images, or both `input_images` and
            `latent_dim` are `None`.
    """

    def __init__(
        self,
        input_images,
        target_images,
        *,
        latent_dim: int | None,
        batch_size: int,
        seed: int,
        value_range: tuple[float, float] | None = None,
    ):
        options = {"value_range": value_range}
        self._latent_dim = latent_dim
        self._seed = seed
        self._reals = ImageArray(target_images, argument="target_images", **options)
        self._inputs = None
        if latent_dim is None:
            if input_images is None:
                raise ValueError(
                    "`input_images` must be given, since the generator takes images. "
                    "Received: input_images=None"
                )
            self._inputs = ImageArray(input_images, argument="input_images", **options)
        self._batch_size = min(batch_size, len(self._reals))
        self.steps_per_epoch = len(self._reals) // self._batch_size
        self.target_shape = self._reals.shape
        self.input_shape = self._inputs.shape if self._inputs is not None else None

    def of_epoch(self, epoch: int) -> Iterator[dict[str, np.ndarray]]:
        """Yield the batches of an epoch, which depend on the seed and `epoch` alone.

        Each is a dict of float32 arrays: `"input"`, images in [-1, 1] or noise, and
        `"anime"`, real images in [-1, 1].
        """
        rng = np.random.default_rng([self._seed, epoch])
        size = self._batch_size
        count = self.steps_per_epoch * size
        reals = _order(rng, len(self._reals), count)
        if self._inputs is not None:
            inputs = _order(rng, len(self._inputs), count)
        for start in range(0, count, size):
            chosen = slice(start, start + size)
            if self._inputs is None:
                given = rng.normal(size=(size, self._latent_dim)).astype(np.float32)
            else:
                given = self._inputs.take(inputs[chosen])
            yield {"input": given, "anime": self._reals.take(reals[chosen])}


def _order(rng, num_images: int, count: int) -> np.ndarray:
    """Return `count` shuffled indices; how often each occurs differs by at most 1."""
    passes = -(-count // num_images)
    return np.concatenate([rng.permutation(num_images) for _ in range(passes)])[:count]


def _load(source, argument) -> np.ndarray:
    if not isinstance(source, str | os.PathLike):
        try:
            return np.asarray(source)
        except ValueError as error:
            raise ValueError(
                f"`{argument}` must be one array of images of one size. "
                f"Received: {type(source).__name__}"
            ) from error
    path = Path(source)
    if not path.is_file():
        raise FileNotFoundError(f"No such file for `{argument}`: {str(path)!r}")
    try:
        return map_array(path)
    except ValueError as error:
        raise ValueError(
            f"`{argument}` must be a .npy file of one array of numbers. {error}"
        ) from error


def _check_form(array, argument) -> None:
    if array.dtype != np.uint8 and array.dtype.kind != "f":
        raise ValueError(
            f"`{argument}` must be uint8 in [0, 255] or float in [-1, 1]. "
            f"Received: dtype {array.dtype}"
        )
    if array.ndim != 4 or 0 in array.shape:
        raise ValueError(
            f"`{argument}` must have the shape (count, height, width, channels), with "
            f"at least one image. Received: shape {array.shape}"
        )
