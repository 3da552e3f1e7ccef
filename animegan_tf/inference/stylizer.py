"""Stylize images of any size with a generator."""

import functools
import logging
from collections.abc import Callable, Iterable, Iterator

import numpy as np
from PIL import Image

from animegan_tf import presets
from animegan_tf.imaging.reading import is_file, pil_to_array, read_image
from animegan_tf.imaging.resizing import resize
from animegan_tf.inference.engines import load_engine
from animegan_tf.inference.style_source import check_name, style_shares
from animegan_tf.inference.tiling import (
    AUTO,
    TilePlanner,
    read_tile,
)
from animegan_tf.utils.prefetch import read_compute_write

_logger = logging.getLogger("animegan_tf")


class Stylizer:
    """Stylize images with a generator.

    Images of any size, from 1x1 pixel, keep it: they are padded by reflection at the
    right and bottom to a size the generator accepts, and the result is cropped. If the
    generator computes no statistics of the whole image, large images are processed in
    tiles, which bounds the memory; the result equals that of the whole image up to
    rounding (one level of 255). Other generators run on whole images; one that would
    need more memory than the machine has is refused.

    A network of convolutions that was declared for images of one size, such as 256x256,
    runs on images of any size as well. If its layers depend on that size, images are
    resized to it and the results back, which a warning says once.

    Args:
        generator: `keras.Model` from float32 images in [-1, 1],
            `(batch, height, width, 3)` of any height and width divisible by
            `multiple`, or of a fixed size, to images of the same shape and range; it
            may be a subclass of `keras.Model` that is built.
        multiple: Number of which the generator's input sizes must be multiples, in
            addition to what its layers require; by default 16, or 1 if it computes
            statistics of the whole image.
        precision: Arithmetic of the generator: `"float32"`, `"bfloat16"`, `"float16"`,
            or `"auto"` for the fastest on this machine.
        tile: Side of the tiles in pixels, rounded up to the generator's grid; each is
            computed with a margin of the receptive field's radius. `"auto"` splits only
            images that would need much memory, if the generator allows tiles; `None`
            never splits.

    Attributes:
        engine: Name of the runtime that computes the generator: `"tensorflow"`,
            `"openvino"` or `"onnxruntime"`.
        precision: Arithmetic of the generator, never `"auto"`.
        multiple: Number of which the padded sizes of images are multiples.
        styles: Share of each style by name, such as `{"comic": 1.0}`; empty for a
            generator without style names.
        license: License of the weights that marks of results state, `None` if there is
            no such license; see `LicenseNotice`.

    Raises:
        ValueError: If the generator does not accept images, if it computes statistics
            of the whole image or has a fixed size and a tile size is given, or if
            another argument is out of range.
    """

    def __init__(
        self,
        generator,
        *,
        multiple: int | None = None,
        precision: str = "float32",
        tile: int | str | None = AUTO,
    ):
        # TensorFlow, which the other engines do not need, takes seconds to import.
        from animegan_tf.inference.engines.tensorflow_engine import TensorFlowEngine

        self._set_engine(TensorFlowEngine(generator, precision), multiple, tile)

    def _set_engine(self, engine, multiple, tile) -> None:
        if multiple is not None and multiple < 1:
            raise ValueError(
                f"`multiple` must be at least 1. Received: multiple={multiple}"
            )
        self._engine = engine
        self._planner = TilePlanner(engine, multiple, tile)
        self.multiple = self._planner.multiple
        self.engine = engine.name
        self.precision = engine.precision
        self.license = engine.license
        self._fixed_size = getattr(engine, "fixed_size", None)
        self._has_warned = False
        self.styles: dict[str, float] = {}
        self._source = None

    @classmethod
    def from_preset(
        cls,
        name_or_path=presets.DEFAULT_STYLE,
        *,
        precision: str = "float32",
        tile: int | str | None = AUTO,
        engine: str = AUTO,
    ) -> "Stylizer":
        """Load a bundled style, or the result of a training.

        Args:
            name_or_path: One of `list_styles()`, or a blend of bundled styles such as
                `"anime:0.6,ukiyoe:0.4"`; a run folder, or one of its styles,
                `RUN/STYLE`, if it has several; or a `.keras` or `.h5` file.
            precision: See `Stylizer`; and `"int8"`, the fastest and least exact, which
                needs OpenVINO.
            tile: See `Stylizer`.
            engine: Runtime that computes the generator. `"tensorflow"`; `"openvino"` or
                `"onnxruntime"`, which compute the default generator, bundled or in a
                run folder, without TensorFlow and faster; or `"auto"`: one of these two
                if it is installed and can, and there is no GPU, else TensorFlow. In
                float32, their images differ by one level at most.

        Raises:
            FileNotFoundError: If there is no such path, or the run folder has no
                generator yet.
            ModuleNotFoundError: If the engine is not installed.
            ValueError: If there is no such style, the file holds no such generator, or
                an argument is out of range.
        """
        check_name(name_or_path)
        stylizer = cls.__new__(cls)
        stylizer._set_engine(load_engine(name_or_path, engine, precision), None, tile)
        stylizer._source = name_or_path
        stylizer.styles = style_shares(name_or_path)
        return stylizer

    @functools.cached_property
    def generator(self):
        """The generator as a `keras.Model`, loaded by TensorFlow when it is used."""
        if hasattr(self._engine, "generator"):
            return self._engine.generator
        from animegan_tf.inference.loading import load_generator

        return load_generator(self._source)

    @property
    def fingerprint(self) -> str:
        """A text that other weights, or those of another engine, would change."""
        return self._engine.fingerprint

    def __call__(self, image, *, progress: Callable[[int, int], None] | None = None):
        """Stylize an image or a batch of images.

        Args:
            image: uint8 array in [0, 255] or uint16 array in [0, 65535], RGB of shape
                `(height, width, 3)` or `(batch, height, width, 3)`; gray,
                `(height, width)` or with 1 channel, and RGBA, which is blended with
                white, are accepted too. Or a Pillow image; or the path of an image
                file, its content as bytes, or a file that is open for reading bytes.
            progress: Called with the number of tiles done and their total.

        Returns:
            An RGB array of the input's dtype, uint8 for a file, or an RGB Pillow image
            for a Pillow image; of the input's size.

        Raises:
            FileNotFoundError: If the file does not exist.
            ValueError: If the array is none of the above or the file is not an image.
        """
        if is_file(image):
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
        """Stylize several images while the next are read and the last are written.

        Args:
            sources: Files, Pillow images or arrays of any sizes, as for a call. Two
                are read ahead.
            write: Called in another thread with a source and its result, in order.

        Yields:
            `(source, result)` in the order of the sources. The result is an image, or
            what `write` returned; for a source that failed, its `OSError` or
            `ValueError`.
        """

        def read(source):
            return read_image(source) if is_file(source) else source

        yield from read_compute_write(sources, read=read, compute=self, write=write)

    def _stylize(self, images: np.ndarray, progress) -> np.ndarray:
        """Map uint8 or uint16 `(batch, height, width, 3)` to the same."""
        if self._fixed_size is not None:
            return self._stylize_resized(images, progress)
        stylized = np.empty_like(images)
        plan = list(self._planner.plan(*images.shape[:3]))
        for index, (batch, rows, columns) in enumerate(plan):
            tile = read_tile(images[batch], rows, columns)
            result = self._engine(tile)
            if result.shape != tile.shape:
                raise ValueError(
                    "`generator` must return images of its input's shape. "
                    f"Received: input {tile.shape}, output {result.shape}"
                )
            # Pixels beyond the image's border are dropped.
            target = stylized[
                batch, rows.first : rows.last, columns.first : columns.last
            ]
            kept = result[:, rows.kept, columns.kept]
            target[...] = kept[:, : target.shape[1], : target.shape[2]]
            if progress:
                progress(index + 1, len(plan))
        return stylized

    def _stylize_resized(self, images: np.ndarray, progress) -> np.ndarray:
        """Resize images to the only size that the generator takes, and back."""
        size, (height, width) = images.shape[1:3], self._fixed_size
        if size != self._fixed_size and not self._has_warned:
            self._has_warned = True
            _logger.warning(
                "%s takes images of %dx%d pixels only: other images are resized to "
                "that and back, and lose detail",
                self._engine.network_name,
                width,
                height,
            )
        stylized = np.empty_like(images)
        for index, image in enumerate(images):
            result = self._engine(resize(image, self._fixed_size)[np.newaxis])[0]
            stylized[index] = resize(result, size)
            if progress:
                progress(index + 1, len(images))
        return stylized


def _to_rgb(images: np.ndarray) -> np.ndarray:
    """Check an array, with or without a batch axis, and convert it to RGB."""
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
