"""The report of an evaluation: as a table to read, and as JSON."""

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from animegan_tf.utils.atomic_path import atomic_path

# What a row is called in the table, and which way is better where one is.
_STYLE_ROWS = {
    "correlation": ("style distance, correlation", "lower"),
    "plain": ("style distance, plain Gram", "lower"),
    "kid": ("KID", "lower"),
    "kid_standard_error": ("KID, standard error", ""),
}
_PICTURE_ROWS = {
    "content_distance": ("content distance", "lower"),
    "luminance_ssim": ("SSIM of the luma", "higher"),
    "edge_f1": ("edge F1", "higher"),
    "luminance_contrast_ratio": ("contrast, of the photo's", "near 1"),
    "chroma_drift": ("chroma drift, Lab", "lower"),
    "flatness": ("flat share gained", ""),
    "line_darkness": ("darkness of lines gained", ""),
}


@dataclasses.dataclass(frozen=True)
class SetMeasures:
    """What was measured of one set of pictures; nan where a measure does not exist.

    Attributes:
        style: Of the whole set against the style: `"correlation"` and `"plain"` of
            `style_distance`, `"kid"` and `"kid_standard_error"`.
        pictures: For each picture its `"name"`, its `"size"`, [width, height] in
            pixels, and its measures against its photo.
    """

    style: dict[str, float]
    pictures: list[dict[str, Any]]

    @property
    def mean(self) -> dict[str, float]:
        """Mean of each measure over the pictures for which it exists."""
        means = {}
        for metric in _PICTURE_ROWS:
            values = [picture[metric] for picture in self.pictures]
            known = [value for value in values if not math.isnan(value)]
            means[metric] = float(np.mean(known)) if known else math.nan
        return means


@dataclasses.dataclass(frozen=True)
class Report:
    """Measures of sets of pictures; `str(report)` is a Markdown table of them.

    Attributes:
        network: Name of the network whose features were compared. Numbers of different
            networks do not compare.
        layers: Its layers.
        num_style_images: Number of pictures that stood for the style.
        sets: By name the `SetMeasures`; first `"photos"`, from which styles start.
    """

    network: str
    layers: list[str]
    num_style_images: int
    sets: dict[str, SetMeasures]

    def __str__(self) -> str:
        num_photos = len(self.sets["photos"].pictures)
        head = (
            f"{num_photos} photos, {self.num_style_images} style images; features of "
            f"{self.network}, {self.layers[0]} to {self.layers[-1]}"
        )
        means = {name: measures.mean for name, measures in self.sets.items()}
        rows = [
            [label, better, *(_number(s.style[key]) for s in self.sets.values())]
            for key, (label, better) in _STYLE_ROWS.items()
        ]
        rows += [
            [label, better, *(_number(mean[key]) for mean in means.values())]
            for key, (label, better) in _PICTURE_ROWS.items()
        ]
        return f"{head}\n\n{_table(['measure', 'better', *self.sets], rows)}"

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, nan as `None`, with the means beside the pictures."""
        values = dataclasses.asdict(self)
        for name, measures in self.sets.items():
            own = values["sets"][name]
            values["sets"][name] = {
                "style": own["style"],
                "mean": measures.mean,
                "pictures": own["pictures"],
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
    """Lay cells out as a Markdown table that also reads well as plain text."""
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
