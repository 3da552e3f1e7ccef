"""What a generator costs: parameters, multiply-adds, receptive field, tiles."""

import dataclasses

import keras
import numpy as np

from animegan_tf.models.analysis.cost import count_multiply_adds
from animegan_tf.models.analysis.receptive_field import (
    measure_field_size,
    measure_receptive_field,
)
from animegan_tf.models.generators import build_generator

# A video frame of 1920x1080 pixels, padded to multiples of 16.
FULL_HD = (1088, 1920)
_SIZE = 256


@dataclasses.dataclass(frozen=True)
class GeneratorFacts:
    """Facts about a generator with its default options.

    Attributes:
        name: Key of `GENERATORS`.
        parameters: Number of trainable parameters.
        gmac: Billions of multiply-adds for an image of 256x256 pixels.
        gmac_full_hd: The same for 1920x1088 pixels; `None` if the generator makes
            images of one size from noise.
        receptive_field: Side of the square of pixels on which the convolutions' result
            depends, in pixels; `None` for images from noise.
        exact_tiles: Whether a tile equals that region of the whole image: `False` if a
            layer computes statistics of the whole image.
    """

    name: str
    parameters: int
    gmac: float
    gmac_full_hd: float | None
    receptive_field: int | None
    exact_tiles: bool

    @property
    def megabytes(self) -> float:
        """Size of the parameters in float32, in millions of bytes."""
        return 4e-6 * self.parameters


def describe_generator(name: str) -> GeneratorFacts:
    """Measure a generator with its default options on its graph of layers.

    Args:
        name: Key of `GENERATORS`.

    Raises:
        ValueError: If there is no such generator.
    """
    generator = build_generator(name)
    weights = generator.trainable_variables
    parameters = sum(int(np.prod(weight.shape)) for weight in weights)
    if len(generator.input_shape) != 4:
        gmac = count_multiply_adds(generator) / 1e9
        return GeneratorFacts(name, parameters, gmac, None, None, False)
    gmac, gmac_full_hd = (
        count_multiply_adds(build_generator(name, image_shape=(*size, 3))) / 1e9
        for size in ((_SIZE, _SIZE), FULL_HD)
    )
    return GeneratorFacts(
        name,
        parameters,
        gmac,
        gmac_full_hd,
        measure_field_size(generator),
        has_exact_tiles(generator),
    )


def has_exact_tiles(generator: keras.Model) -> bool:
    """Return whether no layer depends on the whole image."""
    try:
        measure_receptive_field(generator)
    except ValueError:
        return False
    return True
