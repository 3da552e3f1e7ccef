"""Adjustments of a stylized image: strength, color, detail, mask and scale."""

import dataclasses
import math

import numpy as np
from PIL import Image

from animegan_tf.imaging.arrays import row_bands, uint16_to_uint8
from animegan_tf.imaging.color.luminance import (
    luma,
    shift_luma,
    with_luma_gain,
    with_photo_chroma,
)
from animegan_tf.imaging.color.palette import transfer_palette
from animegan_tf.imaging.guided_filter import guided_filter
from animegan_tf.utils.checks import check_number

RECOLORINGS = {"photo": with_photo_chroma, "luma-gain": with_luma_gain}
COLORS = ("style", *RECOLORINGS)
# Fine detail is what the guided filter removes with windows of 9 pixels and an edge
# threshold of a tenth of the range.
_DETAIL_RADIUS = 4
_DETAIL_EPSILON = 0.1**2
# Relative difference allowed between the aspect ratios of a mask and its image.
_MASK_TOLERANCE = 0.01
_SCALES = (1.0 / 16.0, 8.0)
AUTO = "auto"
# Short side up to which strokes keep their width in pixels.
_AUTO_SHORT_SIDE = 720


@dataclasses.dataclass(frozen=True, eq=False)
class Dials:
    """Adjustments of a stylized image. The defaults leave it as the network makes it.

    Args:
        strength: Blend between the photo, 0, and the stylized image, 1. At 0 the result
            is exactly the photo.
        color: Source of the colors: `"style"`; `"photo"`, with only the luminance
            stylized; `"luma-gain"`, the photo's colors, each scaled to the stylized
            luminance; or a uint8 RGB image, `(height, width, 3)`, whose palette to use.
        detail: Share of the photo's fine texture added to the luminance, in [0, 1].
        mask: Where to stylize: uint8, `(height, width)`, 255 for the stylized image and
            0 for exactly the photo; of the image's aspect ratio, to whose size it is
            resized. `None` is everywhere.
        scale: Size of the network's input relative to the image: below 1 strokes become
            coarser, above 1 finer. `"auto"` lets strokes grow with images whose short
            side is above 720 pixels: the image is stylized at that size, and fine
            detail is taken from its stylization at full size.

    Raises:
        ValueError: If a value is out of range.
    """

    strength: float = 1.0
    color: str | np.ndarray = "style"
    detail: float = 0.0
    mask: np.ndarray | None = None
    scale: float | str = AUTO

    def __post_init__(self):
        for name, (low, high) in {
            "strength": (0.0, 1.0),
            "detail": (0.0, 1.0),
            "scale": _SCALES,
        }.items():
            value = getattr(self, name)
            if name == "scale" and isinstance(value, str):
                if value != AUTO:
                    raise ValueError(
                        f"`scale` must be a number in [{low:g}, {high:g}] or auto. "
                        f"Received: scale={value!r}"
                    )
            else:
                check_number(low, high, **{name: value})
        if isinstance(self.color, str):
            if self.color not in COLORS:
                raise ValueError(
                    f"`color` must be one of {', '.join(COLORS)} or an image. "
                    f"Received: color={self.color!r}"
                )
        else:
            _check_array("color", self.color, 3)
        if self.mask is not None:
            _check_array("mask", self.mask, 2)


def adjust(photo: np.ndarray, stylized: np.ndarray, dials: Dials) -> np.ndarray:
    """Apply the dials `color` and `detail` to a stylized image, in place.

    Args:
        photo: sRGB, uint8 or uint16, `(height, width, 3)`.
        stylized: The stylized photo, of the same dtype and shape.
        dials: The dials.

    Returns:
        `stylized`, changed; or a new array if the palette of an image is used.
    """
    if not isinstance(dials.color, str):
        stylized = _take_palette(stylized, dials.color)
    recolor = RECOLORINGS.get(dials.color) if isinstance(dials.color, str) else None
    if recolor is None and dials.detail == 0.0:
        return stylized
    top = np.float32(np.iinfo(photo.dtype).max)
    for rows in row_bands(photo.shape):
        band = stylized[rows] / top
        if recolor is not None:
            band = recolor(photo[rows] / top, band)
        if dials.detail:
            fine = fine_detail(photo, rows)
            band = shift_luma(band, np.float32(dials.detail) * fine)
        stylized[rows] = np.floor(band * top + np.float32(0.5))
    return stylized


