"""Restore images: remove noise, brighten dark images, fill holes."""

import functools

import numpy as np
from PIL import Image

from animegan_tf.imaging.color.profiles import build_conversion
from animegan_tf.imaging.exposure import brighten as brighten_image
from animegan_tf.imaging.holes import fill_holes
from animegan_tf.imaging.image_file import ImageFrame
from animegan_tf.imaging.reading import decode, is_file, open_image, read_image
from animegan_tf.inference.dials import Dials
from animegan_tf.inference.files import stylize_frame
from animegan_tf.inference.stylizer import Stylizer
from animegan_tf.inference.tiling import AUTO
from animegan_tf.presets import RESTORATION_FOLDER
from animegan_tf.utils.checks import check_number, check_path

MAX_GAIN = 32.0
# Values of a mask, of 255, above which a pixel is in a hole.
_THRESHOLD = 127


def restore(
    image,
    *,
    mask=None,
    strength: float | None = None,
    brighten: float = 1.0,
    network=None,
    tile: int | str | None = AUTO,
):
    """Restore an image: remove noise, brighten it if asked for, and fill holes.

    Args:
        image: uint8 or uint16 array, `(height, width)` or `(height, width, channels)`
            with 1, 3 or 4 channels; a Pillow image; or the path of an image file, its
            content as bytes, or a file that is open for reading bytes.
        mask: Holes to fill: an array of the image's height and width, boolean, or uint8
            with values above 127 in the holes; or an image as above.
        strength: Share of the restoration outside the holes, from 0, where all other
            pixels stay exactly as they are, to 1. `None` is 0 if there is a mask and
            the image is not brightened, else 1.
        brighten: Factor of the light in dark areas, 1 to 32, for images of too little
            light, before their noise is removed. White stays white.
        network: Run folder of the recipe `restore`; `None` is the bundled network.
        tile: See `Stylizer`.

    Returns:
        An array of the input's dtype, uint8 for a file, or a Pillow image for a Pillow
        image; RGB, or RGBA for an image with transparency, which is kept; of the
        input's size, in sRGB.

    Raises:
        FileNotFoundError: If a file does not exist.
        ValueError: If an argument is not as described, or the mask's size is not the
            image's.
    """
    restorer = Restorer(
        mask=mask, strength=strength, brighten=brighten, network=network, tile=tile
    )
    frame = _to_frame(image)
    restored = stylize_frame(frame, restorer, restorer.dials)
    pixels = restored.colors
    if restored.alpha is not None:
        pixels = np.dstack([pixels, restored.alpha])
    return Image.fromarray(pixels) if isinstance(image, Image.Image) else pixels


class Restorer:
    """The restoration of images with the same settings, for `stylize_file`.

    Args:
        mask: See `restore`, as for the others.
        strength: Share of the restoration outside the holes.
        brighten: Factor of the light in dark areas.
        network: Run folder of the network.
        precision: Arithmetic of the network; see `Stylizer`.
        tile: Side of the tiles.

    Attributes:
        dials: The `Dials` to blend its results with the images.
        uses_network: Whether it does more than fill holes.
    """

    def __init__(
        self,
        *,
        mask=None,
        strength: float | None = None,
        brighten: float = 1.0,
        network=None,
        precision: str = "float32",
        tile: int | str | None = AUTO,
    ):
        check_number(1.0, MAX_GAIN, brighten=brighten)
        if strength is None:
            strength = 0.0 if mask is not None and brighten == 1.0 else 1.0
        check_number(0.0, 1.0, strength=strength)
        self._gain = brighten
        self._holes = None if mask is None else _read_mask(mask)
        # Strokes of a style may grow with an image; its noise does not.
        self.dials = Dials(strength=strength, scale=1.0)
        if self._holes is not None:
            outside = round(255 * strength)
            weights = np.where(self._holes, 255, outside).astype(np.uint8)
            self.dials = Dials(mask=weights, scale=1.0)
        if network is not None:
            check_path(network=network)
        self._stylizer = self.license = None
        # The network would not improve holes, where there is nothing left to remove.
        self.uses_network = self._holes is None or strength > 0.0
        if self.uses_network:
            load = _load_bundled if network is None else _load
            self._stylizer = load(network or RESTORATION_FOLDER, precision, tile)
            self.license = self._stylizer.license

    def __call__(self, image: np.ndarray, *, progress=None) -> np.ndarray:
        """Restore all of an image, whatever the strength; a gray image stays gray.

        Args:
            image: uint8 or uint16 sRGB, `(height, width, 3)`.
            progress: Called with the number of tiles done and their total.

        Raises:
            ValueError: If the mask's size is not the image's.
        """
        size = image.shape[:2]
        if self._holes is not None and self._holes.shape != size:
            height, width = self._holes.shape
            raise ValueError(
                f"`mask` must have the size of the image, {size[1]}x{size[0]} pixels. "
                f"Received: {width}x{height}"
            )
        is_gray = (image == image[..., :1]).all()
        image = brighten_image(image, self._gain)
        if self._holes is not None:
            image = fill_holes(image, self._holes)
        if self._stylizer is None:
            return image
        restored = self._stylizer(image, progress=progress)
        if is_gray:
            total = restored.sum(axis=-1, keepdims=True, dtype=np.uint32)
            restored[...] = (total + 1) // 3
        return restored


def _load(folder, precision, tile) -> Stylizer:
    return Stylizer.from_preset(folder, precision=precision, tile=tile)


@functools.lru_cache(maxsize=1)
def _load_bundled(folder, precision, tile) -> Stylizer:
    return _load(folder, precision, tile)


def _read_mask(mask) -> np.ndarray:
    """Return where the holes are, boolean, `(height, width)`."""
    if is_file(mask) or isinstance(mask, Image.Image):
        # The channels of a gray image are equal.
        mask = read_image(mask) if is_file(mask) else np.asarray(mask.convert("RGB"))
        mask = mask[..., 1]
    array = np.asarray(mask)
    if array.ndim != 2 or array.dtype not in (bool, np.uint8) or array.size == 0:
        raise ValueError(
            "`mask` must be a boolean or uint8 array, (height, width), or an image. "
            f"Received: dtype {array.dtype}, shape {array.shape}"
        )
    return array if array.dtype == bool else array > _THRESHOLD


def _to_frame(image) -> ImageFrame:
    """Decode an image of any accepted kind, in sRGB."""
    if is_file(image):
        with open_image(image) as opened:
            return _in_srgb(decode(opened))
    if isinstance(image, Image.Image):
        if 0 in image.size:
            raise ValueError(
                f"`image` must have at least one pixel. Received: {image.size}"
            )
        return _in_srgb(decode(image))
    array = np.asarray(image)
    if array.ndim == 2:
        array = array[..., np.newaxis]
    valid = array.dtype in (np.uint8, np.uint16) and array.ndim == 3 and array.size
    if not valid or array.shape[2] not in (1, 3, 4):
        raise ValueError(
            "`image` must be a uint8 or uint16 array, (height, width) or (height, "
            "width, channels) with 1, 3 or 4 channels, an image, or a file. "
            f"Received: dtype {array.dtype}, shape {array.shape}"
        )
    if array.shape[2] == 1:
        array = np.repeat(array, 3, axis=2)
    return ImageFrame(array[..., :3], array[..., 3] if array.shape[2] == 4 else None)


def _in_srgb(frame: ImageFrame) -> ImageFrame:
    conversion = build_conversion(frame.metadata.icc)
    colors = conversion.to_srgb(frame.colors) if conversion else frame.colors
    return ImageFrame(colors, frame.alpha)
