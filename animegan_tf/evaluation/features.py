"""Metrics on the features of a frozen network: content, kernel and Frechet distance.

A feature extractor is a model from float32 RGB in [-1, 1], `(batch, height, width, 3)`,
to a dict of feature maps. Images are shown to it at a fixed size. Values of different
networks are not comparable; with VGG19 and `STYLE_LAYERS` they are comparable between
projects.
"""

from collections.abc import Iterable

import numpy as np
from keras import ops
from PIL import Image

from animegan_tf.evaluation.photo_metrics import gray_levels
from animegan_tf.imaging.arrays import to_float
from animegan_tf.models.features.inception import INCEPTION_SIZE

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
    """Resize an image to a short side of 256 pixels and crop its top-left square.

    Args:
        image: uint8 RGB image `(height, width, 3)`.

    Returns:
        uint8 RGB `(256, 256, 3)`.
    """
    resized = resize_short_side(image, _FEATURE_SIZE)
    return resized[:_FEATURE_SIZE, :_FEATURE_SIZE]


def resize_short_side(image: np.ndarray, size: int) -> np.ndarray:
    """Resize a uint8 RGB image to a short side of `size` pixels, bicubic."""
    height, width = image.shape[:2]
    scale = size / min(height, width)
    target = round(width * scale), round(height * scale)
    if target == (width, height):
        return image
    # Pillow antialiases when it scales down.
    return np.asarray(Image.fromarray(image).resize(target, Image.Resampling.BICUBIC))


def extract_features(image: np.ndarray, feature_extractor, *, gray: bool):
    """Compute the feature maps of an image's `feature_square`.

    Args:
        image: uint8 RGB image `(height, width, 3)`.
        feature_extractor: Model from float images to a dict of feature maps.
        gray: Whether to convert the image to gray first.

    Returns:
        The network's dict of feature maps `(1, height, width, channels)`.
    """
    square = feature_square(image)
    if gray:
        square = np.repeat(gray_levels(square)[..., np.newaxis], 3, axis=-1)
    return feature_extractor(to_float(square)[np.newaxis], training=False)


def deepest_map(features):
    """Return the deepest of a dict of feature maps: `block3_conv4` of `STYLE_LAYERS`.

    It is the map with the fewest positions and, among those, with the last name in
    alphabetical order.
    """
    layer = max(
        features,
        key=lambda name: (-features[name].shape[1] * features[name].shape[2], name),
    )
    return features[layer]


