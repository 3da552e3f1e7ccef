"""Report of an evaluation, as a Markdown table and as JSON."""

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from animegan_tf.utils.atomic_path import atomic_path

# Label of each row of the table, and which direction is better, if any.
_STYLE_ROWS = {
    "correlation": ("style distance, correlation", "lower"),
    "plain": ("style distance, plain Gram", "lower"),
    "kid": ("KID", "lower"),
    "kid_standard_error": ("KID, standard error", ""),
    "probe_probability": ("probability of the style, probe", "higher"),
    "probe_share": ("classified as the style, probe", "higher"),
    "probe_kid": ("KID, probe", "lower"),
    "color_probe_probability": ("probability of the style, color probe", "higher"),
    "color_probe_share": ("classified as the style, color probe", "higher"),
    "color_probe_kid": ("KID, color probe", "lower"),
    "fid": ("FID, InceptionV3", "lower"),
    "inception_kid": ("KID, InceptionV3", "lower"),
    "inception_kid_standard_error": ("KID, InceptionV3, standard error", ""),
}
_IMAGE_ROWS = {
    "content_distance": ("content distance", "lower"),
    "luminance_ssim": ("SSIM of the luma", "higher"),
    "edge_f1": ("edge F1", "higher"),
    "luminance_contrast_ratio": ("contrast, of the photo's", "near 1"),
    "chroma_drift": ("chroma drift, Lab", "lower"),
    "flatness": ("flat share gained", ""),
    "flat_texture": ("texture in flat regions", "near 1"),
    "line_darkness": ("darkness of lines gained", ""),
}


@dataclasses.dataclass(frozen=True)
class SetMeasures:
    """Metrics of one set of images; nan if a metric is not defined.

    Attributes:
        style: Of the whole set compared with the style: `"correlation"` and `"plain"`
            of `style_distance`, `"kid"` and `"kid_standard_error"`; with a style probe
            also `"probe_probability"`, `"probe_share"` and `"probe_kid"`, and with one
            of color images the same with the prefix `"color_"`; with InceptionV3
            `"fid"`, `"inception_kid"` and `"inception_kid_standard_error"`.
        images: For each image its `"name"`, its `"size"`, [width, height] in pixels,
            and its metrics compared with its photo.
    """

    style: dict[str, float]
    images: list[dict[str, Any]]

    @property
    def mean(self) -> dict[str, float]:
        """Mean of each metric over the images for which it is defined."""
        means = {}
        for metric in _IMAGE_ROWS:
            values = [image[metric] for image in self.images]
            known = [value for value in values if not math.isnan(value)]
            means[metric] = float(np.mean(known)) if known else math.nan
        return means


@dataclasses.dataclass(frozen=True)
class Report:
    """Metrics of sets of images; `str(report)` is a Markdown table of them.

    Attributes:
        network: Name of the feature extractor. Values of different networks are not
            comparable.
        layers: Its layers.
        num_style_images: Number of images of the style.
        sets: `SetMeasures` by name; the first is `"photos"`, the photos themselves.
        probes: For each style probe, `"probe"` or `"color_probe"`, its `"network"`, its
            `"classes"`, and its `"accuracy"` in cross-validation or `None`.
    """

    network: str
    layers: list[str]
    num_style_images: int
    sets: dict[str, SetMeasures]
    probes: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)

    def __str__(self) -> str:
        num_photos = len(self.sets["photos"].images)
        head = (
            f"{num_photos} photos, {self.num_style_images} style images; features of "
            f"{self.network}, {self.layers[0]} to {self.layers[-1]}"
        )
        for name, probe in self.probes.items():
            head += (
                f"\n{name.replace('_', ' ')} of {', '.join(probe['classes'])}; "
                f"features of {probe['network']}"
            )
            if probe["accuracy"] is not None:
                head += f"; accuracy in cross-validation {probe['accuracy']:.3f}"
        means = {name: measures.mean for name, measures in self.sets.items()}
        rows = [
            [label, better, *(_number(s.style[key]) for s in self.sets.values())]
            for key, (label, better) in _STYLE_ROWS.items()
            if key in self.sets["photos"].style
        ]
        rows += [
            [label, better, *(_number(mean[key]) for mean in means.values())]
            for key, (label, better) in _IMAGE_ROWS.items()
        ]
        return f"{head}\n\n{_table(['measure', 'better', *self.sets], rows)}"

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, nan as `None`, with the means of each set."""
        values = dataclasses.asdict(self)
        for name, measures in self.sets.items():
            own = values["sets"][name]
            values["sets"][name] = {
                "style": own["style"],
                "mean": measures.mean,
                "images": own["images"],
            }
        return _without_nan(values)

    def write_json(self, path) -> Path:
        """Write the report as JSON, atomically; nan becomes `null`.

        Args:
            path: Target file; its folder must exist.

        Returns:
            The path written.

        Raises:
            OSError: If the folder is missing or not writable.
        """
        path = Path(path)
        text = json.dumps(self.to_dict(), indent=2, allow_nan=False)
        with atomic_path(path) as temporary:
            temporary.write_text(text + "\n", encoding="utf-8")
        return path


def _number(value):
    return "-" if math.isnan(value) else f"{value:.4f}"


def _table(header, rows):
    """Format cells as a Markdown table with aligned columns."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    rule = [
        "-" * width if index < 2 else "-" * (width - 1) + ":"
        for index, width in enumerate(widths)
    ]
    lines = []
    for cells in (header, rule, *rows):
        aligned = [
            cell.ljust(width) if index < 2 else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        lines.append("| " + " | ".join(aligned) + " |")
    return "\n".join(lines)


def _without_nan(value):
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value
