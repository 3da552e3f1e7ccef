"""One report of all measures over a set of stylized pictures."""

import json
import math
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from animegan_tf.evaluation.metrics import (
    chroma_drift,
    content_distance,
    edge_f1,
    flatness,
    kid,
    line_darkness,
    luminance_contrast_ratio,
    luminance_ssim,
    pooled_features,
    style_distance,
    style_statistics,
)
from animegan_tf.images import atomic_path, read_image

Pictures = Sequence[np.ndarray | str | os.PathLike]

_PICTURE_METRICS = {
    "luminance_contrast_ratio": luminance_contrast_ratio,
    "chroma_drift": chroma_drift,
    "luminance_ssim": luminance_ssim,
    "edge_f1": edge_f1,
    "flatness": flatness,
    "line_darkness": line_darkness,
}


def evaluate_pictures(
    photos: Pictures, outputs: Pictures, style_images: Pictures, feature_extractor
) -> dict[str, Any]:
    """Judge stylized pictures against their photos and against the style.

    Files are read one at a time, so that sets of any size fit into memory.

    Args:
        photos: uint8 RGB arrays `(height, width, 3)`, or paths.
        outputs: The stylized photos in the same order and of the same sizes.
        style_images: Pictures in the style, of any sizes.
        feature_extractor: Model from float RGB images in [-1, 1] to a dict of feature
            maps, see `animegan_tf.evaluation.metrics`.

    Returns:
        A dict of plain values:

        - `"num_pictures"`, `"num_style_images"`;
        - `"style"`: distances to the style, each a dict of `"photos"`, the value from
          which a style starts, and `"outputs"`: `"correlation"`, `"plain"`, `"kid"`
          and `"kid_standard_error"`. Features are divided by the root mean square of
          the style's before `kid`, which makes it independent of the network's scale;
        - `"mean"`: the mean of each measure over the pictures for which it exists;
        - `"pictures"`: for each picture its `"name"` and measures.

        A measure that does not exist, such as the contrast ratio to a photo of one
        brightness, is nan.

    Raises:
        ValueError: If there are no pictures, the numbers of photos and outputs differ,
            a file cannot be read, or an output has not its photo's size.
        FileNotFoundError: If a file does not exist.
    """
    if len(photos) != len(outputs):
        raise ValueError(
            "`outputs` must hold one picture for each of `photos`. "
            f"Received: {len(outputs)} outputs, {len(photos)} photos"
        )
    for name, pictures in (("photos", photos), ("style_images", style_images)):
        if len(pictures) == 0:
            raise ValueError(f"`{name}` must hold at least one picture. Received: none")
    pictures = []
    pairs = zip(_read_all(photos), _read_all(outputs), strict=True)
    for index, (photo, output) in enumerate(pairs):
        name = _name(outputs[index], index)
        pictures.append(_measure_picture(name, photo, output, feature_extractor))
    return {
        "num_pictures": len(outputs),
        "num_style_images": len(style_images),
        "style": _measure_style(photos, outputs, style_images, feature_extractor),
        "mean": {
            metric: _mean([picture[metric] for picture in pictures])
            for metric in (*_PICTURE_METRICS, "content_distance")
        },
        "pictures": pictures,
    }


def format_table(report: dict[str, Any]) -> str:
    """Lay a report out as two Markdown tables that also read well as plain text.

    Args:
        report: What `evaluate_pictures` returned.

    Returns:
        The distances to the style, then mean, lowest and highest of each measure of
        the pictures; no newline at the end.
    """
    style_rows = [
        [name, _number(values["photos"]), _number(values["outputs"])]
        for name, values in report["style"].items()
    ]
    picture_rows = []
    for metric, mean in report["mean"].items():
        values = [picture[metric] for picture in report["pictures"]]
        known = [value for value in values if not math.isnan(value)] or [math.nan]
        numbers = (mean, min(known), max(known))
        picture_rows.append([metric, *(_number(number) for number in numbers)])
    style_title = f"distance to {report['num_style_images']} style images"
    pictures_title = f"{report['num_pictures']} pictures"
    return "\n\n".join(
        [
            _table([style_title, "photos", "outputs"], style_rows),
            _table([pictures_title, "mean", "lowest", "highest"], picture_rows),
        ]
    )


def write_json(report: dict[str, Any], path) -> Path:
    """Write a report as JSON, atomically; nan becomes `null`.

    Args:
        report: What `evaluate_pictures` returned.
        path: Target file; its folder must exist.

    Returns:
        The path written.

    Raises:
        OSError: If the folder is missing or not writable.
    """
    path = Path(path)
    text = json.dumps(_without_nan(report), indent=2, allow_nan=False)
    with atomic_path(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")
    return path


def _read_all(pictures: Pictures) -> Iterator[np.ndarray]:
    for picture in pictures:
        is_array = isinstance(picture, np.ndarray)
        yield picture if is_array else read_image(picture)


def _name(picture, index):
    return str(index) if isinstance(picture, np.ndarray) else Path(picture).name


def _measure_picture(name, photo, output, feature_extractor):
    values = {
        metric: measure(photo, output) for metric, measure in _PICTURE_METRICS.items()
    }
    values["content_distance"] = content_distance(output, photo, feature_extractor)
    return {"name": name, **values}


def _measure_style(photos, outputs, style_images, feature_extractor):
    reference = style_statistics(_read_all(style_images), feature_extractor)
    vectors = pooled_features(_read_all(style_images), feature_extractor)
    scale = max(float(np.sqrt(np.mean(np.square(vectors)))), 1e-12)
    measures = {"correlation": {}, "plain": {}, "kid": {}, "kid_standard_error": {}}
    for key, pictures in (("photos", photos), ("outputs", outputs)):
        statistics = style_statistics(_read_all(pictures), feature_extractor)
        for kind, distance in style_distance(statistics, reference).items():
            measures[kind][key] = distance
        features = pooled_features(_read_all(pictures), feature_extractor)
        estimate = kid(features / scale, vectors / scale)
        measures["kid"][key] = estimate["kid"]
        measures["kid_standard_error"][key] = estimate["standard_error"]
    return measures


def _mean(values):
    known = [value for value in values if not math.isnan(value)]
    return float(np.mean(known)) if known else math.nan


def _number(value):
    return "-" if math.isnan(value) else f"{value:.4f}"


def _table(header, rows):
    columns = list(zip(header, *rows, strict=True))
    widths = [max(len(cell) for cell in column) for column in columns]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    lines = []
    for cells in (header, rule, *rows):
        first = cells[0].ljust(widths[0])
        others = [c.rjust(w) for c, w in zip(cells[1:], widths[1:], strict=True)]
        lines.append("| " + " | ".join([first, *others]) + " |")
    return "\n".join(lines)


def _without_nan(value):
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value
