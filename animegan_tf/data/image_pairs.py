"""Pairs of input and target images in folders.

A pair is two files of the same name in two folders, or the two halves of one image.
"""

import dataclasses
import logging
import math
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image

from animegan_tf.data.image_folder import limit_short_side, scan_images
from animegan_tf.imaging.reading import open_image, read_image

_logger = logging.getLogger("animegan_tf")
_MAX_NAMES = 10
# Rounding to whole pixels changes the aspect ratio of a resized copy a little.
_LOG_RATIO_TOLERANCE = 0.02


@dataclasses.dataclass(frozen=True)
class Pair:
    """An input image and its target.

    Attributes:
        photo: File of the input; without `target`, of both images side by side.
        target: File of the target, or `None`.
        reverse: Whether the left one of two halves is the target.
    """

    photo: Path
    target: Path | None = None
    reverse: bool = False

    def read(self, short_side: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Read both images at the same size.

        Args:
            short_side: Maximum short side, in pixels, to which they are downscaled;
                `None` for no limit.

        Returns:
            `(photo, target)`, uint8 RGB in [0, 255], both `(height, width, 3)`; a
            target of another size is resized to the photo's.

        Raises:
            ValueError: If a file cannot be read.
        """
        if self.target is None:
            photo, target = _halves(read_image(self.photo))
            if self.reverse:
                photo, target = target, photo
        else:
            photo, target = read_image(self.photo), read_image(self.target)
        if short_side is not None:
            photo = limit_short_side(photo, short_side)
        if target.shape != photo.shape:
            height, width = photo.shape[:2]
            resized = Image.fromarray(target).resize((width, height), Image.LANCZOS)
            target = np.asarray(resized)
        return photo, target


def pair_by_name(photos, targets) -> list[Pair]:
    """Pair the images of two folders by name, ignoring the suffix.

    Images without a partner, or with one of another aspect ratio, are skipped with a
    warning.

    Args:
        photos: Folder of input images, searched recursively.
        targets: Folder of their targets.

    Returns:
        The pairs, sorted by name.

    Raises:
        FileNotFoundError: If a folder is missing.
        ValueError: If a folder has the same name twice, or there is no pair at all.
    """
    by_name = _by_name(photos, "photos"), _by_name(targets, "style")
    names = sorted(set(by_name[0]) & set(by_name[1]))
    for folder, found in zip((photos, targets), by_name, strict=True):
        unpaired = sorted(set(found) - set(names))
        _warn(unpaired, f"of {len(found)} images in {folder} have no partner")
    pairs = {name: Pair(by_name[0][name], by_name[1][name]) for name in names}
    different = [name for name, pair in pairs.items() if not _same_ratio(pair)]
    _warn(different, f"of {len(pairs)} pairs do not have the same aspect ratio")
    if len(different) == len(pairs):
        raise ValueError(
            "`photos` and `style` must have images of the same names and aspect "
            f"ratios. Received: photos={str(photos)!r}, style={str(targets)!r}, which "
            "have no pair"
        )
    return [pair for name, pair in pairs.items() if name not in set(different)]


def pair_halves(folder, *, reverse: bool = False) -> list[Pair]:
    """List a folder of images that each have the input and the target side by side.

    Args:
        folder: Folder of such images.
        reverse: Whether the left half is the target, rather than the right half.

    Returns:
        The pairs, sorted by path.

    Raises:
        FileNotFoundError: If the folder is missing.
        ValueError: If it has no readable image.
    """
    return [Pair(path, None, reverse) for path in scan_images(folder)]


def _by_name(folder, argument) -> dict[str, Path]:
    """Map names, with subfolder and without suffix, to the images of a folder."""
    found = {}
    for path in scan_images(folder, argument=argument):
        name = path.relative_to(folder).with_suffix("").as_posix()
        if name in found:
            raise ValueError(
                f"`{argument}` must have each name once, ignoring the suffix. "
                f"Received: {str(found[name])!r} and {str(path)!r}"
            )
        found[name] = path
    return found


def _warn(names: list[str], message: str) -> None:
    if not names:
        return
    shown = ", ".join(names[:_MAX_NAMES])
    more = len(names) - _MAX_NAMES
    _logger.warning(
        "%d %s and were skipped: %s%s",
        len(names),
        message,
        shown,
        f" and {more} more" if more > 0 else "",
    )


def _same_ratio(pair: Pair) -> bool:
    """Return whether two images have the same aspect ratio, from their headers."""
    ratios = []
    for path in (pair.photo, pair.target):
        with open_image(path) as image:
            width, height = image.size
            rotated = image.getexif().get(ExifTags.Base.Orientation, 1) >= 5
        ratios.append(height / width if rotated else width / height)
    return abs(math.log(ratios[0] / ratios[1])) <= _LOG_RATIO_TOLERANCE


def _halves(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Split an image into two halves, without the last column of an odd width."""
    half = image.shape[1] // 2
    return image[:, :half], image[:, half : 2 * half]
