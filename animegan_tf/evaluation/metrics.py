"""Measures of stylized pictures: nearness to a style, and what is kept of the photo.

Pictures are uint8 RGB arrays in [0, 255], `(height, width, 3)`. A feature extractor is
a model from float32 RGB in [-1, 1], `(batch, height, width, 3)`, to a dict of feature
maps; with VGG19 and `STYLE_LAYERS` the numbers are comparable between projects.
"""

import dataclasses
from collections.abc import Iterable

import numpy as np
from keras import ops
from PIL import Image

from animegan_tf.color import rgb_to_lab
from animegan_tf.images import to_float
from animegan_tf.losses.perceptual import correlation, covariance

STYLE_LAYERS = (
    "block1_conv1",
    "block1_conv2",
    "block2_conv1",
    "block2_conv2",
    "block3_conv1",
    "block3_conv4",
)
_FEATURE_SIZE = 256


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


def style_statistics(images: Iterable[np.ndarray], feature_extractor):
    """Average the Gram and correlation matrices of a set, one picture at a time.

    Each picture is scaled to a short side of 256 pixels, cut to its top-left 256x256
    and made grey, so that colour and size are no part of the style.

    Args:
        images: uint8 pictures; a generator will do.
        feature_extractor: Model from float images to a dict of feature maps.

    Returns:
        The `StyleStatistics` of the set.

    Raises:
        ValueError: If there are no pictures.
    """
    correlations, grams, num_pictures = {}, {}, 0
    for image in images:
        num_pictures += 1
        for layer, features in _extract(image, feature_extractor, gray=True).items():
            gram = covariance(features)
            for sums, matrix in ((grams, gram), (correlations, correlation(gram))):
                matrix = ops.convert_to_numpy(matrix)[0].astype(np.float64)
                sums[layer] = sums.get(layer, 0.0) + matrix
    _check_not_empty("images", num_pictures)
    return StyleStatistics(
        {layer: matrix / num_pictures for layer, matrix in correlations.items()},
        {layer: matrix / num_pictures for layer, matrix in grams.items()},
        num_pictures,
    )


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
            _relative_l1(matrices[layer], targets[layer]) for layer in sorted(targets)
        ]
        distances[kind] = float(np.mean(by_layer))
    return distances


def content_distance(
    image: np.ndarray, reference: np.ndarray, feature_extractor
) -> float:
    """Measure the relative change of deep features: mean|F - R| / mean|R| >= 0.

    F and R are the deepest map: the one of the fewest positions and, among those, of
    the last name in the alphabet. Both pictures are scaled to a short side of 256
    pixels and cut to the top-left 256x256, in colour.

    Args:
        image: uint8 picture that is judged.
        reference: uint8 picture whose content it should keep, such as the photo.
        feature_extractor: Model from float images to a dict of feature maps.

    Returns:
        The distance; 0 for the same picture.
    """
    features = _deepest_features(image, feature_extractor)
    return _relative_l1(features, _deepest_features(reference, feature_extractor))


def pooled_features(images: Iterable[np.ndarray], feature_extractor) -> np.ndarray:
    """Average each picture's deepest feature map over its positions, for `kid`.

    Args:
        images: uint8 pictures; a generator will do.
        feature_extractor: Model from float images to a dict of feature maps.

    Returns:
        float64 `(pictures, channels)`.

    Raises:
        ValueError: If there are no pictures.
    """
    vectors = [
        _deepest_features(image, feature_extractor).mean(axis=(0, 1, 2))
        for image in images
    ]
    _check_not_empty("images", len(vectors))
    return np.stack(vectors).astype(np.float64)


