"""Find lines of text in an image: rows of thin shapes of one height."""

from typing import NamedTuple

import numpy as np

from animegan_tf.data.targets.cel_shading import import_opencv

# Heights of letters in pixels, where the longer side of the image is 512 pixels.
_HEIGHTS = (5, 48)
_MIN_CONTRAST = 60
_MIN_LETTERS = 5
# Of a row of letters: largest ratio of heights, offset and gap in heights.
_MAX_RATIO, _MAX_OFFSET, _MAX_GAP = 1.7, 0.35, 1.2
# Subtitles are below this fraction of the height, and centered to this fraction.
_SUBTITLE_TOP, _SUBTITLE_OFFSET = 2 / 3, 0.1


class Text(NamedTuple):
    """Text that was found in an image.

    Attributes:
        lines: `(left, top, width, height)` of each line in pixels.
        share: Fraction of the area that they cover.
        subtitles: Whether one is a centered line in the lowest third.
    """

    lines: list[tuple[int, int, int, int]]
    share: float
    subtitles: bool


def find_text(gray: np.ndarray) -> Text:
    """Find lines of text.

    Letters are taken for connected thin shapes, brighter or darker than what surrounds
    them by 60 levels; five of them or more, of similar height and in a row, are a line.

    Args:
        gray: uint8, `(height, width)`, of at most about 512 pixels.

    Returns:
        The lines, the fraction of the area that they cover, and whether there are
        subtitles.
    """
    cv2 = import_opencv()
    height, width = gray.shape
    size = max(3, max(height, width) // 40) | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (size, size))
    lines = []
    # Bright strokes on dark, and dark ones on bright.
    for operation in (cv2.MORPH_TOPHAT, cv2.MORPH_BLACKHAT):
        strokes = cv2.morphologyEx(gray, operation, kernel)
        mask = (strokes > _MIN_CONTRAST).astype(np.uint8)
        lines += _find_lines(_letters(mask))
    covered = np.zeros(gray.shape, bool)
    subtitles = False
    for left, top, line_width, line_height in lines:
        covered[top : top + line_height, left : left + line_width] = True
        offset = abs(left + line_width / 2 - width / 2) / width
        low = top >= _SUBTITLE_TOP * height
        subtitles |= bool(low and offset <= _SUBTITLE_OFFSET)
    return Text(lines, float(covered.mean()), subtitles)


def _letters(mask: np.ndarray) -> np.ndarray:
    """Return `(left, top, width, height)` of the shapes that may be letters."""
    cv2 = import_opencv()
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    boxes, area = stats[1:, :4], stats[1:, cv2.CC_STAT_AREA]
    widths, heights = boxes[:, 2], boxes[:, 3]
    fill = area / np.maximum(widths * heights, 1)
    low, high = _HEIGHTS
    keep = (heights >= low) & (heights <= high) & (widths <= 2 * heights)
    keep &= (fill > 0.2) & (fill < 0.95)
    return boxes[keep]


def _find_lines(boxes: np.ndarray) -> list[tuple[int, int, int, int]]:
    """Chain letters to the next one at their right, and keep the long chains."""
    lines, chains = [], []
    for box in boxes[np.argsort(boxes[:, 0], kind="stable")]:
        left, top, width, height = (int(value) for value in box)
        for chain in chains:
            own_left, own_top, own_width, own_height = chain[-1]
            gap = left - (own_left + own_width)
            smaller, larger = sorted((height, own_height))
            offset = abs(top + height / 2 - own_top - own_height / 2)
            if (
                -0.3 * larger <= gap <= _MAX_GAP * larger
                and larger <= _MAX_RATIO * smaller
                and offset <= _MAX_OFFSET * larger
            ):
                chain.append((left, top, width, height))
                break
        else:
            chains.append([(left, top, width, height)])
    for chain in chains:
        if len(chain) < _MIN_LETTERS:
            continue
        corners = np.array(chain)
        left, top = corners[:, :2].min(axis=0)
        right, bottom = (corners[:, :2] + corners[:, 2:]).max(axis=0)
        lines.append((int(left), int(top), int(right - left), int(bottom - top)))
    return lines
