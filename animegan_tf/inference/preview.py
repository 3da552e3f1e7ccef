"""A labelled sheet of one photo in several styles."""

import math
from collections.abc import Iterable, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from animegan_tf.imaging.resizing import resize
from animegan_tf.inference.stylizer import Stylizer
from animegan_tf.presets import list_styles

# The photo itself, beside the styles.
PHOTO_LABEL = "photo"
# Space around a picture, and height of the label below it, in pixels at the default
# size.
_MARGIN, _LABEL, _FONT = 8, 28, 20
DEFAULT_SIZE = 512


def preview_styles(
    photo: np.ndarray,
    styles: Iterable[str] | None = None,
    *,
    size: int = DEFAULT_SIZE,
    engine: str = "auto",
) -> np.ndarray:
    """Stylize a photo in several styles, and arrange the results with their names.

    Args:
        photo: uint8 RGB, `(height, width, 3)`.
        styles: Names of styles; `None` is all bundled ones.
        size: Longest side of each picture in pixels, at least 16. A larger photo is
            reduced before it is stylized; a smaller one keeps its size.
        engine: See `Stylizer.from_preset`.

    Returns:
        uint8 RGB sheet on white: the photo first, then a picture for each style.

    Raises:
        ValueError: If `size` is less than 16, or a style is unknown.
    """
    if size < 16:
        raise ValueError(f"`size` must be at least 16. Received: size={size}")
    longest = max(photo.shape[:2])
    if longest > size:
        height, width = (max(1, round(n * size / longest)) for n in photo.shape[:2])
        photo = resize(photo, (height, width))
    names = list_styles() if styles is None else list(styles)
    pictures = [(PHOTO_LABEL, photo)]
    for name in names:
        stylizer = Stylizer.from_preset(name, engine=engine)
        pictures.append((name, stylizer(photo)))
    return arrange_sheet(pictures)


def arrange_sheet(pictures: Sequence[tuple[str, np.ndarray]]) -> np.ndarray:
    """Arrange pictures of one size in a grid, each with a label below it.

    Args:
        pictures: Pairs of a label and a uint8 RGB array, `(height, width, 3)`.

    Returns:
        uint8 RGB sheet on white, with nearly as many rows as columns.
    """
    height, width = pictures[0][1].shape[:2]
    unit = max(height, width) / DEFAULT_SIZE
    margin, strip = (max(1, round(n * unit)) for n in (_MARGIN, _LABEL))
    # Labels of small pictures stay legible.
    strip = max(strip, 14)
    font = ImageFont.load_default(max(10, _FONT * unit))
    columns = _choose_columns(len(pictures))
    rows = math.ceil(len(pictures) / columns)
    cell_width, cell_height = width + margin, height + strip + margin
    sheet = Image.new(
        "RGB", (columns * cell_width + margin, rows * cell_height + margin), "white"
    )
    draw = ImageDraw.Draw(sheet)
    for index, (label, picture) in enumerate(pictures):
        left = margin + index % columns * cell_width
        top = margin + index // columns * cell_height
        sheet.paste(Image.fromarray(picture), (left, top))
        middle = left + width / 2, top + height + strip / 2
        draw.text(middle, label, fill="black", font=font, anchor="mm")
    return np.asarray(sheet)


def _choose_columns(count: int) -> int:
    """Return the number of columns near the square root that leaves the fewest gaps."""
    root = math.ceil(math.sqrt(count))
    return min((root, root + 1), key=lambda columns: -count % columns)
