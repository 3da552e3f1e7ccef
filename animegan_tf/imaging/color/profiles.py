"""Colour management: from the profile embedded in a file to sRGB, and back."""

import functools
import io
import struct

import numpy as np
from PIL import Image, ImageCms

from animegan_tf.imaging.color.matrix_profile import MatrixProfile

# Rows are converted in bands of about this many pixels, to bound the memory.
BAND_PIXELS = 2**19
_SPACES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}
_INTENT = ImageCms.Intent.RELATIVE_COLORIMETRIC
_FLAGS = ImageCms.Flags.BLACKPOINTCOMPENSATION


class ProfileConversion:
    """Conversion of RGB pixels between an embedded ICC profile and sRGB.

    Pixels of 8 bits go through LittleCMS. Those of 16 bits, which Pillow cannot hand
    to it, go through the profile's own matrix and curves.

    Args:
        icc: The profile, of an RGB colour space.

    Raises:
        ValueError: If the bytes are no RGB profile.
    """

    def __init__(self, icc: bytes):
        if profile_mode(icc) != "RGB":
            raise ValueError("`icc` must be an RGB profile.")
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        self._to, self._from = (
            ImageCms.buildTransform(*ends, "RGB", "RGB", _INTENT, _FLAGS)
            for ends in ((profile, _srgb()), (_srgb(), profile))
        )
        self._matrix_profile = MatrixProfile.parse(icc)

    def to_srgb(self, colors: np.ndarray) -> np.ndarray:
        """Convert uint8 or uint16 `(height, width, 3)`; colours beyond sRGB clip."""
        if colors.dtype == np.uint16:
            return self._convert_deep(colors, MatrixProfile.to_srgb)
        return _apply(self._to, colors)

    def from_srgb(self, colors: np.ndarray) -> np.ndarray:
        """Convert the other way; the same types and shape."""
        if colors.dtype == np.uint16:
            return self._convert_deep(colors, MatrixProfile.from_srgb)
        return _apply(self._from, colors)

    def _convert_deep(self, colors, convert):
        # A profile of tables is left alone: the file keeps it, so its colours hold.
        if self._matrix_profile is None:
            return colors
        result = np.empty_like(colors)
        for rows in row_bands(colors.shape):
            result[rows] = convert(self._matrix_profile, colors[rows])
        return result


def build_conversion(icc: bytes | None) -> ProfileConversion | None:
    """Build the conversion of an RGB profile, or `None` where there is none to do.

    There is none for files without a profile, or with one that is sRGB or broken.
    """
    if icc is None or profile_mode(icc) != "RGB":
        return None
    try:
        conversion = ProfileConversion(icc)
    except ImageCms.PyCMSError:
        # Its header is sound, and its tables are not.
        return None
    levels = np.array([0, 32, 64, 96, 128, 160, 192, 224, 255], np.uint8)
    lattice = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(27, 27, 3)
    difference = conversion.to_srgb(lattice).astype(int) - lattice
    return None if np.abs(difference).max() <= 1 else conversion


def profile_mode(icc: bytes) -> str | None:
    """Return the Pillow mode that a profile describes: "RGB", "L", "CMYK" or `None`."""
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc)).profile
    except (OSError, TypeError):
        return None
    return _SPACES.get(profile.xcolor_space.strip())


def convert_to_srgb(image: Image.Image, icc: bytes) -> Image.Image:
    """Convert an image whose mode is that of the profile to RGB in sRGB.

    A profile whose tables are broken is passed over.
    """
    profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
    try:
        return ImageCms.profileToProfile(
            image, profile, _srgb(), _INTENT, outputMode="RGB", flags=_FLAGS
        )
    except ImageCms.PyCMSError:
        return image.convert("RGB")


@functools.cache
def srgb_icc() -> bytes:
    """Return an sRGB profile to embed, always the same bytes."""
    profile = bytearray(_srgb().tobytes())
    # LittleCMS puts the time of its making in the header: ICC.1, section 7.2.8.
    profile[24:36] = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)
    return bytes(profile)


def row_bands(shape) -> list[slice]:
    """Cut the rows of `(height, width, ...)` into bands of bounded size."""
    rows = max(1, BAND_PIXELS // max(1, shape[1]))
    return [slice(top, top + rows) for top in range(0, shape[0], rows)]


@functools.cache
def _srgb():
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def _apply(transform, colors):
    result = np.empty_like(colors)
    for rows in row_bands(colors.shape):
        band = Image.fromarray(np.ascontiguousarray(colors[rows]))
        result[rows] = np.asarray(ImageCms.applyTransform(band, transform))
    return result
