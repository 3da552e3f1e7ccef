"""What became of contrast, colour, flat areas and dark lines."""

import numpy as np

from animegan_tf.evaluation.pixels import check_same_size, luma, reduce_window
from animegan_tf.imaging.color.lab import rgb_to_lab


def luminance_contrast_ratio(photo: np.ndarray, output: np.ndarray) -> float:
    """Compare contrast: standard deviation of the output's luma over the photo's.

    Args:
        photo: uint8 RGB picture.
        output: uint8 RGB picture, of any size.

    Returns:
        The ratio, 1 where contrast is kept; nan for a photo of one brightness.
    """
    deviation = float(np.std(luma(photo)))
    # Rounding leaves a trace of deviation in a constant picture.
    if deviation < 1e-6:
        return float("nan")
    return float(np.std(luma(output))) / deviation


def chroma_drift(photo: np.ndarray, output: np.ndarray) -> float:
    """Measure how far colours moved: the mean distance of pixels in Lab's (a, b).

    Args:
        photo: uint8 RGB picture.
        output: uint8 RGB picture of the same size.

    Returns:
        The mean distance, at least 0; about 2 is just noticeable.

    Raises:
        ValueError: If the sizes differ.
    """
    check_same_size(photo, output)
    chroma = [rgb_to_lab(image)[..., 1:] for image in (photo, output)]
    return float(np.linalg.norm(chroma[1] - chroma[0], axis=-1).mean())


def flatness(photo: np.ndarray, output: np.ndarray, *, threshold: float = 2.0) -> float:
    """Measure the share of the picture that has become flat.

    A pixel is flat if its luma differs by less than the threshold from the next pixel
    to the right and from the next below.

    Args:
        photo: uint8 RGB picture, at least 2x2 pixels.
        output: uint8 RGB picture of the same size.
        threshold: Difference in levels of 255.

    Returns:
        Flat share of the output less that of the photo, in [-1, 1].

    Raises:
        ValueError: If the sizes differ.
    """
    check_same_size(photo, output)
    shares = []
    for image in (photo, output):
        levels = luma(image)
        below = np.abs(np.diff(levels, axis=0))[:, :-1] < threshold
        right = np.abs(np.diff(levels, axis=1))[:-1, :] < threshold
        shares.append(float(np.mean(below & right)))
    return shares[1] - shares[0]


def line_darkness(
    photo: np.ndarray, output: np.ndarray, *, size: int = 5, threshold: float = 20.0
) -> float:
    """Measure how much thin dark lines of the output are darkened against the photo.

    A pixel is on a line if a grey closing by a square of `size` pixels raises the
    output's luma there by more than the threshold: that is, in dark strokes thinner
    than `size`. The result is the mean of (photo - output) / 255 on the lines less that
    on the rest, so that darkening the whole picture counts as nothing.

    Args:
        photo: uint8 RGB picture.
        output: uint8 RGB picture of the same size.
        size: Odd number of pixels, the width from which strokes are areas.
        threshold: Least depth of a line in levels of 255.

    Returns:
        The darkening, in [-2, 2] and usually in [0, 1]; 0 if there are no lines.

    Raises:
        ValueError: If the sizes differ.
    """
    check_same_size(photo, output)
    levels = luma(output)
    closed = reduce_window(reduce_window(levels, size, np.maximum), size, np.minimum)
    lines = closed - levels > threshold
    if not lines.any() or lines.all():
        return 0.0
    darkening = (luma(photo) - levels) / 255.0
    return float(darkening[lines].mean() - darkening[~lines].mean())
