"""All measures of sets of pictures: styles' outputs, others' results, the photos."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from animegan_tf.data.image_folder import limit_short_side
from animegan_tf.evaluation.features import (
    check_not_empty,
    deepest_features,
    pool_features,
    relative_l1,
)
from animegan_tf.evaluation.kernel_distance import kid
from animegan_tf.evaluation.report import Report, SetMeasures
from animegan_tf.evaluation.structure import edge_f1, luminance_ssim
from animegan_tf.evaluation.style import StyleMean, style_distance
from animegan_tf.evaluation.tone import (
    chroma_drift,
    flatness,
    line_darkness,
    luminance_contrast_ratio,
)
from animegan_tf.imaging.reading import read_image

Pictures = Sequence[np.ndarray | str | os.PathLike]
# Other tools round sizes, to multiples of 32 for one; more than that is a wrong pair.
_PROPORTION_TOLERANCE = 0.1

_PIXEL_METRICS = {
    "luminance_ssim": luminance_ssim,
    "edge_f1": edge_f1,
    "luminance_contrast_ratio": luminance_contrast_ratio,
    "chroma_drift": chroma_drift,
    "flatness": flatness,
    "line_darkness": line_darkness,
}
# A photo against itself.
_UNCHANGED = {
    "content_distance": 0.0,
    "luminance_ssim": 1.0,
    "edge_f1": 1.0,
    "luminance_contrast_ratio": 1.0,
    "chroma_drift": 0.0,
    "flatness": 0.0,
    "line_darkness": 0.0,
}


def evaluate_pictures(
    photos: Pictures,
    sets: Mapping[str, Pictures | Callable],
    style_images: Pictures,
    feature_extractor,
    *,
    short_side: int | None = None,
    progress: bool = False,
) -> Report:
    """Judge sets of stylized pictures against their photos and against the style.

    Pictures are taken one at a time, so that sets of any size fit into memory.

    Args:
        photos: uint8 RGB arrays `(height, width, 3)`, or paths.
        sets: By name, the stylized photos in the same order; or what makes them, a
            function from a photo to a picture of its size, such as a `Stylizer`.
            Pictures of about the proportions of their photos are scaled to their size.
        style_images: Pictures in the style, of any sizes.
        feature_extractor: Keras model from float RGB images in [-1, 1] to a dict of
            feature maps; the report states its name.
        short_side: Pixels to scale the photos down to; smaller ones stay as they are.
        progress: Whether to show a progress bar, where the screen can.

    Returns:
        The `Report`, with the photos themselves as the set `"photos"`. Features are
        divided by the root mean square of the style's before `kid`, which makes it
        independent of the network's scale.

    Raises:
        ValueError: If there are no pictures, a set has another number of pictures than
            the photos or the name `"photos"`, a file cannot be read, or a picture has
            not its photo's proportions.
        FileNotFoundError: If a file does not exist.
    """
    _check_sets(photos, sets, style_images)
    style = _Collector(feature_extractor)
    collectors = {name: _Collector(feature_extractor) for name in ("photos", *sets)}
    total = len(style_images) + len(photos) * len(collectors)
    with tqdm(total=total, unit="picture", disable=None if progress else True) as bar:
        for picture in style_images:
            style.add(_read(picture))
            bar.update()
        for index, source in enumerate(photos):
            name = str(index) if isinstance(source, np.ndarray) else Path(source).name
            photo = _read_photo(source, short_side)
            photo_features = collectors["photos"].add_photo(name, photo)
            bar.update()
            for key, pictures in sets.items():
                own = pictures(photo) if callable(pictures) else _read(pictures[index])
                output = _match_size(own, photo, f"{name} of {key}")
                collectors[key].add_output(name, photo, output, photo_features)
                bar.update()
    reference = style.statistics.result()
    return Report(
        network=feature_extractor.name,
        layers=sorted(reference.plain),
        num_style_images=len(style_images),
        sets={
            name: SetMeasures(_measure_style(own, style), own.pictures)
            for name, own in collectors.items()
        },
    )


class _Collector:
    """Collect what one set of pictures shows, picture by picture."""

    def __init__(self, feature_extractor):
        self._feature_extractor = feature_extractor
        self.statistics = StyleMean(feature_extractor)
        self.vectors = []
        self.pictures = []

    def add(self, image):
        """Count in a picture; return its deepest feature map."""
        self.statistics.add(image)
        deepest = deepest_features(image, self._feature_extractor)
        self.vectors.append(pool_features(deepest))
        return deepest

    def add_photo(self, name, photo):
        """Count in a photo as it is; return its deepest feature map."""
        size = [photo.shape[1], photo.shape[0]]
        self.pictures.append({"name": name, "size": size, **_UNCHANGED})
        return self.add(photo)

    def add_output(self, name, photo, output, photo_features):
        """Count in a picture, and compare it with its photo."""
        content = relative_l1(self.add(output), photo_features)
        pixels = {
            key: measure(photo, output) for key, measure in _PIXEL_METRICS.items()
        }
        size = [output.shape[1], output.shape[0]]
        self.pictures.append(
            {"name": name, "size": size, "content_distance": content, **pixels}
        )


def _measure_style(own: _Collector, style: _Collector) -> dict[str, float]:
    reference = np.stack(style.vectors)
    scale = max(float(np.sqrt(np.mean(np.square(reference)))), 1e-12)
    estimate = kid(np.stack(own.vectors) / scale, reference / scale)
    return {
        **style_distance(own.statistics.result(), style.statistics.result()),
        "kid": estimate["kid"],
        "kid_standard_error": estimate["standard_error"],
    }


def _check_sets(photos, sets, style_images) -> None:
    for name, pictures in (("photos", photos), ("style_images", style_images)):
        check_not_empty(name, len(pictures))
    if "photos" in sets:
        raise ValueError(
            "`sets` must have names other than 'photos', which are the photos "
            f"themselves. Received: {', '.join(sets)}"
        )
    for name, pictures in sets.items():
        if not callable(pictures) and len(pictures) != len(photos):
            raise ValueError(
                "`sets` must hold one picture for each of `photos`. Received: "
                f"{len(pictures)} pictures of {name!r}, {len(photos)} photos"
            )


def _match_size(image, photo, name):
    """Scale a picture to its photo's size."""
    if image.shape == photo.shape:
        return image
    (height, width), (own_height, own_width) = photo.shape[:2], image.shape[:2]
    stretch = (own_width / own_height) / (width / height)
    if max(stretch, 1.0 / stretch) > 1.0 + _PROPORTION_TOLERANCE:
        raise ValueError(
            "`sets` must hold pictures of their photos' proportions. Received: "
            f"{name} with {own_width}x{own_height} pixels, photo with {width}x{height}"
        )
    picture = Image.fromarray(image).resize((width, height), Image.Resampling.LANCZOS)
    return np.asarray(picture)


def _read_photo(source, short_side) -> np.ndarray:
    photo = _read(source)
    return photo if short_side is None else limit_short_side(photo, short_side)


def _read(picture) -> np.ndarray:
    return picture if isinstance(picture, np.ndarray) else read_image(picture)
