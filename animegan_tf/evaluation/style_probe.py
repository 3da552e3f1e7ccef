"""Style probe: a linear classifier of images by the channel statistics of a network.

The probe describes an image by the mean and the standard deviation of each channel of
a network's feature maps: texture, lines and tone, and little of the content. With a
network whose features no generator was trained on, it is an independent measure of
style; its accuracy on images it was not fitted on shows how reliable it is.
"""

import dataclasses
import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import numpy as np
from keras import ops
from tqdm import tqdm

from animegan_tf.evaluation.features import check_not_empty, resize_short_side
from animegan_tf.evaluation.photo_metrics import gray_levels
from animegan_tf.evaluation.softmax_regression import (
    SoftmaxRegression,
    fit_softmax_regression,
)
from animegan_tf.imaging.formats import list_images
from animegan_tf.imaging.reading import read_image
from animegan_tf.utils.array_file import read_arrays
from animegan_tf.utils.atomic_path import atomic_path
from animegan_tf.utils.json_file import read_json

_BATCH_SIZE = 8
_GRAY_MEAN = 120.0
_GRAY_DEVIATION = 50.0
# Images with a lower contrast are amplified as if they had this one: a stronger
# amplification would show their noise.
_MINIMUM_DEVIATION = 5.0
_LOG_OFFSET = 0.1
_CROP_SUFFIX = re.compile(r"(_t\d+|_\d{3}_\d{2})$")


@dataclasses.dataclass(frozen=True)
class CrossValidation:
    """Quality of a probe on images that it was not fitted on.

    Attributes:
        accuracy: Share of the images whose own class is the most likely.
        num_folds: Number of folds, each predicted by a probe fitted on the others.
        num_images: Number of images, by class.
        mean_probability: Mean probability, by true class and then by class.
    """

    accuracy: float
    num_folds: int
    num_images: dict[str, int]
    mean_probability: dict[str, dict[str, float]]


@dataclasses.dataclass(frozen=True, eq=False)
class StyleProbe:
    """Classify images by style; made by `fit_style_probe` or `load_style_probe`.

    Attributes:
        feature_extractor: The network.
        classes: Names of the classes.
        gray: Whether images are converted to gray, see `probe_input`.
        size: Side of the network's input in pixels.
        center: Mean of each statistic over the images that the probe was fitted on.
        scale: Standard deviation of each.
        regression: Classifier of the standardized statistics.
        validation: Result of the cross-validation; `None` if there was none.
    """

    feature_extractor: object
    classes: tuple[str, ...]
    gray: bool
    size: int
    center: np.ndarray
    scale: np.ndarray
    regression: SoftmaxRegression
    validation: CrossValidation | None = None

    def statistics(self, images: Iterable[np.ndarray]) -> np.ndarray:
        """Return the standardized statistics of images, `(num_images, statistics)`.

        They are the input of the classifier, and can be compared with `kid`.
        """
        values = channel_statistics(
            images, self.feature_extractor, gray=self.gray, size=self.size
        )
        return (values - self.center) / self.scale

    def probabilities(self, images: Iterable[np.ndarray]) -> np.ndarray:
        """Return the probability of each class.

        Args:
            images: uint8 RGB images of any sizes; may be a generator.

        Returns:
            float64 `(num_images, classes)`, in the order of `classes`; the sum of each
            row is 1.

        Raises:
            ValueError: If there are no images.
        """
        return self.regression.probabilities(self.statistics(images))

    def score(self, images: Iterable[np.ndarray], style: str) -> dict[str, float]:
        """Measure how similar a set of images is to one of the classes.

        Args:
            images: uint8 RGB images of any sizes; may be a generator.
            style: One of `classes`.

        Returns:
            `"probability"`, the mean probability of `style`, and `"share"`, the share
            of the images whose most likely class it is.

        Raises:
            ValueError: If there are no images, or no such class.
        """
        if style not in self.classes:
            raise ValueError(
                f"`style` must be one of {', '.join(self.classes)}. "
                f"Received: style={style!r}"
            )
        return mean_scores(self.probabilities(images), self.classes.index(style))

    def save(self, path) -> Path:
        """Write the probe, without its network, to an `.npz` and a `.json` file.

        Args:
            path: Target file ending in `.npz`; its folder must exist.

        Returns:
            The path of the `.npz` file.

        Raises:
            ValueError: If the suffix is different.
            OSError: If the folder is missing or not writable.
        """
        path = _check_path(path)
        description = {
            "classes": list(self.classes),
            "gray": self.gray,
            "size": self.size,
            "network": self.feature_extractor.name,
            "layers": sorted(self.feature_extractor.output),
            "validation": self.validation and dataclasses.asdict(self.validation),
        }
        with atomic_path(path) as temporary:
            np.savez_compressed(
                temporary,
                center=self.center,
                scale=self.scale,
                weights=self.regression.weights,
                bias=self.regression.bias,
            )
        with atomic_path(path.with_suffix(".json")) as temporary:
            temporary.write_text(json.dumps(description, indent=2) + "\n", "utf-8")
        return path


