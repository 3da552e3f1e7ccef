"""Measure what decides whether an image can be trained on: sharpness, bars, text, ...

All heuristics are simple and stated with their thresholds in `PROBLEMS`.
"""

import dataclasses
from collections.abc import Callable

import numpy as np

from animegan_tf.data.inspection.text import find_text
from animegan_tf.data.targets.cel_shading import import_opencv

# Side at which images are measured: about that at which trainings see them.
SIDE = 512
_HASH_SIDE, _HASH_BITS = 32, 8
_BLUR_WINDOW = 11
# How uniform a bar is, in levels of 0 to 255, and its width as a fraction of the side.
_BAR_TOLERANCE, _MIN_BAR = 6, 0.015


@dataclasses.dataclass(frozen=True)
class Measures:
    """What was measured of an image.

    Attributes:
        width: Width in pixels.
        height: Height in pixels.
        phash: Perceptual hash of 64 bits, as 16 hexadecimal digits.
        blur: Perceptual blur in [0, 1]; sharp images have about 0.15 to 0.45.
        luminance: Mean luminance in [0, 255].
        contrast: Standard deviation of the luminance, in levels.
        bars: Rows and columns of bars at the top, bottom, left and right, as fractions
            of the image's height and width.
        text: Fraction of the area covered by lines of text.
        subtitles: Whether such a line is where subtitles are.
        cast: Distance of the mean color from neutral, in units of CIE Lab, where it
            exceeds twice the spread of the colors; else 0.
        chroma: Mean chroma in units of CIE Lab.
        faces: Number of faces, or `None` if they were not searched.
    """

    width: int
    height: int
    phash: str
    blur: float
    luminance: float
    contrast: float
    bars: tuple[float, float, float, float]
    text: float
    subtitles: bool
    cast: float
    chroma: float
    faces: int | None = None

    @property
    def short_side(self) -> int:
        """Smaller of width and height, in pixels."""
        return min(self.width, self.height)


@dataclasses.dataclass(frozen=True)
class Problem:
    """A property that makes an image less useful for training.

    Attributes:
        title: What it is.
        rule: The threshold, in words.
        holds: Function of `Measures` to whether the image has it.
    """

    title: str
    rule: str
    holds: Callable[[Measures], bool]


PROBLEMS = {
    "blurred": Problem("Blurred", "perceptual blur above 0.5", lambda m: m.blur > 0.5),
    "dark": Problem(
        "Dark", "mean luminance below 40 of 255", lambda m: m.luminance < 40
    ),
    "empty": Problem(
        "Almost empty",
        "standard deviation of the luminance below 6 levels",
        lambda m: m.contrast < 6,
    ),
    "bars": Problem(
        "Letterbox or frame",
        "uniform bars of one color on two opposite sides, each at least 1.5 % wide",
        lambda m: any(m.bars),
    ),
    "subtitles": Problem(
        "Subtitles",
        "a centered line of text in the lowest third",
        lambda m: m.subtitles,
    ),
    "text": Problem(
        "Text",
        "lines of at least 5 letter-like shapes cover more than 2 % of the area",
        lambda m: m.text > 0.02,
    ),
    "cast": Problem(
        "Color cast",
        "mean color more than 12 Lab units from neutral, and twice its spread",
        lambda m: m.cast > 12,
    ),
    "gray": Problem(
        "Black and white", "mean chroma below 2 Lab units", lambda m: m.chroma < 2
    ),
}


