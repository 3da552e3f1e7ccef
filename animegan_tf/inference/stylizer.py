"""Turn pictures into a style, at exactly their size."""

import os

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

from animegan_tf import presets
from animegan_tf.images import (
    crop_to_size,
    pad_to_multiple,
    pil_to_array,
    read_image,
    to_float,
    to_uint8,
)
from animegan_tf.inference.loading import load_generator

PRECISIONS = ("float32", "bfloat16", "float16")
# The networks mirror at borders several levels down, where a side of few pixels has
# nothing left to mirror.
MINIMUM_SIDE = 64


class Stylizer:
    """Give pictures the style of a network.

    Any size from 1x1 pixel up comes out at exactly that size: pictures are mirrored
    beyond the right and lower border to a size the network takes, and cropped back.

    Args:
        generator: `keras.Model` from float32 images in [-1, 1],
            `(batch, height, width, 3)` of any height and width divisible by
            `multiple`, to images of the same shape and range.
        multiple: Pixels by which the network's input sizes must divide.
        precision: Arithmetic inside the network: "float32", or "bfloat16" or
            "float16" where the processor is faster at them.

    Raises:
        ValueError: If the generator does not take pictures of any size, or another
            argument is out of range.
    """

    def __init__(
        self,
        generator: keras.Model,
        *,
        multiple: int = 16,
        precision: str = "float32",
    ):
        if multiple < 1:
            raise ValueError(
                f"`multiple` must be at least 1. Received: multiple={multiple}"
            )
        _check_generator(generator)
        self.generator = _with_precision(generator, precision)
        self.multiple = multiple
        # One signature for all: pictures of any size share one trace.
        self._run = tf.function(
            self._call_generator,
            input_signature=[tf.TensorSpec([None, None, None, 3], tf.float32)],
            autograph=False,
        )

    @classmethod
    def from_preset(
        cls, name_or_path=presets.DEFAULT_STYLE, *, precision: str = "float32"
    ) -> "Stylizer":
        """Load a bundled style, or the result of a training.

        Args:
            name_or_path: One of `list_styles()`, or a blend of bundled styles such as
                `"comic:0.6,oil:0.4"`; a run folder, or one of its styles,
                `RUN/STYLE`, if it has several; or a `.keras` file.
            precision: See `Stylizer`.

        Raises:
            FileNotFoundError: If there is no such path, or the run folder has no
                generator yet.
            ValueError: If it is no style's name, or the file holds no such network.
        """
        return cls(load_generator(name_or_path), precision=precision)

    def __call__(self, image):
        """Stylize a picture or a batch of pictures.

        Args:
            image: uint8 RGB array in [0, 255], `(height, width, 3)` or
                `(batch, height, width, 3)`; grey `(height, width)` or with 1 channel,
                and RGBA with 4 (laid on white), are taken too. Or a Pillow image. Or
                the path of a picture.

        Returns:
            For a Pillow image one in RGB, else a uint8 RGB array; of the input's size.

        Raises:
            FileNotFoundError: If there is no file at the path.
            ValueError: If the array is none of the above or the file is no picture.
        """
        if isinstance(image, str | os.PathLike):
            return self._stylize(read_image(image)[np.newaxis])[0]
        if isinstance(image, Image.Image):
            _check_size(image.height, image.width)
            return Image.fromarray(self._stylize(pil_to_array(image)[np.newaxis])[0])
        images = _to_rgb(np.asarray(image))
        if images.ndim == 3:
            return self._stylize(images[np.newaxis])[0]
        return self._stylize(images)

    def _stylize(self, images: np.ndarray) -> np.ndarray:
        """Map uint8 `(batch, height, width, 3)` to the same."""
        size = images.shape[1:3]
        padded = pad_to_multiple(_pad_to_minimum(images), self.multiple)
        stylized = self._run(to_float(padded)).numpy()
        if stylized.shape != padded.shape:
            raise ValueError(
                "`generator` must give images of its input's shape. "
                f"Received: input {padded.shape}, output {stylized.shape}"
            )
        return to_uint8(crop_to_size(stylized, size))

    def _call_generator(self, images):
        return tf.cast(self.generator(images, training=False), tf.float32)


def _check_generator(generator) -> None:
    shape = getattr(generator, "input_shape", None)
    if not isinstance(shape, tuple) or shape[1:] != (None, None, 3):
        raise ValueError(
            "`generator` must take images of any size, input shape "
            f"(None, None, None, 3). Received: input shape {shape}"
        )


def _with_precision(generator, precision):
    """Copy a network for half-precision arithmetic; its weights stay float32."""
    if precision not in PRECISIONS:
        raise ValueError(
            f"`precision` must be one of {', '.join(PRECISIONS)}. "
            f"Received: precision={precision!r}"
        )
    if precision == "float32":
        return generator

    def copy_layer(layer):
        config = layer.get_config()
        # The last layer stays exact: bfloat16 has fewer levels near white than uint8.
        if layer.name not in generator.output_names:
            config["dtype"] = f"mixed_{precision}"
        return type(layer).from_config(config)

    copy = keras.models.clone_model(generator, clone_function=copy_layer)
    copy.set_weights(generator.get_weights())
    return copy


def _to_rgb(images: np.ndarray) -> np.ndarray:
    """Check an array and bring it to uint8 RGB, with or without a batch axis."""
    if images.dtype != np.uint8:
        raise ValueError(
            "`image` must be uint8 in [0, 255]. "
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
        alpha = images[..., 3:].astype(np.float32) / 255.0
        on_white = images[..., :3] * alpha + 255.0 * (1.0 - alpha)
        return np.floor(on_white + 0.5).astype(np.uint8)
    return images


def _check_size(*sizes: int) -> None:
    if 0 in sizes:
        raise ValueError(f"`image` must have at least one pixel. Received: {sizes}")


def _pad_to_minimum(images: np.ndarray) -> np.ndarray:
    height, width = images.shape[1:3]
    missing = (max(0, MINIMUM_SIDE - height), max(0, MINIMUM_SIDE - width))
    padding = [(0, 0), (0, missing[0]), (0, missing[1]), (0, 0)]
    return np.pad(images, padding, mode="reflect")