def load_style_probe(path, feature_extractor) -> StyleProbe:
    """Read a probe that `StyleProbe.save` wrote.

    Args:
        path: The `.npz` file, with its `.json` file beside it.
        feature_extractor: The network that the probe was fitted with; its name and
            layers must be those in the file.

    Returns:
        The `StyleProbe`.

    Raises:
        FileNotFoundError: If a file does not exist.
        ValueError: If a file is damaged, or the network is different.
    """
    path = _check_path(path)
    description = read_json(path.with_suffix(".json"))
    try:
        network = description["network"], description["layers"]
        validation = description["validation"]
        fields = {
            "classes": tuple(description["classes"]),
            "gray": description["gray"],
            "size": description["size"],
            "validation": validation and CrossValidation(**validation),
        }
        arrays = read_arrays(path, ["center", "scale", "weights", "bias"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"Not a style probe: {str(path)!r} ({error})") from error
    received = feature_extractor.name, sorted(feature_extractor.output)
    if received != network:
        raise ValueError(
            f"`feature_extractor` must be {network[0]!r} with the layers "
            f"{', '.join(network[1])}. Received: {received[0]!r} with "
            f"{', '.join(received[1])}"
        )
    num_statistics, num_classes = len(arrays["center"]), len(fields["classes"])
    shapes = {
        "center": (num_statistics,),
        "scale": (num_statistics,),
        "weights": (num_statistics, num_classes),
        "bias": (num_classes,),
    }
    if any(arrays[name].shape != shape for name, shape in shapes.items()):
        raise ValueError(f"Not a style probe: {str(path)!r} (shapes do not match)")
    return StyleProbe(
        feature_extractor=feature_extractor,
        center=arrays["center"],
        scale=arrays["scale"],
        regression=SoftmaxRegression(arrays["weights"], arrays["bias"]),
        **fields,
    )


def crop_source(path) -> str:
    """Return the stem of a path without a crop's suffix, such as `_t0` or `_000_01`.

    Files of a class with the same result are crops of one image.
    """
    return _CROP_SUFFIX.sub("", Path(path).stem)


def fit_style_probe(
    classes: Mapping[str, object],
    feature_extractor,
    *,
    gray: bool = True,
    size: int = 256,
    penalty: float = 100.0,
    num_folds: int = 4,
    group: Callable[[object], str] = crop_source,
    seed: int = 0,
    progress: bool = False,
) -> StyleProbe:
    """Fit a probe to classes of images, and measure its accuracy by cross-validation.

    All classes have the same weight, whatever their numbers of images.

    Args:
        classes: By name, a folder, or a sequence of paths or of uint8 RGB arrays. One
            class should be photos. With several other classes, an image is less likely
            to be assigned to the style only because it is not a photo.
        feature_extractor: Model from float RGB images in [-1, 1] to a dict of feature
            maps after a ReLU.
        gray: See `probe_input`.
        size: See `probe_input`.
        penalty: L2 regularization, see `fit_softmax_regression`.
        num_folds: Number of folds of the cross-validation, at least 2; 0 for none.
        group: Function from a path to the name of a group. Files of one class in the
            same group, such as crops of one image, are in the same fold. Arrays are
            groups of their own.
        seed: Seed of the division into folds.
        progress: Whether to show a progress bar, in a terminal.

    Returns:
        The `StyleProbe`, fitted on all images.

    Raises:
        FileNotFoundError: If a folder or file does not exist.
        ValueError: If there are fewer than two classes, one has fewer groups than
            folds, or an argument is out of range.
    """
    if len(classes) < 2:
        raise ValueError(
            "`classes` must contain at least two classes. "
            f"Received: {', '.join(classes) or 'none'}"
        )
    sets = {
        name: list_images(images)
        if isinstance(images, str | os.PathLike)
        else list(images)
        for name, images in classes.items()
    }
    for name, images in sets.items():
        check_not_empty(f"classes[{name!r}]", len(images))
    values = []
    total = sum(map(len, sets.values()))
    with tqdm(total=total, unit="image", disable=None if progress else True) as bar:

        def read(images):
            for image in images:
                yield image if isinstance(image, np.ndarray) else read_image(image)
                bar.update()

        for images in sets.values():
            values.append(
                channel_statistics(
                    read(images), feature_extractor, gray=gray, size=size
                )
            )
    counts = np.array([len(images) for images in sets.values()])
    labels, values = np.repeat(np.arange(len(sets)), counts), np.concatenate(values)
    validation = None
    if num_folds:
        random = np.random.default_rng(seed)
        folds = [
            assign_folds(
                [
                    f"array {index}" if isinstance(image, np.ndarray) else group(image)
                    for index, image in enumerate(images)
                ],
                num_folds,
                random,
            )
            for images in sets.values()
        ]
        validation = _cross_validate(
            values, labels, list(sets), np.concatenate(folds), penalty
        )
    center, scale, regression = _fit(values, labels, len(sets), penalty)
    return StyleProbe(
        feature_extractor=feature_extractor,
        classes=tuple(sets),
        gray=gray,
        size=size,
        center=center,
        scale=scale,
        regression=regression,
        validation=validation,
    )


def probe_input(image: np.ndarray, *, gray: bool = True, size: int = 256) -> np.ndarray:
    """Resize an image to a short side, crop its center, and normalize its tone.

    Args:
        image: uint8 RGB image `(height, width, 3)`.
        gray: Whether to convert to gray, with a mean of 120 and a standard deviation of
            50 levels of 255, so that neither color nor contrast is part of the style.
        size: Short side, and side of the square crop, in pixels.

    Returns:
        float32 RGB in [-1, 1], `(size, size, 3)`; slightly beyond with `gray`.
    """
    image = resize_short_side(image, size)
    top, left = (image.shape[0] - size) // 2, (image.shape[1] - size) // 2
    levels = image[top : top + size, left : left + size].astype(np.float64)
    if gray:
        levels = gray_levels(levels)
        deviation = max(float(levels.std()), _MINIMUM_DEVIATION)
        levels = (levels - levels.mean()) * (_GRAY_DEVIATION / deviation) + _GRAY_MEAN
        levels = np.repeat(levels[..., np.newaxis], 3, axis=-1)
    return (levels / 127.5 - 1.0).astype(np.float32)


def channel_statistics(
    images: Iterable[np.ndarray],
    feature_extractor,
    *,
    gray: bool = True,
    size: int = 256,
) -> np.ndarray:
    """Compute log(x + 0.1) of each channel's mean and standard deviation.

    Args:
        images: uint8 RGB images of any sizes; may be a generator.
        feature_extractor: Model from float RGB images in [-1, 1] to a dict of feature
            maps, at least 0.
        gray: See `probe_input`.
        size: See `probe_input`.

    Returns:
        float64 `(num_images, 2 * channels)`: for each layer, in alphabetical order, the
        means and then the standard deviations.

    Raises:
        ValueError: If there are no images.
    """
    rows, batch = [], []

    def describe():
        features = feature_extractor(np.stack(batch), training=False)
        parts = []
        for layer in sorted(features):
            mean, variance = ops.moments(features[layer], axes=(1, 2))
            parts += [
                ops.convert_to_numpy(mean),
                np.sqrt(ops.convert_to_numpy(variance)),
            ]
        # Feature maps before a ReLU can have negative means, without a logarithm.
        statistics = np.maximum(np.concatenate(parts, axis=1), 0.0)
        rows.append(np.log(statistics.astype(np.float64) + _LOG_OFFSET))
        batch.clear()

    for image in images:
        batch.append(probe_input(image, gray=gray, size=size))
        if len(batch) == _BATCH_SIZE:
            describe()
    if batch:
        describe()
    check_not_empty("images", len(rows))
    return np.concatenate(rows)


def mean_scores(probabilities: np.ndarray, index: int) -> dict[str, float]:
    """Average the probabilities `(num_images, classes)` of a class.

    Returns:
        See `StyleProbe.score`.
    """
    return {
        "probability": float(probabilities[:, index].mean()),
        "share": float(np.mean(probabilities.argmax(axis=1) == index)),
    }


def assign_folds(groups: list[str], num_folds: int, random) -> np.ndarray:
    """Divide images into folds of about the same size, each group in one fold.

    Args:
        groups: Name of the group of each image.
        num_folds: Number of folds, at least 2.
        random: NumPy generator.

    Returns:
        The fold of each image, integers in [0, num_folds).

    Raises:
        ValueError: If there are fewer groups than folds.
    """
    names, members = np.unique(np.asarray(groups), return_inverse=True)
    if not 2 <= num_folds <= len(names):
        raise ValueError(
            "`num_folds` must be 0, or from 2 to the number of groups of images, "
            f"{len(names)}. Received: num_folds={num_folds}"
        )
    sizes = np.bincount(members)
    fold_of_group = np.empty(len(names), int)
    fold_sizes = np.zeros(num_folds, int)
    # Each group goes into the smallest fold, the largest group first.
    order = random.permutation(len(names))
    for index in order[np.argsort(-sizes[order], kind="stable")]:
        fold_of_group[index] = fold_sizes.argmin()
        fold_sizes[fold_of_group[index]] += sizes[index]
    return fold_of_group[members]


def _fit(values, labels, num_classes, penalty):
    """Standardize the statistics, and fit a classifier with equal class weights."""
    center, scale = values.mean(axis=0), np.maximum(values.std(axis=0), 1e-6)
    counts = np.bincount(labels, minlength=num_classes)
    regression = fit_softmax_regression(
        (values - center) / scale,
        labels,
        num_classes,
        penalty=penalty,
        sample_weights=(len(labels) / num_classes / counts)[labels],
    )
    return center, scale, regression


def _cross_validate(values, labels, classes, folds, penalty) -> CrossValidation:
    probabilities = np.empty((len(values), len(classes)))
    num_folds = int(folds.max()) + 1
    for fold in range(num_folds):
        fitted, unseen = folds != fold, folds == fold
        center, scale, regression = _fit(
            values[fitted], labels[fitted], len(classes), penalty
        )
        standardized = (values[unseen] - center) / scale
        probabilities[unseen] = regression.probabilities(standardized)
    return CrossValidation(
        accuracy=float(np.mean(probabilities.argmax(axis=1) == labels)),
        num_folds=num_folds,
        num_images={
            name: int((labels == index).sum()) for index, name in enumerate(classes)
        },
        mean_probability={
            name: dict(
                zip(
                    classes,
                    probabilities[labels == index].mean(axis=0).tolist(),
                    strict=True,
                )
            )
            for index, name in enumerate(classes)
        },
    )


def _check_path(path) -> Path:
    path = Path(path)
    if path.suffix != ".npz":
        raise ValueError(f"`path` must end in .npz. Received: path={str(path)!r}")
    return path