def measure_image(
    image: np.ndarray,
    *,
    size: tuple[int, int] | None = None,
    detect_faces: Callable[[np.ndarray], np.ndarray] | None = None,
) -> Measures:
    """Measure an image.

    Args:
        image: uint8 RGB in [0, 255], `(height, width, 3)`.
        size: Width and height of the file, if `image` is a reduced version of it.
        detect_faces: Function from the image to an array with a row for each face.

    Returns:
        The measures.

    Raises:
        ImportError: If OpenCV is missing.
    """
    cv2 = import_opencv()
    height, width = image.shape[:2]
    bars = find_bars(image)
    small = reduce_to(image, SIDE)
    gray = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    lab = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[..., 1:]
    mean = lab.reshape(-1, 2).mean(0)
    distance, spread = float(np.hypot(*mean)), float(np.hypot(*lab.std((0, 1))))
    text = find_text(gray)
    own_width, own_height = size or (width, height)
    return Measures(
        width=own_width,
        height=own_height,
        phash=perceptual_hash(gray),
        blur=round(perceptual_blur(gray), 4),
        luminance=round(float(gray.mean()), 2),
        contrast=round(float(gray.std()), 2),
        bars=tuple(
            round(bar / side, 4)
            for bar, side in zip(bars, (height, height, width, width), strict=True)
        ),
        text=round(text.share, 4),
        subtitles=text.subtitles,
        cast=round(distance, 2) if distance > 2 * spread else 0.0,
        chroma=round(float(np.hypot(lab[..., 0], lab[..., 1]).mean()), 2),
        faces=None if detect_faces is None else len(detect_faces(image)),
    )


def reduce_to(image: np.ndarray, side: int) -> np.ndarray:
    """Reduce an image to a longer side by averaging areas; a smaller one is returned.

    Args:
        image: uint8, `(height, width, ...)`.
        side: Longest side in pixels.
    """
    height, width = image.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return image
    cv2 = import_opencv()
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def perceptual_hash(gray: np.ndarray) -> str:
    """Return a hash that resized, compressed and slightly changed copies share.

    Args:
        gray: uint8, `(height, width)`.

    Returns:
        16 hexadecimal digits: the signs of 64 low frequencies of the cosine transform
        of the image at 32x32 pixels, relative to their median.
    """
    cv2 = import_opencv()
    size = (_HASH_SIDE, _HASH_SIDE)
    small = cv2.resize(gray, size, interpolation=cv2.INTER_AREA)
    low = cv2.dct(small.astype(np.float32))[:_HASH_BITS, :_HASH_BITS].ravel()
    # The first is the mean, which changes with exposure.
    bits = low > np.median(low[1:])
    bits[0] = False
    return np.packbits(bits).tobytes().hex()


def perceptual_blur(gray: np.ndarray) -> float:
    """Measure blur by how little a further blur changes an image, in [0, 1].

    Args:
        gray: uint8, `(height, width)`.

    Returns:
        The larger value of the two directions: 0 where all differences of neighbors
        vanish in the blurred image, 1 where none does, or where there are none.

    Reference: Crete et al., 2007, "The blur effect: perception and estimation with a
    new no-reference perceptual blur metric", https://doi.org/10.1117/12.702790.
    """
    cv2 = import_opencv()
    levels = gray.astype(np.float32)
    values = []
    for axis, window in ((0, (1, _BLUR_WINDOW)), (1, (_BLUR_WINDOW, 1))):
        before = np.abs(np.diff(levels, axis=axis))
        after = np.abs(np.diff(cv2.blur(levels, window), axis=axis))
        total = before.sum()
        lost = np.maximum(before - after, 0).sum()
        values.append(1.0 if total == 0 else float((total - lost) / total))
    return max(values)


def find_bars(image: np.ndarray) -> tuple[int, int, int, int]:
    """Find the bars of a letterbox, a pillarbox or a frame.

    Args:
        image: uint8 RGB, `(height, width, 3)`.

    Returns:
        Rows at the top and bottom and columns at the left and right, in pixels. A pair
        is 0 unless both sides have a bar of one color; an image that is uniform as a
        whole has none.
    """
    rows = _pair_of_bars(image)
    inner = image[rows[0] : image.shape[0] - rows[1]]
    return *rows, *_pair_of_bars(inner.swapaxes(0, 1))


def _pair_of_bars(image: np.ndarray) -> tuple[int, int]:
    """Return the rows of the bars at the first and at the last row."""
    length = len(image)
    color = np.median(image[0], axis=0)
    # Compression leaves single pixels of a bar that differ.
    off = np.abs(image.astype(np.int16) - color).max(axis=2) > _BAR_TOLERANCE
    content = np.flatnonzero(off.mean(axis=1) > 0.01)
    if not len(content):
        return 0, 0
    first, last = int(content[0]), length - 1 - int(content[-1])
    if min(first, last) < max(1, _MIN_BAR * length):
        return 0, 0
    return first, last
