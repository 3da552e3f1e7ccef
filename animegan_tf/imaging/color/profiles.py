"""Color management: convert between the ICC profile of a file and sRGB."""

import functools
import io
import struct

import numpy as np
from PIL import Image, ImageCms

from animegan_tf.imaging.arrays import row_bands
from animegan_tf.imaging.color.matrix_profile import MatrixProfile

_SPACES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}
_INTENT = ImageCms.Intent.RELATIVE_COLORIMETRIC
_FLAGS = ImageCms.Flags.BLACKPOINTCOMPENSATION


class ProfileConversion:
    """Conversion of RGB pixels between an ICC profile and sRGB.

    8-bit pixels are converted by LittleCMS; 16-bit pixels, which Pillow cannot pass to
    it, with the matrix and curves of the profile.

    Args:
        icc: The profile of an RGB color space.

    Raises:
        ValueError: If the bytes are not an RGB profile.
    """

    def __init__(self, icc: bytes):
        if (mode := profile_mode(icc)) != "RGB":
            raise ValueError(f"`icc` must be an RGB profile. Received: mode {mode}")
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        self._to, self._from = (
            ImageCms.buildTransform(*ends, "RGB", "RGB", _INTENT, _FLAGS)
            for ends in ((profile, _srgb()), (_srgb(), profile))
        )
        self._matrix_profile = MatrixProfile.parse(icc)

    def to_srgb(self, colors: np.ndarray) -> np.ndarray:
        """Convert uint8 or uint16 `(height, width, 3)`; clip out-of-gamut colors."""
        if colors.dtype == np.uint16:
            return self._convert_16_bit(colors, MatrixProfile.to_srgb)
        return _apply(self._to, colors)

    def from_srgb(self, colors: np.ndarray) -> np.ndarray:
        """Convert in the opposite direction; same dtypes and shape."""
        if colors.dtype == np.uint16:
            return self._convert_16_bit(colors, MatrixProfile.from_srgb)
        return _apply(self._from, colors)

    def _convert_16_bit(self, colors, convert):
        # With a profile of lookup tables, pixels are left as they are: the file keeps
        # the profile, so that its colors stay right.
        if self._matrix_profile is None:
            return colors
        result = np.empty_like(colors)
        for rows in row_bands(colors.shape):
            result[rows] = convert(self._matrix_profile, colors[rows])
        return result


def build_conversion(icc: bytes | None) -> ProfileConversion | None:
    """Build the conversion of an RGB profile, or return `None` if none is needed.

    None is needed without a profile, or if the profile is sRGB or broken.
    """
    if icc is None or profile_mode(icc) != "RGB":
        return None
    try:
        conversion = ProfileConversion(icc)
    except ImageCms.PyCMSError:
        # Its header is valid, but its tables are not.
        return None
    levels = np.array([0, 32, 64, 96, 128, 160, 192, 224, 255], np.uint8)
    lattice = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(27, 27, 3)
    difference = conversion.to_srgb(lattice).astype(int) - lattice
    return None if np.abs(difference).max() <= 1 else conversion


def profile_mode(icc: bytes) -> str | None:
    """Return the Pillow mode of a profile: `"RGB"`, `"L"`, `"CMYK"` or `None`."""
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc)).profile
    except (OSError, TypeError):
        return None
    return _SPACES.get(profile.xcolor_space.strip())


def convert_to_srgb(image: Image.Image, icc: bytes) -> Image.Image:
    """Convert an image, whose mode is that of the profile, to RGB in sRGB.

    A profile with broken tables is ignored.
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
    """Return an sRGB profile to embed, with the same bytes in every run."""
    profile = bytearray(_srgb().tobytes())
    # LittleCMS writes the current time into the header: ICC.1, section 7.2.8.
    profile[24:36] = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)
    return bytes(profile)


@functools.cache
def _srgb():
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def _apply(transform, colors):
    result = np.empty_like(colors)
    for rows in row_bands(colors.shape):
        band = Image.fromarray(np.ascontiguousarray(colors[rows]))
        result[rows] = np.asarray(ImageCms.applyTransform(band, transform))
    return result
