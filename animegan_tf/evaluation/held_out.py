"""Held-out evaluation: styles, judged on photos they were not trained on."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import keras

from animegan_tf.evaluation.features import STYLE_LAYERS
from animegan_tf.evaluation.image_sets import evaluate_pictures
from animegan_tf.evaluation.report import Report
from animegan_tf.imaging.formats import list_images
from animegan_tf.inference.stylizer import Stylizer
from animegan_tf.models.features.extractor import build_feature_extractor


def evaluate(
    style,
    photos,
    style_images,
    *,
    features="bundled",
    reference=None,
    size: int | None = 512,
    progress: bool = False,
) -> Report:
    """Measure how near styles come to their style, and what they keep of the photo.

    Args:
        style: A `Stylizer`; or what makes one: a bundled style's name, a run folder, a
            `.keras` file or a `keras.Model`. Several as a sequence, or as a mapping
            from the names to show.
        photos: Photos that the styles were not trained on: a folder, or a sequence of
            paths or of uint8 RGB arrays `(height, width, 3)`.
        style_images: Pictures in the style, not trained on either, as one of these.
        features: Network whose features are compared: a name or a weights file, see
            `build_feature_extractor`; or such a network. Its name is in the report.
        reference: Folder of other results for the same photos, with their names
            whatever the suffix.
        size: Short side in pixels to scale the photos down to, or `None`.
        progress: Whether to show a progress bar, where the screen can.

    Returns:
        The `Report`: `print` shows a table, `write_json` keeps all values.

    Raises:
        FileNotFoundError: If a file or folder, or a photo's picture in `reference`,
            does not exist.
        ValueError: If an argument is out of range, there are no pictures, or a
            picture, style or network cannot be read.

    Example:
        >>> report = animegan_tf.evaluate("comic", "held_out/", "drawings/")
        >>> print(report)
    """
    if size is not None and size < 16:
        raise ValueError(f"`size` must be at least 16 pixels. Received: size={size}")
    photos = _list_pictures(photos, "photos")
    style_images = _list_pictures(style_images, "style_images")
    others = (
        {} if reference is None else {"reference": find_pictures(reference, photos)}
    )
    return evaluate_pictures(
        photos,
        {**_build_stylizers(style), **others},
        style_images,
        _build_network(features),
        short_side=size,
        progress=progress,
    )


def find_pictures(folder, photos) -> list[Path]:
    """Find each photo's picture in a folder, by its name without the suffix.

    Args:
        folder: Folder of pictures.
        photos: Paths of the photos.

    Returns:
        The paths of the pictures, in the order of the photos.

    Raises:
        FileNotFoundError: If the folder, or a photo's picture in it, does not exist.
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
            "`reference` must hold a picture of each photo's name. Received: "
            f"reference={str(folder)!r}, which lacks {len(missing)} of {len(photos)}, "
            f"such as {missing[0].stem!r}"
        )
    return [found[Path(photo).stem] for photo in photos]


def _build_stylizers(style) -> dict[str, Stylizer]:
    """Bring one or several of what makes a `Stylizer` to a dict by name."""
    if isinstance(style, Mapping):
        return {name: _build_stylizer(own) for name, own in style.items()}
    is_list = isinstance(style, Sequence) and not isinstance(style, str)
    styles = list(style) if is_list else [style]
    names = [_name(own) for own in styles]
    if not names or len(set(names)) < len(names):
        raise ValueError(
            "`style` must hold at least one style, each by a name of its own. "
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
    return build_feature_extractor(
        features, layers=STYLE_LAYERS, name=Path(features).stem
    )


def _list_pictures(pictures, argument):
    if not isinstance(pictures, str | os.PathLike):
        return pictures
    paths = list_images(pictures)
    if not paths:
        raise ValueError(
            f"`{argument}` must be a folder of pictures. "
            f"Received: {argument}={str(pictures)!r}, which holds none"
        )
    return paths
