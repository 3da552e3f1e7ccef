"""From a Pillow image of any mode to arrays: upright colours, and transparency."""

import dataclasses

import numpy as np
from PIL import ExifTags, Image, ImageOps

from animegan_tf.imaging.color.profiles import convert_to_srgb, profile_mode, row_bands


@dataclasses.dataclass(frozen=True, eq=False)
class Decoded:
    """The pixels of a picture, upright.

    Attributes:
        colors: uint8 RGB in [0, 255], `(height, width, 3)`.
        alpha: uint8 opacity in [0, 255], `(height, width)`, or `None` if all is opaque.
        icc: Profile of the colours as they are; `None` stands for sRGB.
    """

    colors: np.ndarray
    alpha: np.ndarray | None = None
    icc: bytes | None = None


def decode(image: Image.Image) -> Decoded:
    """Decode an image of any mode.

    RGB stays in its own profile. Grey and CMYK are converted from theirs to sRGB, which
    they could not be converted back from. Grey of 16 bits is rounded to 8.

    Raises:
        ValueError: If the pixels are floating-point numbers, whose range is unknown.
    """
    icc = image.info.get("icc_profile")
    image = _to_eight_bits(upright(image))
    if image.mode in ("P", "PA") or "transparency" in image.info:
        transparent = image.mode == "PA" or "transparency" in image.info
        image = image.convert("RGBA" if transparent else "RGB")
    alpha = None
    if image.mode in ("RGBA", "LA", "RGBa", "La"):
        image = image.convert({"RGBa": "RGBA", "La": "LA"}.get(image.mode, image.mode))
        alpha = pixels_of(image.getchannel("A"))
        image = image.convert(image.mode[:-1])
    kind = profile_mode(icc) if icc else None
    if image.mode in ("L", "CMYK") and kind == image.mode:
        return Decoded(pixels_of(convert_to_srgb(image, icc)), alpha)
    colors = pixels_of(image if image.mode == "RGB" else image.convert("RGB"))
    return Decoded(colors, alpha, icc if kind == "RGB" else None)


def upright(image: Image.Image) -> Image.Image:
    """Apply the EXIF orientation, if there is one to apply."""
    if image.getexif().get(ExifTags.Base.Orientation, 1) == 1:
        return image
    return ImageOps.exif_transpose(image)


def pixels_of(image: Image.Image) -> np.ndarray:
    """Copy the pixels out in bands; NumPy's own way holds two more copies of them."""
    image.load()
    width, height = image.size
    shape = (height, width, len(image.getbands()))
    pixels = np.empty(shape if shape[2] > 1 else shape[:2], np.uint8)
    for rows in row_bands(pixels.shape):
        band = image.crop((0, rows.start, width, min(rows.stop, height)))
        pixels[rows] = np.asarray(band)
    return pixels


def _to_eight_bits(image):
    if image.mode == "F":
        raise ValueError("floating-point pixels are not supported")
    if image.mode.startswith("I"):
        # Pillow's own conversion clips 16-bit grey at 255 instead of scaling it.
        grey = np.asarray(image, dtype=np.float32) / np.float32(257.0)
        return Image.fromarray(np.clip(grey + 0.5, 0, 255).astype(np.uint8))
    return image.convert("L") if image.mode == "1" else image
