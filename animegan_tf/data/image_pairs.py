"""Pairs of a picture and what it should become, found in folders.

A pair is two files of one name in two folders, or the halves of one picture.
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
# Rounding to whole pixels changes the proportions of a scaled copy a little.
_PROPORTION_TOLERANCE = 0.02


@dataclasses.dataclass(frozen=True)
class Pair:
    """A picture and what it should become.

    Attributes:
        photo: File of the picture; without `target`, of both halves side by side.
        target: File of what it should become, or `None`.
        reverse: Whether, of two halves, the left one is the target.
    """

    photo: Path
    target: Path | None = None
    reverse: bool = False

    def read(self, short_side: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Read both pictures, in one size.

        Args:
            short_side: Short side, in pixels, above which they are scaled down; `None`
                leaves them as they are.

        Returns:
            `(photo, target)`, uint8 RGB in [0, 255], both `(height, width, 3)`; a
            target of another size is scaled to the photo's.

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
            scaled = Image.fromarray(target)
            target = np.asarray(scaled.resize((width, height), Image.LANCZOS))
        return photo, target


def pair_by_name(photos, targets) -> list[Pair]:
    """Pair the pictures of two folders that have one name, suffixes apart.

    Pictures without a partner, or with one of other proportions, are reported and left
    out.

    Args:
        photos: Folder of pictures; those of its subfolders count too.
        targets: Folder of what they should become.

    Returns:
        The pairs, sorted by name.

    Raises:
        FileNotFoundError: If a folder is missing.
        ValueError: If a folder has one name twice, or no two pictures make a pair.
    """
    by_name = _by_name(photos, "photos"), _by_name(targets, "style")
    names = sorted(set(by_name[0]) & set(by_name[1]))
    for folder, found in zip((photos, targets), by_name, strict=True):
        lonely = sorted(set(found) - set(names))
        _report(lonely, f"of {len(found)} pictures in {folder} have no partner")
    pairs = {name: Pair(by_name[0][name], by_name[1][name]) for name in names}
    unlike = [name for name, pair in pairs.items() if not _alike(pair)]
    _report(unlike, f"of {len(pairs)} pairs are not of the same proportions")
    if len(unlike) == len(pairs):
        raise ValueError(
            "`photos` and `style` must hold pictures of the same names and "
            f"proportions. Received: photos={str(photos)!r}, style={str(targets)!r}, "
            "of which no two make a pair"
        )
    return [pair for name, pair in pairs.items() if name not in set(unlike)]


def pair_halves(folder, *, reverse: bool = False) -> list[Pair]:
    """Take every picture of a folder for two of one size, side by side.

    Args:
        folder: Folder of such pictures.
        reverse: Whether the left half is the target, rather than the right one.

    Returns:
        The pairs, sorted by path.

    Raises:
        FileNotFoundError: If the folder is missing.
        ValueError: If it has no readable picture.
    """
    return [Pair(path, None, reverse) for path in scan_images(folder)]


def _by_name(folder, argument) -> dict[str, Path]:
    """Map the names of a folder's pictures, subfolder included, to their files."""
    found = {}
    for path in scan_images(folder, argument=argument):
        name = path.relative_to(folder).with_suffix("").as_posix()
        if name in found:
            raise ValueError(
                f"`{argument}` must have each name once, whatever the suffix. "
                f"Received: {str(found[name])!r} and {str(path)!r}"
            )
        found[name] = path
    return found


def _report(names: list[str], what: str) -> None:
    if not names:
        return
    shown = ", ".join(names[:_MAX_NAMES])
    more = len(names) - _MAX_NAMES
    _logger.warning(
        "%d %s and are left out: %s%s",
        len(names),
        what,
        shown,
        f" and {more} more" if more > 0 else "",
    )


def _alike(pair: Pair) -> bool:
    """Say whether two pictures have the same proportions, from their headers alone."""
    ratios = []
    for path in (pair.photo, pair.target):
        with open_image(path) as image:
            width, height = image.size
            turned = image.getexif().get(ExifTags.Base.Orientation, 1) >= 5
        ratios.append(height / width if turned else width / height)
    return abs(math.log(ratios[0] / ratios[1])) <= _PROPORTION_TOLERANCE


def _halves(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cut a picture in the middle; of an odd width the last column is left out."""
    half = picture.shape[1] // 2
    return picture[:, :half], picture[:, half : 2 * half]
