"""Batches of inputs and real pictures from arrays, unpaired."""

from collections.abc import Iterator

import numpy as np

from animegan_tf.data.datasets.image_arrays import ImageArray


class ArrayBatches:
    """Batches of real pictures, and of photos or noise, epoch by epoch.

    An epoch is one pass over the targets in a random order. The inputs have an order of
    their own: what meets in a batch does not belong together.

    Args:
        input_images: Pictures for the generator, see `ImageArray`; not used where
            there is a `latent_dim`.
        target_images: The real pictures, likewise.
        latent_dim: Length of standard normal noise for the generator, or `None`.
        batch_size: Pictures in a batch; all of them where there are fewer targets.
        seed: Seed of the orders and of the noise.
        value_range: Of float pictures, see `ImageArray`.

    Attributes:
        target_shape: `(count, height, width, channels)` of the targets.
        input_shape: The same of the inputs, or `None` with noise.
        steps_per_epoch: Number of batches in an epoch; targets that do not fill another
            one are left out.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If the arrays are no pictures, or there are none for a generator
            that needs them.
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
        """Yield the batches of an epoch, a pure function of the seed and its number.

        Each is a dict of float32 arrays: `"input"`, images in [-1, 1] or noise, and
        `"anime"`, the real pictures in [-1, 1].
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
    """Draw `count` numbers of pictures, each as often as the others but for one."""
    passes = -(-count // num_images)
    return np.concatenate([rng.permutation(num_images) for _ in range(passes)])[:count]
