"""Extract the features of styles, compare sets of pictures by them, and plot that."""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from animegan_tf.evaluation.style import (
    StyleStatistics,
    style_distance,
    style_statistics,
)
from animegan_tf.imaging.formats import list_images
from animegan_tf.imaging.reading import read_image
from animegan_tf.utils.atomic_path import atomic_path

_TITLES = {
    "correlation": "correlation distance",
    "plain": "Gram distance (falls with contrast)",
}


def style_features(images_or_paths, feature_extractor) -> StyleStatistics:
    """Extract the style of pictures: how a network's channels vary together.

    Args:
        images_or_paths: A uint8 RGB picture `(height, width, 3)`, the path of one or
            of a folder of them; or several of these. Files are read one at a time.
        feature_extractor: Model from float RGB images in [-1, 1] to a dict of feature
            maps, see `animegan_tf.evaluation.features`.

    Returns:
        The `StyleStatistics`, averaged over all the pictures.

    Raises:
        FileNotFoundError: If there is nothing at a path.
        ValueError: If there are no pictures, or one cannot be read.
    """
    return style_statistics(_read(images_or_paths), feature_extractor)


def compare_styles(
    sets: Mapping[str, object], target, feature_extractor
) -> dict[str, dict[str, float]]:
    """Measure how far sets of pictures are from a style.

    Args:
        sets: By name, whatever `style_features` takes, or what it returned.
        target: The style, as one of these.
        feature_extractor: See `style_features`.

    Returns:
        For each name, in the order of `sets`, `"correlation"` and `"plain"`, the
        distances of `animegan_tf.evaluation.style_distance`.

    Raises:
        ValueError: If there are no sets, or one holds no pictures.
        FileNotFoundError: If there is nothing at a path.
    """
    if not sets:
        raise ValueError("`sets` must hold at least one set. Received: none")

    def measure(pictures):
        if isinstance(pictures, StyleStatistics):
            return pictures
        return style_features(pictures, feature_extractor)

    reference = measure(target)
    return {
        name: style_distance(measure(pictures), reference)
        for name, pictures in sets.items()
    }


def plot_styles(distances: Mapping[str, Mapping[str, float]], path) -> Path:
    """Draw the distances of sets from a style as bars.

    Args:
        distances: What `compare_styles` returned.
        path: File to write, such as a `.png`, `.svg` or `.pdf`; its folder must exist.
            No display is needed.

    Returns:
        The path written.

    Raises:
        ValueError: If there are no distances, or the format is unknown.
        OSError: If the folder is missing or not writable.
    """
    if not distances:
        raise ValueError("`distances` must hold at least one set. Received: none")
    path = Path(path)
    names = list(distances)
    # A figure of its own leaves pyplot, and the caller's choice of display, alone.
    figure = Figure(figsize=(9.0, 1.2 + 0.4 * len(names)), layout="constrained")
    formats = FigureCanvasAgg(figure).get_supported_filetypes()
    if path.suffix.lower().lstrip(".") not in formats:
        raise ValueError(
            f"`path` must end in one of {', '.join(sorted(formats))}. "
            f"Received: path={str(path)!r}"
        )
    for axes, (kind, title) in zip(
        figure.subplots(1, 2, sharey=True), _TITLES.items(), strict=True
    ):
        values = [distances[name][kind] for name in names]
        bars = axes.barh(names, values, color="#4477aa")
        axes.bar_label(bars, fmt="%.3f", padding=3)
        axes.set_title(title)
        axes.set_xlim(0.0, 1.2 * max([*values, 1e-3]))
        axes.spines[["top", "right"]].set_visible(False)
    # The first set belongs on top.
    axes.invert_yaxis()
    with atomic_path(path) as temporary:
        figure.savefig(temporary)
    return path


def _read(pictures) -> Iterator[np.ndarray]:
    """Read pictures, paths and folders, nested as they come."""
    if isinstance(pictures, str | os.PathLike):
        if Path(pictures).is_dir():
            yield from _read(list_images(pictures))
        else:
            yield read_image(pictures)
    elif isinstance(pictures, np.ndarray) and pictures.ndim == 3:
        if pictures.dtype != np.uint8 or pictures.shape[2] != 3:
            raise ValueError(
                "`images_or_paths` must be uint8 RGB, (height, width, 3). "
                f"Received: dtype {pictures.dtype}, shape {pictures.shape}"
            )
        yield pictures
    elif isinstance(pictures, Iterable):
        for picture in pictures:
            yield from _read(picture)
    else:
        raise ValueError(
            "`images_or_paths` must be pictures, paths or folders. "
            f"Received: {type(pictures).__name__}"
        )
