"""Evaluate styles on held-out photos: similarity to the style and to the photo."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import keras
import numpy as np
from PIL import Image
from tqdm import tqdm

from animegan_tf.data.image_folder import limit_short_side
from animegan_tf.evaluation.features import (
    STYLE_LAYERS,
    check_not_empty,
    deepest_features,
    frechet_distance,
    inception_features,
    kid,
    pool_features,
    relative_l1,
)
from animegan_tf.evaluation.photo_metrics import (
    chroma_drift,
    edge_f1,
    flat_texture,
    flatness,
    line_darkness,
    luminance_contrast_ratio,
    luminance_ssim,
)
from animegan_tf.evaluation.report import Report, SetMeasures
from animegan_tf.evaluation.style import StyleMean, style_distance
from animegan_tf.evaluation.style_probe import StyleProbe, fit_style_probe, mean_scores
from animegan_tf.imaging.formats import list_images
from animegan_tf.imaging.reading import read_image
from animegan_tf.inference.stylizer import Stylizer
from animegan_tf.models.features.extractor import build_feature_extractor
from animegan_tf.models.features.inception import build_inception
from animegan_tf.models.features.squeezenet import build_squeezenet, is_squeezenet_file
from animegan_tf.utils.checks import check_integer, check_path

Images = Sequence[np.ndarray | str | os.PathLike]
# Other tools round sizes, for example to multiples of 32; a larger difference means
# that the images do not belong together.
_ASPECT_TOLERANCE = 0.1

_PHOTO_METRICS = {
    "luminance_ssim": luminance_ssim,
    "edge_f1": edge_f1,
    "luminance_contrast_ratio": luminance_contrast_ratio,
    "chroma_drift": chroma_drift,
    "flatness": flatness,
    "flat_texture": flat_texture,
    "line_darkness": line_darkness,
}
# Metrics of a photo compared with itself.
_UNCHANGED = {
    "content_distance": 0.0,
    "luminance_ssim": 1.0,
    "edge_f1": 1.0,
    "luminance_contrast_ratio": 1.0,
    "chroma_drift": 0.0,
    "flatness": 0.0,
    "line_darkness": 0.0,
}


def evaluate(
    style,
    photos,
    style_images,
    *,
    features="bundled",
    reference=None,
    probe=None,
    probe_features=None,
    inception=None,
    size: int | None = 512,
    progress: bool = False,
) -> Report:
    """Measure how similar stylized photos are to a style, and to the photos.

    Args:
        style: A `Stylizer` or an argument of one: the name of a bundled style, a run
            folder, a `.keras` file or a `keras.Model`. Several as a sequence, or as a
            mapping from the names to show.
        photos: Photos that the styles were not trained on: a folder, or a sequence of
            paths or of uint8 RGB arrays `(height, width, 3)`.
        style_images: Images of the style, not used in training either, as one of these.
        features: Feature extractor: a name or a weights file, see
            `build_feature_extractor`; or a model. The report states its name.
        reference: Folder of other results for the same photos, with the same names up
            to the suffix.
        probe: Classes of images for style probes, which classify the results: by name,
            a folder or a sequence as `photos`, the style first. One class should be
            photos; none should contain images of `photos` or `style_images`. Two
            probes are fitted, on gray and on color images. Or one or several
            `StyleProbe`, whose first class is the style.
        probe_features: Feature extractor of the probes, as `features`, or a weights
            file of SqueezeNet, see `build_squeezenet`; `features` by default. A network
            that was not used to train the styles gives an independent measure.
        inception: InceptionV3 for FID and KID: `"imagenet"`, which is downloaded once;
            a weights file, see `build_inception`; or a model. `None` leaves them out.
        size: Maximum short side of the photos in pixels; larger photos are scaled down.
            `None` keeps their sizes.
        progress: Whether to show a progress bar, in a terminal.

    Returns:
        The `Report`: `print` shows a table, `write_json` writes all values.

    Raises:
        FileNotFoundError: If a file or folder, or a photo's result in `reference`, does
            not exist.
        ValueError: If an argument is out of range, there are no images, or an image,
            style or network cannot be read.

    Example:
        >>> report = animegan_tf.evaluate("comic", "held_out/", "drawings/")
        >>> print(report)
    """
    if size is not None:
        check_integer(16, size=size)
    photos = _list_images(photos, "photos")
    style_images = _list_images(style_images, "style_images")
    others = {} if reference is None else {"reference": find_results(reference, photos)}
    network = _build_network(features)
    if inception is not None and not isinstance(inception, keras.Model):
        inception = build_inception(inception)
    if isinstance(probe, Mapping):
        seen_by = network if probe_features is None else _build_network(probe_features)
        probe = [
            fit_style_probe(probe, seen_by, gray=gray, progress=progress)
            for gray in (True, False)
        ]
    elif isinstance(probe, StyleProbe):
        probe = [probe]
    return evaluate_images(
        photos,
        {**_build_stylizers(style), **others},
        style_images,
        network,
        probes=probe or (),
        inception=inception,
        short_side=size,
        progress=progress,
    )


def evaluate_images(
    photos: Images,
    sets: Mapping[str, Images | Callable],
    style_images: Images,
    feature_extractor,
    *,
    probes: Sequence[StyleProbe] = (),
    inception: keras.Model | None = None,
    short_side: int | None = None,
    progress: bool = False,
) -> Report:
    """Compare sets of stylized images with their photos and with images of the style.

    Images are read one at a time, so that sets of any size fit into memory.

    Args:
        photos: uint8 RGB arrays `(height, width, 3)`, or paths.
        sets: By name, the stylized photos in the same order; or a function from a photo
            to an image of its size, such as a `Stylizer`. Images of about the aspect
            ratio of their photos are resized to their size.
        style_images: Images of the style, of any sizes.
        feature_extractor: Keras model from float RGB images in [-1, 1] to a dict of
            feature maps; the report states its name.
        probes: At most one `StyleProbe` of gray and one of color images; the first
            class of each is the style. They should not be fitted on `photos` or
            `style_images`.
        inception: Model from images to vectors, for FID and KID, see
            `build_inception`.
        short_side: Maximum short side of the photos in pixels.
        progress: Whether to show a progress bar, in a terminal.

    Returns:
        The `Report`, with the photos themselves as the set `"photos"`. Features are
        divided by the root mean square of the style's before `kid`, which makes it
        independent of the network's scale.

    Raises:
        ValueError: If there are no images, a set is named `"photos"` or its number of
            images is not that of the photos, a file cannot be read, or an image does
            not have the aspect ratio of its photo.
        FileNotFoundError: If a file does not exist.
    """
    _check_sets(photos, sets, style_images)
    probes = {"probe" if probe.gray else "color_probe": probe for probe in probes}

    def build_collector():
        return _Collector(feature_extractor, probes, inception)

    style = build_collector()
    collectors = {name: build_collector() for name in ("photos", *sets)}
    total = len(style_images) + len(photos) * len(collectors)
    with tqdm(total=total, unit="image", disable=None if progress else True) as bar:
        for image in style_images:
            style.add(_read(image))
            bar.update()
        for index, source in enumerate(photos):
            name = str(index) if isinstance(source, np.ndarray) else Path(source).name
            photo = _read(source)
            if short_side is not None:
                photo = limit_short_side(photo, short_side)
            photo_features = collectors["photos"].add_photo(name, photo)
            bar.update()
            for key, images in sets.items():
                own = images(photo) if callable(images) else _read(images[index])
                output = _match_size(own, photo, f"{name} of {key}")
                collectors[key].add_output(name, photo, output, photo_features)
                bar.update()
    return Report(
        network=feature_extractor.name,
        layers=sorted(style.statistics.result().plain),
        num_style_images=len(style_images),
        sets={
            name: SetMeasures(own.compare(style), own.images)
            for name, own in collectors.items()
        },
        probes={
            name: {
                "network": probe.feature_extractor.name,
                "classes": list(probe.classes),
                "accuracy": probe.validation and probe.validation.accuracy,
            }
            for name, probe in probes.items()
        },
    )


def find_results(folder, photos) -> list[Path]:
    """Find the result of each photo in a folder, by its name without the suffix.

    Args:
        folder: Folder of images.
        photos: Paths of the photos.

    Returns:
        The paths of the results, in the order of the photos.

    Raises:
        FileNotFoundError: If the folder, or the result of a photo, does not exist.
        ValueError: If the photos are not files.
    """
    found = {path.stem: path for path in list_images(folder)}
    if not all(isinstance(photo, str | os.PathLike) for photo in photos):
        raise ValueError(
            "`reference` needs photos with names: give `photos` as files. "
            f"Received: reference={str(folder)!r}"
        )
    missing = [Path(photo) for photo in photos if Path(photo).stem not in found]
    if missing:
        raise FileNotFoundError(
            "`reference` must contain an image with the name of each photo. Received: "
            f"reference={str(folder)!r}, which lacks {len(missing)} of {len(photos)}, "
            f"such as {missing[0].stem!r}"
        )
    return [found[Path(photo).stem] for photo in photos]


class _Collector:
    """Collect the statistics and metrics of one set, image by image."""

    def __init__(self, feature_extractor, probes, inception):
        self._feature_extractor = feature_extractor
        self._probes = probes
        self._inception = inception
        self._inception_vectors = []
        self._vectors = []
        self._probe_vectors = {name: [] for name in probes}
        self.statistics = StyleMean(feature_extractor)
        self.images = []

    def add(self, image):
        """Add an image; return its deepest feature map."""
        self.statistics.add(image)
        deepest = deepest_features(image, self._feature_extractor)
        self._vectors.append(pool_features(deepest))
        for name, probe in self._probes.items():
            self._probe_vectors[name].append(probe.statistics([image])[0])
        if self._inception is not None:
            self._inception_vectors += [*inception_features([image], self._inception)]
        return deepest

    def add_photo(self, name, photo):
        """Add a photo as it is; return its deepest feature map."""
        size = [photo.shape[1], photo.shape[0]]
        # 1, or nan if the photo has no flat regions.
        texture = {"flat_texture": flat_texture(photo, photo)}
        self.images.append({"name": name, "size": size, **_UNCHANGED, **texture})
        return self.add(photo)

    def add_output(self, name, photo, output, photo_features):
        """Add an image and compare it with its photo."""
        content = relative_l1(self.add(output), photo_features)
        metrics = {key: metric(photo, output) for key, metric in _PHOTO_METRICS.items()}
        size = [output.shape[1], output.shape[0]]
        self.images.append(
            {"name": name, "size": size, "content_distance": content, **metrics}
        )

    def compare(self, style: "_Collector") -> dict[str, float]:
        """Compare the set with that of the style."""
        reference = np.stack(style._vectors)
        scale = max(float(np.sqrt(np.mean(np.square(reference)))), 1e-12)
        estimate = kid(np.stack(self._vectors) / scale, reference / scale)
        measures = {
            **style_distance(self.statistics.result(), style.statistics.result()),
            "kid": estimate["kid"],
            "kid_standard_error": estimate["standard_error"],
        }
        for name, probe in self._probes.items():
            vectors = np.stack(self._probe_vectors[name])
            scores = mean_scores(probe.regression.probabilities(vectors), 0)
            scores["kid"] = kid(vectors, np.stack(style._probe_vectors[name]))["kid"]
            measures |= {f"{name}_{key}": value for key, value in scores.items()}
        if self._inception is not None:
            both = np.stack(self._inception_vectors), np.stack(style._inception_vectors)
            estimate = kid(*both)
            measures["fid"] = frechet_distance(*both)
            measures["inception_kid"] = estimate["kid"]
            measures["inception_kid_standard_error"] = estimate["standard_error"]
        return measures


def _check_sets(photos, sets, style_images) -> None:
    for name, images in (("photos", photos), ("style_images", style_images)):
        check_not_empty(name, len(images))
    if "photos" in sets:
        raise ValueError(
            "`sets` must have names other than 'photos', which are the photos "
            f"themselves. Received: {', '.join(sets)}"
        )
    for name, images in sets.items():
        if not callable(images) and len(images) != len(photos):
            raise ValueError(
                "`sets` must contain one image for each of `photos`. Received: "
                f"{len(images)} images of {name!r}, {len(photos)} photos"
            )


def _match_size(image, photo, name):
    """Resize an image to the size of its photo."""
    if image.shape == photo.shape:
        return image
    (height, width), (own_height, own_width) = photo.shape[:2], image.shape[:2]
    stretch = (own_width / own_height) / (width / height)
    if max(stretch, 1.0 / stretch) > 1.0 + _ASPECT_TOLERANCE:
        raise ValueError(
            "`sets` must contain images with the aspect ratio of their photos. "
            f"Received: {name} with {own_width}x{own_height} pixels, "
            f"photo with {width}x{height}"
        )
    resized = Image.fromarray(image).resize((width, height), Image.Resampling.LANCZOS)
    return np.asarray(resized)


def _read(image) -> np.ndarray:
    return image if isinstance(image, np.ndarray) else read_image(image)


def _list_images(images, argument):
    if isinstance(images, Sequence | np.ndarray) and not isinstance(images, str):
        return images
    check_path(**{argument: images})
    paths = list_images(images)
    if not paths:
        raise ValueError(
            f"`{argument}` must be a folder of images. "
            f"Received: {argument}={str(images)!r}, which contains none"
        )
    return paths


def _build_stylizers(style) -> dict[str, Stylizer]:
    """Build the stylizers of one or several styles, by name."""
    if isinstance(style, Mapping):
        return {name: _build_stylizer(own) for name, own in style.items()}
    is_list = isinstance(style, Sequence) and not isinstance(style, str)
    styles = list(style) if is_list else [style]
    names = [_name(own) for own in styles]
    if not names or len(set(names)) < len(names):
        raise ValueError(
            "`style` must contain at least one style, with unique names. "
            f"Received: {', '.join(names) or 'none'}"
        )
    return dict(zip(names, map(_build_stylizer, styles), strict=True))


def _name(style) -> str:
    if isinstance(style, Stylizer):
        return style.generator.name
    return style.name if isinstance(style, keras.Model) else str(style)


def _build_stylizer(style) -> Stylizer:
    if isinstance(style, Stylizer):
        return style
    if isinstance(style, keras.Model):
        return Stylizer(style)
    return Stylizer.from_preset(style)


def _build_network(features) -> keras.Model:
    if isinstance(features, keras.Model):
        return features
    name = Path(features).stem
    if is_squeezenet_file(features):
        return build_squeezenet(features, name=name)
    return build_feature_extractor(features, layers=STYLE_LAYERS, name=name)
