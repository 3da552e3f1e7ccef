"""Turn pictures into a style, at exactly their size."""

import math
import os
from collections.abc import Callable, Iterable, Iterator

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

from animegan_tf import presets
from animegan_tf.imaging.reading import pil_to_array, read_image
from animegan_tf.inference.compiled import LevelFunction
from animegan_tf.inference.loading import load_generator, style_shares
from animegan_tf.inference.precision import resolve_precision, with_precision
from animegan_tf.inference.tiling.planner import AUTO, TilePlanner
from animegan_tf.inference.tiling.tiles import read_tile
from animegan_tf.models.analysis.input_multiple import input_multiple
from animegan_tf.utils.prefetch import read_compute_write

_PATHS = (str, os.PathLike)


class Stylizer:
    """Give pictures the style of a network.

    Any size from 1x1 pixel up comes out at exactly that size: pictures are mirrored
    beyond the right and lower border to a size the network takes, and cropped back.
    Where the network takes no statistics of the whole picture, large pictures are put
    together from tiles, equal to the result in one piece up to the rounding of the
    arithmetic (one level of 255), so that memory stays bounded at any size.

    Args:
        generator: `keras.Model` from float32 images in [-1, 1],
            `(batch, height, width, 3)` of any height and width divisible by
            `multiple`, to images of the same shape and range.
        multiple: Pixels by which the network's input sizes must divide; what its
            layers ask for is added.
        precision: Arithmetic inside the network: "float32", or "bfloat16" or
            "float16" where the processor is faster at them; "auto" takes the fastest.
        tile: Side in pixels of the squares that large pictures are put together from,
            rounded up to what the network's grid allows; it computes each with a margin
            as wide as it looks around. "auto" cuts only pictures that would need much
            memory, if the network allows it; `None` never does.

    Attributes:
        styles: Share of each named style that it draws, such as `{"comic": 1.0}`;
            empty for a network without names.

    Raises:
        ValueError: If the generator does not take pictures of any size, takes
            statistics of the whole picture and a size of tiles is given, or another
            argument is out of range.
    """

    def __init__(
        self,
        generator: keras.Model,
        *,
        multiple: int = 16,
        precision: str = "float32",
        tile: int | str | None = AUTO,
    ):
        if multiple < 1:
            raise ValueError(
                f"`multiple` must be at least 1. Received: multiple={multiple}"
            )
        _check_generator(generator)
        multiple = math.lcm(multiple, input_multiple(generator))
        self._planner = TilePlanner(generator, multiple, tile)
        self.multiple = self._planner.multiple
        self.styles: dict[str, float] = {}
        self.precision = resolve_precision(precision)
        self.generator = with_precision(generator, self.precision)
        self._run = LevelFunction(self.generator, tf.uint8)
        self._run_deep = LevelFunction(self.generator, tf.uint16)

    @classmethod
    def from_preset(
        cls,
        name_or_path=presets.DEFAULT_STYLE,
        *,
        precision: str = "float32",
        tile: int | str | None = AUTO,
    ) -> "Stylizer":
        """Load a bundled style, or the result of a training.

        Args:
            name_or_path: One of `list_styles()`, or a blend of bundled styles such as
                `"comic:0.6,oil:0.4"`; a run folder, or one of its styles,
                `RUN/STYLE`, if it has several; or a `.keras` file.
            precision: See `Stylizer`.
            tile: See `Stylizer`.

        Raises:
            FileNotFoundError: If there is no such path, or the run folder has no
                generator yet.
            ValueError: If it is no style's name, the file holds no such network, or an
                argument is out of range.
        """
        stylizer = cls(load_generator(name_or_path), precision=precision, tile=tile)
        stylizer.styles = style_shares(name_or_path)
        return stylizer

    def __call__(self, image, *, progress: Callable[[int, int], None] | None = None):
        """Stylize a picture or a batch of pictures.

        Args:
            image: uint8 RGB array in [0, 255], `(height, width, 3)` or
                `(batch, height, width, 3)`; grey `(height, width)` or with 1 channel,
                and RGBA with 4 (laid on white), are taken too. Or a Pillow image. Or
                the path of a picture. Arrays may be uint16 in [0, 65535] too.
            progress: Called with the numbers of tiles done and in all.

        Returns:
            For a Pillow image one in RGB, else an RGB array of the input's type, uint8
            for a path; of the input's size.

        Raises:
            FileNotFoundError: If there is no file at the path.
            ValueError: If the array is none of the above or the file is no picture.
        """
        if isinstance(image, _PATHS):
            return self._stylize(read_image(image)[np.newaxis], progress)[0]
        if isinstance(image, Image.Image):
            _check_size(image.height, image.width)
            pixels = pil_to_array(image)[np.newaxis]
            return Image.fromarray(self._stylize(pixels, progress)[0])
        images = _to_rgb(np.asarray(image))
        if images.ndim == 3:
            return self._stylize(images[np.newaxis], progress)[0]
        return self._stylize(images, progress)

    def stylize_many(
        self, sources: Iterable, *, write: Callable | None = None
    ) -> Iterator[tuple]:
        """Stylize picture after picture, reading and writing others meanwhile.

        Args:
            sources: Paths of pictures, Pillow images or arrays, as for a call; of any
                sizes, drawn as they are needed. Two are read ahead.
            write: Called in another thread with a source and its result, in order.

        Yields:
            `(source, result)` in the order of the sources. The result is a picture, or
            what `write` returned. The `OSError` or `ValueError` of a source that failed
            stands in its place; the others go on.
        """

        def read(source):
            return read_image(source) if isinstance(source, _PATHS) else source

        yield from read_compute_write(sources, read=read, compute=self, write=write)

    def _stylize(self, images: np.ndarray, progress) -> np.ndarray:
        """Map uint8 or uint16 `(batch, height, width, 3)` to the same."""
        stylized = np.empty_like(images)
        run = self._run if images.dtype == np.uint8 else self._run_deep
        plan = list(self._planner.plan(*images.shape[:3]))
        for index, (pictures, rows, columns) in enumerate(plan):
            tile = read_tile(images[pictures], rows, columns)
            result = run(tile)
            if result.shape != tile.shape:
                raise ValueError(
                    "`generator` must give images of its input's shape. "
                    f"Received: input {tile.shape}, output {result.shape}"
                )
            # What is beyond the picture's border is left out.
            target = stylized[
                pictures, rows.first : rows.last, columns.first : columns.last
            ]
            kept = result[:, rows.kept, columns.kept]
            target[...] = kept[:, : target.shape[1], : target.shape[2]]
            if progress:
                progress(index + 1, len(plan))
        return stylized