def deepest_features(image: np.ndarray, feature_extractor) -> np.ndarray:
    """Compute the deepest feature map of a color image.

    Args:
        image: uint8 RGB image.
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
    """Average the deepest feature map of each image over its positions, for `kid`.

    Args:
        images: uint8 RGB images; may be a generator.
        feature_extractor: Model from float images to a dict of feature maps.

    Returns:
        float64 `(num_images, channels)`.

    Raises:
        ValueError: If there are no images.
    """
    vectors = [
        pool_features(deepest_features(image, feature_extractor)) for image in images
    ]
    check_not_empty("images", len(vectors))
    return np.stack(vectors)


def inception_features(images: Iterable[np.ndarray], network) -> np.ndarray:
    """Compute the features of images for FID and for `kid`.

    Args:
        images: uint8 RGB images; may be a generator. Each is scaled to a short side of
            the network's size, and its center square is taken.
        network: Model from float images to vectors, such as `build_inception` builds.

    Returns:
        float64 `(num_images, channels)`.

    Raises:
        ValueError: If there are no images.
    """
    size = network.input_shape[1] or INCEPTION_SIZE
    vectors = []
    for image in images:
        image = resize_short_side(image, size)
        top, left = ((side - size) // 2 for side in image.shape[:2])
        square = image[top : top + size, left : left + size]
        vector = network(to_float(square)[np.newaxis], training=False)[0]
        vectors.append(ops.convert_to_numpy(vector).astype(np.float64))
    check_not_empty("images", len(vectors))
    return np.stack(vectors)


def content_distance(
    image: np.ndarray, reference: np.ndarray, feature_extractor
) -> float:
    """Compute the relative change of the deepest features: mean|F - R| / mean|R|.

    F and R are the `deepest_features` of the two images.

    Args:
        image: uint8 RGB image to evaluate.
        reference: uint8 RGB image whose content it should keep, such as the photo.
        feature_extractor: Model from float images to a dict of feature maps.

    Returns:
        The distance, at least 0; 0 for equal images.
    """
    features = deepest_features(image, feature_extractor)
    return relative_l1(features, deepest_features(reference, feature_extractor))


def kid(
    features: np.ndarray, reference: np.ndarray, *, num_subsets: int = 5, seed: int = 0
) -> dict[str, float]:
    """Estimate the squared maximum mean discrepancy of two sets of feature vectors.

    The kernel is k(x, y) = (x.y / channels + 1)^3. The estimate is unbiased, so it may
    be slightly negative for sets of the same distribution.

    Args:
        features: float `(num_images, channels)`.
        reference: float `(num_reference_images, channels)`.
        num_subsets: Number of disjoint subsets for the standard error; fewer are used
            if subsets would have fewer than two images.
        seed: Seed of the division into subsets.

    Returns:
        `"kid"`, of the whole sets, and `"standard_error"`, of the mean of the subsets'
        estimates. Either is nan if there are too few images.

    Reference: Binkowski et al., 2018, https://arxiv.org/abs/1801.01401.
    """
    smaller = min(len(features), len(reference))
    num_subsets = min(num_subsets, smaller // 2)
    standard_error = float("nan")
    if num_subsets >= 2:
        random = np.random.default_rng(seed)
        # Disjoint subsets are independent, as the formula of the error assumes.
        subsets = [
            np.array_split(vectors[random.permutation(len(vectors))], num_subsets)
            for vectors in (features, reference)
        ]
        estimates = [_unbiased_mmd(a, b) for a, b in zip(*subsets, strict=True)]
        standard_error = float(np.std(estimates, ddof=1) / np.sqrt(num_subsets))
    value = _unbiased_mmd(features, reference) if smaller >= 2 else float("nan")
    return {"kid": value, "standard_error": standard_error}


def frechet_distance(features: np.ndarray, reference: np.ndarray) -> float:
    """Compute the Frechet distance of two sets of feature vectors, as if normal.

    |m - n|^2 + tr(C + D - 2 (C D)^(1/2)), of the means m, n and the covariances C, D.
    With InceptionV3's features it is FID. Sets of few images, up to some thousands,
    raise it: compare sets of equal sizes only, or use `kid`, which has no such bias.

    Args:
        features: float `(num_images, channels)`.
        reference: float `(num_reference_images, channels)`.

    Returns:
        The distance, at least 0 up to rounding; nan if a set has fewer than two images.

    Reference: Heusel et al., 2017, https://arxiv.org/abs/1706.08500.
    """
    if min(len(features), len(reference)) < 2:
        return float("nan")
    means, roots = [], []
    for vectors in (features, reference):
        vectors = np.asarray(vectors, np.float64)
        means.append(vectors.mean(axis=0))
        centered = (vectors - means[-1]) / np.sqrt(len(vectors) - 1)
        # R with R'R the covariance, and at most as many rows as images or channels.
        roots.append(np.linalg.qr(centered, mode="r"))
    first, second = roots
    # The eigenvalues of CD are the squared singular values of the product of roots.
    root_trace = np.linalg.svd(first @ second.T, compute_uv=False).sum()
    traces = np.square(first).sum() + np.square(second).sum()
    return float(np.square(means[0] - means[1]).sum() + traces - 2.0 * root_trace)


def _unbiased_mmd(x, y):
    def kernel(a, b):
        return (a @ b.T / a.shape[1] + 1.0) ** 3

    # Products of a vector with itself would bias the estimate.
    within = [
        (products.sum() - np.trace(products)) / (len(products) * (len(products) - 1))
        for products in (kernel(x, x), kernel(y, y))
    ]
    return float(sum(within) - 2.0 * kernel(x, y).mean())


def check_not_empty(name: str, count: int) -> None:
    """Check that a set has images.

    Raises:
        ValueError: If `count` is 0.
    """
    if count == 0:
        raise ValueError(f"`{name}` must contain at least one image. Received: none")


def relative_l1(values: np.ndarray, reference: np.ndarray) -> float:
    """Compute sum|values - reference| / sum|reference|, at least 0."""
    size = np.abs(reference).sum(dtype=np.float64)
    distance = np.abs(values - reference).sum(dtype=np.float64)
    return float(distance / max(size, 1e-12))
