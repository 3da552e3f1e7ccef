"""Generate images from noise, to show or to save."""

import logging
import math

import keras
import numpy as np

from animegan_tf.imaging.arrays import to_uint8
from animegan_tf.imaging.writing import write_image
from animegan_tf.utils.checks import check_integer

_logger = logging.getLogger("animegan_tf")
# Matplotlib's backends that only write files.
_FILE_BACKENDS = ("agg", "cairo", "pdf", "pgf", "ps", "svg", "template")


def generate_image(
    generator: keras.Model,
    *,
    num_images: int = 1,
    seed: int = 0,
    latent_dim: int | None = None,
    latents=None,
    path=None,
    show: bool = False,
) -> np.ndarray:
    """Generate images from standard normal noise.

    Args:
        generator: Model from noise, `(batch, latent_dim)`, to float images in [-1, 1],
            `(batch, height, width, 3)`. For a model of photos use `Stylizer`.
        num_images: Number of images, at least 1.
        seed: Seed of the noise. The first images do not depend on `num_images`.
        latent_dim: Length of a noise vector; `None` takes it from the generator.
        latents: The noise itself, `(num_images, latent_dim)`, instead of `num_images`
            and `seed`: finite numbers.
        path: Image file to write, in an existing folder; several images become a
            grid. Its metadata state that a network generated it.
        show: Whether to show the grid in a Matplotlib window or notebook. Without a
            display a warning is logged instead.

    Returns:
        uint8 RGB array in [0, 255], `(num_images, height, width, 3)`.

    Raises:
        ValueError: If the generator has another input, or an argument is out of range.
        OSError: If the file cannot be written.
    """
    check_integer(1, num_images=num_images)
    check_integer(0, seed=seed)
    if latents is not None:
        noise = _check_latents(latents)
        _check_latent_dim(generator, noise.shape[1], argument="latents")
    else:
        latent_dim = _check_latent_dim(generator, latent_dim)
        # Filled row by row, so the first images do not depend on their number.
        noise = np.random.default_rng(seed).normal(size=(num_images, latent_dim))
    images = generator(keras.ops.cast(noise, "float32"), training=False)
    images = to_uint8(keras.ops.convert_to_numpy(keras.ops.cast(images, "float32")))
    if path is not None or show:
        grid = _arrange(images)
        if path is not None:
            write_image(grid, path, mark="generated")
        if show:
            _show(grid)
    return images


def _check_latents(latents) -> np.ndarray:
    noise = np.asarray(latents)
    is_number = noise.dtype.kind in "fiu"
    if not is_number or noise.ndim != 2 or 0 in noise.shape:
        raise ValueError(
            "`latents` must be numbers of shape (num_images, latent_dim). "
            f"Received: dtype {noise.dtype}, shape {noise.shape}"
        )
    if not np.isfinite(noise).all():
        raise ValueError("`latents` must be finite. Received: NaN or infinity")
    return noise


def _check_latent_dim(generator, latent_dim, argument="latent_dim") -> int:
    try:
        given = tuple(generator.input_shape)
    except AttributeError:
        # A subclassed model has no input shape before it is called.
        given = (None, latent_dim)
    if len(given) != 2 or given[1] is None:
        raise ValueError(
            "`generator` must take noise, (batch, latent_dim), of a known length; "
            "for photos use Stylizer. "
            f"Received: input shape {given}, latent_dim={latent_dim}"
        )
    if latent_dim not in (None, given[1]):
        raise ValueError(
            f"`{argument}` must have the generator's length, {given[1]}. "
            f"Received: a length of {latent_dim}"
        )
    return given[1]


def _arrange(images: np.ndarray) -> np.ndarray:
    """Arrange images in a nearly square grid; empty cells are white."""
    count, height, width, channels = images.shape
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    grid = np.full((rows * columns, height, width, channels), 255, np.uint8)
    grid[:count] = images
    grid = grid.reshape(rows, columns, height, width, channels)
    grid = grid.transpose(0, 2, 1, 3, 4)
    return grid.reshape(rows * height, columns * width, channels)


def _show(grid: np.ndarray) -> None:
    # Slow to import and not needed to write a file.
    import matplotlib.pyplot as plt

    if plt.get_backend().lower() in _FILE_BACKENDS:
        _logger.warning("no display to show the image on; pass a `path` to save it")
        return
    figure, axes = plt.subplots()
    axes.imshow(grid)
    axes.axis("off")
    plt.show()
    plt.close(figure)