def _check_generator(generator) -> None:
    shape = getattr(generator, "input_shape", None)
    if not isinstance(shape, tuple) or shape[1:] != (None, None, 3):
        raise ValueError(
            "`generator` must take images of any size, input shape "
            f"(None, None, None, 3). Received: input shape {shape}"
        )


def _to_rgb(images: np.ndarray) -> np.ndarray:
    """Check an array and bring it to RGB, with or without a batch axis."""
    if images.dtype not in (np.uint8, np.uint16):
        raise ValueError(
            "`image` must be uint8 in [0, 255], or uint16. "
            f"Received: dtype {images.dtype}, shape {images.shape}"
        )
    if images.ndim == 2:
        images = images[..., np.newaxis]
    if images.ndim not in (3, 4) or images.shape[-1] not in (1, 3, 4):
        raise ValueError(
            "`image` must have the shape (height, width), (height, width, channels) or "
            "(batch, height, width, channels) with 1, 3 or 4 channels. "
            f"Received: shape {images.shape}"
        )
    _check_size(*images.shape[:-1])
    if images.shape[-1] == 1:
        return np.repeat(images, 3, axis=-1)
    if images.shape[-1] == 4:
        white = float(np.iinfo(images.dtype).max)
        alpha = images[..., 3:].astype(np.float32) / white
        on_white = images[..., :3] * alpha + white * (1.0 - alpha)
        return np.floor(on_white + 0.5).astype(images.dtype)
    return images


def _check_size(*sizes: int) -> None:
    if 0 in sizes:
        raise ValueError(f"`image` must have at least one pixel. Received: {sizes}")
