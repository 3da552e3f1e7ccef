"""Style statistics of sets of images, the distance between styles, and a plot of it.

The style of a set is the mean Gram and correlation matrix of a network's channels.
"""

import dataclasses
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
from keras import ops

from animegan_tf.evaluation.features import (
    check_not_empty,
    extract_features,
    relative_l1,
)
from animegan_tf.imaging.formats import list_images
from animegan_tf.imaging.reading import read_image
from animegan_tf.losses.perceptual import correlation, covariance
from animegan_tf.utils.atomic_path import atomic_path

_TITLES = {
    "correlation": "correlation distance",
    "plain": "Gram distance (falls with contrast)",
}


@dataclasses.dataclass(frozen=True)
class StyleStatistics:
    """Mean channel statistics of a set of images, by layer.

    Attributes:
        correlation: Mean correlation matrices, float64 `(channels, channels)` by layer.
        plain: Mean centered Gram matrices, of the same form.
        num_images: Number of images averaged.
    """

    correlation: dict[str, np.ndarray]
    plain: dict[str, np.ndarray]
    num_images: int


class StyleMean:
    """Average the Gram and correlation matrices of images, one image at a time.

    Each image is resized to a short side of 256 pixels, cropped to its top-left 256x256
    and converted to gray, so that color and size are not part of the style.

    Args:
        feature_extractor: Model from float images to a dict of feature maps.
    """

    def __init__(self, feature_extractor):
        self._feature_extractor = feature_extractor
        self._correlations, self._grams = {}, {}
        self._num_images = 0

    def add(self, image: np.ndarray) -> None:
        """Add a uint8 RGB image, `(height, width, 3)`."""
        self.add_features(extract_features(image, self._feature_extractor, gray=True))

    def add_features(self, features) -> None:
        """Add an image by its dict of feature maps, `(1, height, width, channels)`."""
        self._num_images += 1
        for layer, feature_map in features.items():
            gram = covariance(feature_map)
            for sums, matrix in (
                (self._grams, gram),
                (self._correlations, correlation(gram)),
            ):
                matrix = ops.convert_to_numpy(matrix)[0].astype(np.float64)
                sums[layer] = sums.get(layer, 0.0) + matrix

    def result(self) -> StyleStatistics:
        """Return the statistics of the images added so far.

        Raises:
            ValueError: If there are none.
        """
        check_not_empty("images", self._num_images)
        correlations, grams = (
            {layer: matrix / self._num_images for layer, matrix in sums.items()}
            for sums in (self._correlations, self._grams)
        )
        return StyleStatistics(correlations, grams, self._num_images)


def style_statistics(
    images: Iterable[np.ndarray], feature_extractor
) -> StyleStatistics:
    """Average the Gram and correlation matrices of a set, one image at a time.

    Args:
        images: uint8 RGB images; may be a generator.
        feature_extractor: Model from float images to a dict of feature maps.

    Returns:
        The `StyleStatistics` of the set; `StyleMean` describes the preprocessing.

    Raises:
        ValueError: If there are no images.
    """
    mean = StyleMean(feature_extractor)
    for image in images:
        mean.add(image)
    return mean.result()


def style_features(images_or_paths, feature_extractor) -> StyleStatistics:
    """Compute the `style_statistics` of images, files or folders.

    Args:
        images_or_paths: A uint8 RGB image `(height, width, 3)`, the path of an image or
            of a folder of images; or several of these. Files are read one at a time.
        feature_extractor: Model from float RGB images in [-1, 1] to a dict of feature
            maps.

    Returns:
        The `StyleStatistics`, averaged over all images.

    Raises:
        FileNotFoundError: If a path does not exist.
        ValueError: If there are no images, or one cannot be read.
    """
    return style_statistics(_read(images_or_paths), feature_extractor)


def style_distance(
    statistics: StyleStatistics, reference: StyleStatistics
) -> dict[str, float]:
    """Compute the distance to a style: sum|A - B| / sum|B|, averaged over the layers.

    Args:
        statistics: Statistics A of the set to evaluate.
        reference: Statistics B of the style.

    Returns:
        `"correlation"`, which does not depend on contrast, and `"plain"`, of the Gram
        matrices, which low contrast lowers; both at least 0.

    Raises:
        ValueError: If the two were not computed on the same layers.

    Reference: Gatys et al., 2015, https://arxiv.org/abs/1508.06576 (Gram matrices).
    """
    if sorted(statistics.plain) != sorted(reference.plain):
        raise ValueError(
            "`statistics` and `reference` must be of the same layers. "
            f"Received: {sorted(statistics.plain)} and {sorted(reference.plain)}"
        )
    distances = {}
    for kind in ("correlation", "plain"):
        matrices, targets = getattr(statistics, kind), getattr(reference, kind)
        by_layer = [
            relative_l1(matrices[layer], targets[layer]) for layer in sorted(targets)
        ]
        distances[kind] = float(np.mean(by_layer))
    return distances


def compare_styles(
    sets: Mapping[str, object], target, feature_extractor
) -> dict[str, dict[str, float]]:
    """Compute the distances of sets of images from a style.

    Args:
        sets: By name, an argument or a result of `style_features`.
        target: The style, as one of these.
        feature_extractor: See `style_features`.

    Returns:
        For each name, in the order of `sets`, the `"correlation"` and `"plain"`
        distances of `style_distance`.

    Raises:
        ValueError: If there are no sets, or one contains no images.
        FileNotFoundError: If a path does not exist.
    """
    if not sets:
        raise ValueError("`sets` must contain at least one set. Received: none")

    def measure(images):
        if isinstance(images, StyleStatistics):
            return images
        return style_features(images, feature_extractor)

    reference = measure(target)
    return {
        name: style_distance(measure(images), reference)
        for name, images in sets.items()
    }


def plot_styles(distances: Mapping[str, Mapping[str, float]], path) -> Path:
    """Plot the distances of sets from a style as bars.

    Args:
        distances: Result of `compare_styles`.
        path: File to write, such as a `.png`, `.svg` or `.pdf`; its folder must exist.
            No display is needed.

    Returns:
        The path written.

    Raises:
        ValueError: If there are no distances, or the format is unknown.
        OSError: If the folder is missing or not writable.
    """
    # Imported here, since evaluation and training do not need it.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    if not distances:
        raise ValueError("`distances` must contain at least one set. Received: none")
    path = Path(path)
    names = list(distances)
    # Without pyplot, the caller's matplotlib backend stays as it is.
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
    # The first set at the top.
    axes.invert_yaxis()
    with atomic_path(path) as temporary:
        figure.savefig(temporary)
    return path


def _read(images) -> Iterator[np.ndarray]:
    """Read images, paths and folders, nested to any depth."""
    if isinstance(images, str | os.PathLike):
        if Path(images).is_dir():
            yield from _read(list_images(images))
        else:
            yield read_image(images)
    elif isinstance(images, np.ndarray) and images.ndim == 3:
        if images.dtype != np.uint8 or images.shape[2] != 3:
            raise ValueError(
                "`images_or_paths` must be uint8 RGB, (height, width, 3). "
                f"Received: dtype {images.dtype}, shape {images.shape}"
            )
        yield images
    elif isinstance(images, Iterable):
        for image in images:
            yield from _read(image)
    else:
        raise ValueError(
            "`images_or_paths` must be images, paths or folders. "
            f"Received: {type(images).__name__}"
        )
