"""How much of the photo's content is kept, as a network sees it."""

import numpy as np

from animegan_tf.evaluation.features import deepest_features, relative_l1


def content_distance(
    image: np.ndarray, reference: np.ndarray, feature_extractor
) -> float:
    """Measure the relative change of deep features: mean|F - R| / mean|R| >= 0.

    F and R are the deepest maps, see `animegan_tf.evaluation.features`, of the two
    pictures scaled to a short side of 256 pixels and cut to the top-left 256x256, in
    colour.

    Args:
        image: uint8 RGB picture that is judged.
        reference: uint8 RGB picture whose content it should keep, such as the photo.
        feature_extractor: Model from float images to a dict of feature maps.

    Returns:
        The distance; 0 for the same picture.
    """
    features = deepest_features(image, feature_extractor)
    return relative_l1(features, deepest_features(reference, feature_extractor))
