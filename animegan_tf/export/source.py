"""The generator to export: its Keras model and, for a default one, its weights."""

import dataclasses
import re
from pathlib import Path

import keras

from animegan_tf.inference.engines.anime_network import (
    AnimeNetwork,
    read_anime_network,
)
from animegan_tf.inference.loading import load_generator
from animegan_tf.inference.style_source import find_saved_style
from animegan_tf.models.analysis.input_multiple import input_multiple
from animegan_tf.models.layers.license_notice import find_notice

Size = tuple[int | None, int | None]


@dataclasses.dataclass(frozen=True)
class ExportSource:
    """What is exported.

    Attributes:
        name: Name for files.
        generator: `keras.Model` from images in [-1, 1] to such images.
        network: The weights of a default generator; `None` for others.
        multiple: Number of which the sizes of images must be multiples.
        size: Height and width of the images; `None` for any.
    """

    name: str
    generator: keras.Model
    network: AnimeNetwork | None
    multiple: int
    size: Size = (None, None)

    @property
    def license(self) -> str | None:
        """License of imported weights, if they have one."""
        return find_notice(self.generator)


def read_source(generator, size: tuple[int, int] | None) -> ExportSource:
    """Load what is to be exported.

    Args:
        generator: A `keras.Model`, or anything `load_generator` takes.
        size: Height and width in pixels, or `None` for any.

    Raises:
        FileNotFoundError: If there is no such path.
        ValueError: If there is no such style, the generator does not accept images of
            any size, or the size is not a multiple of what it requires.
    """
    network = None
    if isinstance(generator, keras.Model):
        name = generator.name
    else:
        name = str(generator)
        # A name with a path separator is that of a file or folder.
        if Path(name).name != name or Path(name).exists():
            name = Path(name).stem
        style = find_saved_style(generator)
        network = None if style is None else read_anime_network(style)
        generator = load_generator(generator)
    shape = getattr(generator, "input_shape", None)
    if not isinstance(shape, tuple) or shape[1:] != (None, None, 3):
        raise ValueError(
            "`generator` must accept images of any size, input shape "
            f"(None, None, None, 3). Received: input shape {shape}"
        )
    multiple = input_multiple(generator)
    if size is not None and any(side < 1 or side % multiple for side in size):
        raise ValueError(
            f"`size` must have a height and width divisible by {multiple}. "
            f"Received: size={size}"
        )
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "generator"
    return ExportSource(name, generator, network, multiple, size or (None, None))
