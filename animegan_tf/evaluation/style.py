"""How near a set of pictures is to a style: statistics of a network's channels."""

import dataclasses
from collections.abc import Iterable

import numpy as np
from keras import ops

from animegan_tf.evaluation.features import (
    check_not_empty,
    extract_features,
    relative_l1,
)
from animegan_tf.losses.perceptual import correlation, covariance


@dataclasses.dataclass(frozen=True)
class StyleStatistics:
    """Mean channel statistics of a set of pictures, by layer.

    Attributes:
        correlation: Mean correlation matrices, float64 `(channels, channels)` by layer.
        plain: Mean mean-centred Gram matrices, of the same form.
        num_pictures: Number of pictures averaged.
    """

    correlation: dict[str, np.ndarray]
    plain: dict[str, np.ndarray]
    num_pictures: int


class StyleMean:
    """Average the Gram and correlation matrices of pictures as they come.

    Each picture is scaled to a short side of 256 pixels, cut to its top-left 256x256
    and made grey, so that colour and size are no part of the style.

    Args:
        feature_extractor: Model from float images to a dict of feature maps.
    """

    def __init__(self, feature_extractor):
        self._feature_extractor = feature_extractor
        self._correlations, self._grams = {}, {}
        self._num_pictures = 0

    def add(self, image: np.ndarray) -> None:
        """Count in a uint8 RGB picture, `(height, width, 3)`."""
        self.add_features(extract_features(image, self._feature_extractor, gray=True))

    def add_features(self, features) -> None:
        """Count in a picture by its dict of maps, `(1, height, width, channels)`."""
        self._num_pictures += 1
        for layer, layer_map in features.items():
            gram = covariance(layer_map)
            for sums, matrix in (
                (self._grams, gram),
                (self._correlations, correlation(gram)),
            ):
                matrix = ops.convert_to_numpy(matrix)[0].astype(np.float64)
                sums[layer] = sums.get(layer, 0.0) + matrix

    def result(self) -> StyleStatistics:
        """Return the statistics of the pictures so far.

        Raises:
            ValueError: If there were none.
        """
        check_not_empty("images", self._num_pictures)
        correlations, grams = (
            {layer: matrix / self._num_pictures for layer, matrix in sums.items()}
            for sums in (self._correlations, self._grams)
        )
        return StyleStatistics(correlations, grams, self._num_pictures)


def style_statistics(
    images: Iterable[np.ndarray], feature_extractor
) -> StyleStatistics:
    """Average the Gram and correlation matrices of a set, one picture at a time.

    Args:
        images: uint8 RGB pictures; a generator will do.
        feature_extractor: Model from float images to a dict of feature maps.

    Returns:
        The `StyleStatistics` of the set; see `StyleMean` for what is made of a picture.

    Raises:
        ValueError: If there are no pictures.
    """
    mean = StyleMean(feature_extractor)
    for image in images:
        mean.add(image)
    return mean.result()


def style_distance(
    statistics: StyleStatistics, reference: StyleStatistics
) -> dict[str, float]:
    """Measure how far a set is from a style: sum|A - B| / sum|B|, mean of the layers.

    Args:
        statistics: Statistics A of the set that is judged.
        reference: Statistics B of the style.

    Returns:
        `"correlation"`, which contrast cannot change, and `"plain"`, of the Gram
        matrices, which losing contrast lowers; both at least 0.

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