def mix(photo: np.ndarray, stylized: np.ndarray, dials: Dials) -> np.ndarray:
    """Apply the dials `strength` and `mask` to a stylized image, in place.

    Args:
        photo: uint8 or uint16, `(height, width, 3)`.
        stylized: The stylized photo, of the same dtype and shape.
        dials: The dials.

    Returns:
        `stylized`, changed: photo + strength * mask * (stylized - photo), rounded.

    Raises:
        ValueError: If the mask's aspect ratio is not the image's.
    """
    if dials.strength == 1.0 and dials.mask is None:
        return stylized
    mask = fit_mask(dials.mask, photo.shape[:2])
    for rows in row_bands(photo.shape):
        weight = np.float32(dials.strength)
        if mask is not None:
            weight = weight * (mask[rows, :, np.newaxis] / np.float32(255.0))
        band = photo[rows].astype(np.float32)
        band += weight * (stylized[rows] - band)
        stylized[rows] = np.floor(band + np.float32(0.5))
    return stylized


def fit_mask(mask: np.ndarray | None, size: tuple[int, int]) -> np.ndarray | None:
    """Resize a mask to `(height, width)`.

    Raises:
        ValueError: If its aspect ratio is not that of the size.
    """
    if mask is None or mask.shape == size:
        return mask
    # Sides of few pixels are rounded by up to half a pixel.
    expected = size[1] * mask.shape[0] / mask.shape[1]
    slack = _MASK_TOLERANCE * expected + max(1.0, size[1] / mask.shape[1])
    if abs(expected - size[0]) > slack:
        raise ValueError(
            f"`mask` must have the aspect ratio of the image, {size[1]}x{size[0]} "
            f"pixels. Received: {mask.shape[1]}x{mask.shape[0]}"
        )
    image = Image.fromarray(np.ascontiguousarray(mask))
    return np.asarray(image.resize(size[::-1], Image.Resampling.BILINEAR))


def fine_detail(photo: np.ndarray, rows: slice) -> np.ndarray:
    """Return rows of luminance minus its guided filter, `(rows, width, 1)`."""
    top = np.float32(np.iinfo(photo.dtype).max)
    stop = min(rows.stop, photo.shape[0])
    # The filter reaches twice its radius.
    first = max(0, rows.start - 2 * _DETAIL_RADIUS)
    around = luma(photo[first : stop + 2 * _DETAIL_RADIUS] / top)[..., 0]
    base = guided_filter(around, radius=_DETAIL_RADIUS, epsilon=_DETAIL_EPSILON)
    inner = slice(rows.start - first, stop - first)
    return (around - base)[inner, :, np.newaxis]


def _take_palette(stylized, palette):
    if stylized.dtype == np.uint8:
        return transfer_palette(stylized, palette)
    # Palettes have 8 bits. Adding the change of color keeps the 16 bits smooth.
    coarse = uint16_to_uint8(stylized)
    recolored = transfer_palette(coarse, palette)
    for rows in row_bands(stylized.shape):
        change = recolored[rows].astype(np.int32) - coarse[rows]
        stylized[rows] = np.clip(stylized[rows] + 257 * change, 0, 65535)
    return stylized


def _check_array(name, array, num_axes):
    shape = getattr(array, "shape", None)
    valid = shape is not None and array.dtype == np.uint8 and array.size
    valid = valid and len(shape) == num_axes and (num_axes == 2 or shape[2] == 3)
    if not valid:
        kind = "RGB (height, width, 3)" if num_axes == 3 else "gray (height, width)"
        raise ValueError(
            f"`{name}` must be a uint8 array, {kind}. Received: "
            + (f"dtype {array.dtype}, shape {shape}" if shape is not None else "none")
        )


def auto_scale(size: tuple[int, int]) -> float:
    """Return the scale at which an image's short side is at most 720 pixels."""
    return min(_AUTO_SHORT_SIDE / min(size), 1.0)


def scaled_size(size: tuple[int, int], scale: float) -> tuple[int, int]:
    """Scale `(height, width)` and round it, to at least one pixel."""
    return tuple(max(1, math.floor(side * scale + 0.5)) for side in size)