def kid(
    features: np.ndarray, reference: np.ndarray, *, num_subsets: int = 5, seed: int = 0
) -> dict[str, float]:
    """Estimate the squared maximum mean discrepancy of two sets of feature vectors.

    The kernel is k(x, y) = (x.y / channels + 1)^3; the estimate is unbiased, hence may
    be slightly negative for sets of the same distribution.

    Args:
        features: float `(pictures, channels)`.
        reference: float `(other pictures, channels)`.
        num_subsets: Number of disjoint parts that give the standard error; fewer are
            made where parts would hold under two pictures.
        seed: Seed of the division into parts.

    Returns:
        `"kid"`, of the whole sets, and `"standard_error"`, of the mean of the parts'
        estimates. Either is nan where there are too few pictures.

    Reference: Binkowski et al., 2018, https://arxiv.org/abs/1801.01401.
    """
    smaller = min(len(features), len(reference))
    num_subsets = min(num_subsets, smaller // 2)
    standard_error = float("nan")
    if num_subsets >= 2:
        random = np.random.default_rng(seed)
        # Disjoint parts are independent, so their spread is an honest error.
        parts = [
            np.array_split(vectors[random.permutation(len(vectors))], num_subsets)
            for vectors in (features, reference)
        ]
        estimates = [_unbiased_mmd(a, b) for a, b in zip(*parts, strict=True)]
        standard_error = float(np.std(estimates, ddof=1) / np.sqrt(num_subsets))
    value = _unbiased_mmd(features, reference) if smaller >= 2 else float("nan")
    return {"kid": value, "standard_error": standard_error}


def luminance_contrast_ratio(photo: np.ndarray, output: np.ndarray) -> float:
    """Compare contrast: standard deviation of the output's luma over the photo's.

    Args:
        photo: uint8 RGB picture.
        output: uint8 RGB picture, of any size.

    Returns:
        The ratio, 1 where contrast is kept; nan for a photo of one brightness.
    """
    deviation = float(np.std(_luma(photo)))
    # Rounding leaves a trace of deviation in a constant picture.
    if deviation < 1e-6:
        return float("nan")
    return float(np.std(_luma(output))) / deviation


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
    _check_same_size(photo, output)
    chroma = [rgb_to_lab(image)[..., 1:] for image in (photo, output)]
    return float(np.linalg.norm(chroma[1] - chroma[0], axis=-1).mean())


def luminance_ssim(photo: np.ndarray, output: np.ndarray) -> float:
    """Measure the structural similarity of the lumas, with the paper's constants.

    Gaussian window of 11 pixels and sigma 1.5, K1 = 0.01, K2 = 0.03, full scale 255;
    the mean over all positions at which the window fits into the picture.

    Args:
        photo: uint8 RGB picture, at least 11x11 pixels.
        output: uint8 RGB picture of the same size.

    Returns:
        The mean similarity in [-1, 1]; 1 for equal pictures.

    Raises:
        ValueError: If the sizes differ, or are under 11 pixels.

    Reference: Wang et al., 2004, https://doi.org/10.1109/TIP.2003.819861.
    """
    _check_same_size(photo, output)
    if min(photo.shape[:2]) < 11:
        raise ValueError(
            "`photo` must be at least 11x11 pixels. "
            f"Received: photo of shape {photo.shape}"
        )
    x, y = _luma(photo), _luma(output)
    mean_x, mean_y = _gaussian_window_mean(x), _gaussian_window_mean(y)
    variance_x = _gaussian_window_mean(x * x) - mean_x * mean_x
    variance_y = _gaussian_window_mean(y * y) - mean_y * mean_y
    covariance_xy = _gaussian_window_mean(x * y) - mean_x * mean_y
    c1, c2 = (0.01 * 255.0) ** 2, (0.03 * 255.0) ** 2
    likeness = (2.0 * mean_x * mean_y + c1) * (2.0 * covariance_xy + c2)
    sizes = (mean_x**2 + mean_y**2 + c1) * (variance_x + variance_y + c2)
    return float(np.mean(likeness / sizes))


def edge_f1(photo: np.ndarray, output: np.ndarray, *, threshold: float = 32.0) -> float:
    """Measure whether edges are where they were: F1 score at a tolerance of 1 pixel.

    An edge pixel is one whose Sobel gradient of the luma exceeds the threshold. It is
    matched if the other picture has an edge pixel among the 3x3 around it.

    Args:
        photo: uint8 RGB picture.
        output: uint8 RGB picture of the same size.
        threshold: Gradient in levels of 255, scaled so that a step of the luma has
            its own height.

    Returns:
        The harmonic mean of the shares matched in either picture, in [0, 1]; 1 if
        neither has any edge.

    Raises:
        ValueError: If the sizes differ.
    """
    _check_same_size(photo, output)
    edges = [_sobel_magnitude(_luma(image)) > threshold for image in (photo, output)]
    counts = [int(np.count_nonzero(edge)) for edge in edges]
    if not all(counts):
        return float(not any(counts))
    matched_photo = np.count_nonzero(edges[0] & _window(edges[1], 3, np.maximum))
    matched_output = np.count_nonzero(edges[1] & _window(edges[0], 3, np.maximum))
    recall, precision = matched_photo / counts[0], matched_output / counts[1]
    return 2.0 * precision * recall / max(precision + recall, 1e-12)


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
    _check_same_size(photo, output)
    shares = []
    for image in (photo, output):
        luma = _luma(image)
        below = np.abs(np.diff(luma, axis=0))[:, :-1] < threshold
        right = np.abs(np.diff(luma, axis=1))[:-1, :] < threshold
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
    _check_same_size(photo, output)
    luma = _luma(output)
    closed = _window(_window(luma, size, np.maximum), size, np.minimum)
    lines = closed - luma > threshold
    if not lines.any() or lines.all():
        return 0.0
    darkening = (_luma(photo) - luma) / 255.0
    return float(darkening[lines].mean() - darkening[~lines].mean())


def _luma(image):
    return image.astype(np.float64) @ np.array([0.299, 0.587, 0.114])


def _check_same_size(photo, output):
    if photo.shape != output.shape:
        raise ValueError(
            "`output` must have the size of `photo`. "
            f"Received: output of shape {output.shape}, photo of shape {photo.shape}"
        )


def _check_not_empty(name, count):
    if count == 0:
        raise ValueError(f"`{name}` must hold at least one picture. Received: none")


def _extract(image, feature_extractor, *, gray):
    height, width = image.shape[:2]
    scale = _FEATURE_SIZE / min(height, width)
    size = round(width * scale), round(height * scale)
    if size != (width, height):
        # Pillow averages over the source when it shrinks, so nothing is aliased.
        picture = Image.fromarray(image).resize(size, Image.Resampling.BICUBIC)
        image = np.asarray(picture)
    image = image[:_FEATURE_SIZE, :_FEATURE_SIZE]
    if gray:
        image = np.repeat(_luma(image)[..., np.newaxis], 3, axis=-1)
    return feature_extractor(to_float(image)[np.newaxis], training=False)


def _deepest_features(image, feature_extractor):
    features = _extract(image, feature_extractor, gray=False)
    layer = max(
        features,
        key=lambda name: (-features[name].shape[1] * features[name].shape[2], name),
    )
    return ops.convert_to_numpy(features[layer])


def _relative_l1(values, reference):
    size = np.abs(reference).sum(dtype=np.float64)
    distance = np.abs(values - reference).sum(dtype=np.float64)
    return float(distance / max(size, 1e-12))


def _unbiased_mmd(x, y):
    def kernel(a, b):
        return (a @ b.T / a.shape[1] + 1.0) ** 3

    # A vector's product with itself says nothing of the distribution.
    within = [
        (kernel(a, a).sum() - np.trace(kernel(a, a))) / (len(a) * (len(a) - 1))
        for a in (x, y)
    ]
    return float(sum(within) - 2.0 * kernel(x, y).mean())


def _gaussian_window_mean(values):
    offsets = np.arange(11) - 5
    weights = np.exp(-0.5 * (offsets / 1.5) ** 2)
    weights /= weights.sum()
    rows = values.shape[0] - 10
    values = sum(w * values[i : i + rows] for i, w in enumerate(weights))
    columns = values.shape[1] - 10
    return sum(w * values[:, i : i + columns] for i, w in enumerate(weights))


def _sobel_magnitude(luma):
    padded = np.pad(luma, 1, mode="edge")
    slope = padded[:, 2:] - padded[:, :-2]
    horizontal = (slope[:-2] + 2.0 * slope[1:-1] + slope[2:]) / 4.0
    slope = padded[2:] - padded[:-2]
    vertical = (slope[:, :-2] + 2.0 * slope[:, 1:-1] + slope[:, 2:]) / 4.0
    return np.hypot(horizontal, vertical)


def _window(values, size, reduce):
    """Reduce each `size` x `size` neighbourhood with a ufunc, edges repeated."""
    height, width = values.shape
    padded = np.pad(values, size // 2, mode="edge")
    rows = reduce.reduce([padded[i : i + height] for i in range(size)])
    return reduce.reduce([rows[:, i : i + width] for i in range(size)])
