"""What a frozen network sees in a picture, always at the same scale.

A feature extractor is a model from float32 RGB in [-1, 1], `(batch, height, width, 3)`,
to a dict of feature maps. Numbers of different networks do not compare; with VGG19 and
`STYLE_LAYERS` they compare between projects.
"""

from collections.abc import Iterable

import numpy as np
from keras import ops
from PIL import Image

from animegan_tf.evaluation.pixels import luma
from animegan_tf.imaging.arrays import to_float

STYLE_LAYERS = (
    "block1_conv1",
    "block1_conv2",
    "block2_conv1",
    "block2_conv2",
    "block3_conv1",
    "block3_conv4",
)
_FEATURE_SIZE = 256


def feature_square(image: np.ndarray) -> np.ndarray:
    """Scale a picture to a short side of 256 pixels and cut out its top-left square.

    Args:
        image: uint8 RGB picture `(height, width, 3)`.

    Returns:
        uint8 RGB `(256, 256, 3)`.
    """
    height, width = image.shape[:2]
    scale = _FEATURE_SIZE / min(height, width)
    size = round(width * scale), round(height * scale)
    if size != (width, height):
        # Pillow averages over the source when it shrinks, so nothing is aliased.
        picture = Image.fromarray(image).resize(size, Image.Resampling.BICUBIC)
        image = np.asarray(picture)
    return image[:_FEATURE_SIZE, :_FEATURE_SIZE]


def extract_features(image: np.ndarray, feature_extractor, *, gray: bool):
    """Show a picture's `feature_square` to the network.

    Args:
        image: uint8 RGB picture `(height, width, 3)`.
        feature_extractor: Model from float images to a dict of feature maps.
        gray: Whether the network is shown the brightness only.

    Returns:
        The network's dict of maps `(1, height, width, channels)`.
    """
    square = feature_square(image)
    if gray:
        square = np.repeat(luma(square)[..., np.newaxis], 3, axis=-1)
    return feature_extractor(to_float(square)[np.newaxis], training=False)


def deepest_map(features):
    """Choose the deepest of a dict of feature maps: `block3_conv4` of `STYLE_LAYERS`.

    That is the map of the fewest positions and, among those, of the last name in the
    alphabet.
    """
    layer = max(
        features,
        key=lambda name: (-features[name].shape[1] * features[name].shape[2], name),
    )
    return features[layer]


def deepest_features(image: np.ndarray, feature_extractor) -> np.ndarray:
    """Extract the deepest feature map of a picture in colour.

    Args:
        image: uint8 RGB picture.
        feature_extractor: Model from float images to a dict of feature maps.

    Returns:
        float32 `(1, height, width, channels)`.
    """
    features = extract_features(image, feature_extractor, gray=False)
    return ops.convert_to_numpy(deepest_map(features))


def pool_features(features: np.ndarray) -> np.ndarray:
    """Average a feature map `(1, height, width, channels)` to float64 `(channels,)`."""
    return features.mean(axis=(0, 1, 2), dtype=np.float64)


def pooled_features(images: Iterable[np.ndarray], feature_extractor) -> np.ndarray:
    """Average each picture's deepest feature map over its positions, for `kid`.

    Args:
        images: uint8 RGB pictures; a generator will do.
        feature_extractor: Model from float images to a dict of feature maps.

    Returns:
        float64 `(pictures, channels)`.

    Raises:
        ValueError: If there are no pictures.
    """
    vectors = [
        pool_features(deepest_features(image, feature_extractor)) for image in images
    ]
    check_not_empty("images", len(vectors))
    return np.stack(vectors)


def check_not_empty(name: str, count: int) -> None:
    """Check that a set has pictures.

    Raises:
        ValueError: If `count` is 0.
    """
    if count == 0:
        raise ValueError(f"`{name}` must hold at least one picture. Received: none")


def relative_l1(values: np.ndarray, reference: np.ndarray) -> float:
    """Measure sum|values - reference| / sum|reference|, at least 0."""
    size = np.abs(reference).sum(dtype=np.float64)
    distance = np.abs(values - reference).sum(dtype=np.float64)
    return float(distance / max(size, 1e-12))
