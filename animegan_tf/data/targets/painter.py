"""A parametrized painter: flat areas, brush strokes, a palette and lines.

`PAINTERS` holds sets of its parameters by name; `painter_search.fit_painter` searches
those that come nearest to a folder of drawings.
"""

import dataclasses
import hashlib
import json

import numpy as np

from animegan_tf.data.targets.brushwork import (
    add_texture,
    daub,
    hatch,
    hatch_on_grid,
    kuwahara,
    relief,
)
from animegan_tf.data.targets.cel_shading import import_opencv
from animegan_tf.data.targets.contours import to_levels
from animegan_tf.data.targets.line_art import find_lines

# Part of every fingerprint: raise it whenever `Painter.paint` paints differently.
_VERSION = 1
# Lengths are given for a image of this short side, in pixels.
REFERENCE_SIZE = 512
# Areas of larger images are painted at this short side and scaled up; lines are not.
_LARGEST_AREA_SIZE = 1080
_TONE_KNOTS = np.linspace(0.0, 100.0, 11)
_TINT_KNOTS = np.linspace(0.0, 100.0, 6)


@dataclasses.dataclass(frozen=True)
class Palette:
    """Colors of a set of drawings, in CIE Lab.

    Attributes:
        tone_curve: Lightness that the drawings have where photos have 0, 10, ... 100,
            11 rising numbers in [0, 100].
        tints: `(a, b)` of the drawings' grays at lightness 0, 20, ... 100, six pairs.
        dyes: `(hue, chroma limit, share)` of each group of colors: degrees in
            [0, 360), CIE chroma, and the share of the colored pixels in [0, 1].
    """

    tone_curve: tuple[float, ...]
    tints: tuple[tuple[float, float], ...]
    dyes: tuple[tuple[float, float, float], ...] = ()

    def __post_init__(self):
        for name, count, each in (
            ("tone_curve", 11, 1),
            ("tints", 6, 2),
            ("dyes", 0, 3),
        ):
            received = getattr(self, name)
            lengths = {np.size(entry) for entry in received}
            if len(received) != (count or len(received)) or lengths - {each}:
                raise ValueError(
                    f"`{name}` must have {count or 'any number of'} entries, each of "
                    f"{each} number(s). Received: {name}={received}"
                )
        if np.any(np.diff(self.tone_curve) < 0.0):
            raise ValueError(
                "`tone_curve` must not fall anywhere. "
                f"Received: tone_curve={self.tone_curve}"
            )


@dataclasses.dataclass(frozen=True)
class Painter:
    """Parameters of a painter.

    The defaults change nothing. Lengths are in pixels of a image of short side 512,
    and grow with the image. Lightness L is CIE L*, 0 to 100; chroma is that of CIE
    Lab.

    Attributes:
        merge: Gray levels that mean-shift merges into one area, 0 to 60; 0 does none.
        merge_radius: Radius of its window, 2 to 20.
        smoothing: Range of the edge-preserving filter, 0 to 0.5; 0 does none.
        smoothing_reach: Its reach, 4 to 40.
        brush_radius: Radius of the Kuwahara filter, 0 to 12; 0 does none.
        brush_passes: How often it is applied, each time with two thirds of the radius
            of the time before, 1 to 3.
        texture: Share of the photo's fine lightness that is laid back on the areas,
            drawn out along its contours, 0 to 1.
        daubs: Opacity of brush strokes that follow the contours, 0 to 1.
        daub_width: Width of the finest strokes, 2 to 16.
        daub_length: Length of a stroke in widths, 1 to 10.
        daub_variation: How far colors change from stroke to stroke, 0 to 1: at 1 by
            deviations of 4 in L, 16 degrees of hue and a quarter of the chroma.
        relief: Shading of thick paint, lit from the upper left, 0 to 1.
        tone_match: How far lightness follows the palette's tone curve, 0 to 1.
        contrast: Gain of lightness about L 50, 0.5 to 2.
        lift: Brightening of the mid-tones in L, -20 to 20.
        shadow_lift: Brightening of shadows, below L 45, in L, -20 to 20.
        black: Lightness of the darkest paint, 0 to 40.
        white: Lightness of the paper, 60 to 100.
        tone_levels: Number of lightness steps, 2 to 12.
        tone_steps: How far shading is drawn to the steps, 0 to 1.
        chroma: Gain of chroma, 0 to 2.
        tint_match: How far grays take the palette's tints, 0 to 1.
        hue_match: How far hues are pulled to the palette's dyes, 0 to 1.
        chroma_match: How far chroma is bent below the dyes' limits, 0 to 1.
        shadow_tint: `(a, b)` added to black, less to lighter colors, -20 to 20.
        light_tint: `(a, b)` added to white, less to darker colors, -20 to 20.
        palette: What the `_match` fields follow; without it they do nothing.
        line_opacity: Opacity of lines, 0 to 1; 0 draws none.
        line_width: Half-width (deviation) of a line, 0.4 to 3.
        line_threshold: Darkness against the surroundings, as a share of their
            brightness, where a line begins, 0.001 to 0.1.
        line_range: How much darker it must be for a full line, 0.002 to 0.2.
        line_length: Shorter lines are dropped, 0 to 100.
        line_sharpness: How sharp an edge must be to bear a line: 0 takes any, 1 none
            as soft as those of clouds and shadows.
        line_areas: Opacity of lines between the flattened areas, of those from the
            photo, 0 to 1.
        line_color: Color of the ink, RGB in [0, 1].
        line_blend: 0 draws with the ink alone, 1 with the darkened local color.
        hatching: Opacity of hatching in the ink's color in place of tones, 0 to 1.
        hatch_spacing: Distance between hatching lines, 2 to 12.
        hatch_grid: Pixels of the image after which hatching repeats, so that a network
            can learn it, up to 16; 0 hatches along the contours instead.
        glow: Light spread from bright areas, 0 to 0.5.
        sharpen: Unsharp masking after painting, 0 to 1.
    """

    merge: float = 0.0
    merge_radius: float = 10.0
    smoothing: float = 0.0
    smoothing_reach: float = 14.0
    brush_radius: float = 0.0
    brush_passes: int = 1
    texture: float = 0.0
    daubs: float = 0.0
    daub_width: float = 5.0
    daub_length: float = 4.0
    daub_variation: float = 0.4
    relief: float = 0.0
    tone_match: float = 0.0
    contrast: float = 1.0
    lift: float = 0.0
    shadow_lift: float = 0.0
    black: float = 0.0
    white: float = 100.0
    tone_levels: int = 6
    tone_steps: float = 0.0
    chroma: float = 1.0
    tint_match: float = 0.0
    hue_match: float = 0.0
    chroma_match: float = 0.0
    shadow_tint: tuple[float, float] = (0.0, 0.0)
    light_tint: tuple[float, float] = (0.0, 0.0)
    palette: Palette | None = None
    line_opacity: float = 0.0
    line_width: float = 1.0
    line_threshold: float = 0.012
    line_range: float = 0.035
    line_length: float = 14.0
    line_sharpness: float = 0.5
    line_areas: float = 0.0
    line_color: tuple[float, float, float] = (0.05, 0.05, 0.05)
    line_blend: float = 0.0
    hatching: float = 0.0
    hatch_spacing: float = 4.0
    hatch_grid: int = 0
    glow: float = 0.0
    sharpen: float = 0.0

    def __post_init__(self):
        for name, (low, high) in RANGES.items():
            received = getattr(self, name)
            length = _LENGTHS.get(name, 1)
            values = np.atleast_1d(received)
            # Written so that NaN is refused too.
            if len(values) != length or not np.all((values >= low) & (values <= high)):
                numbers = f"{length} numbers in " if length > 1 else "in "
                raise ValueError(
                    f"`{name}` must be {numbers}[{low:g}, {high:g}]. "
                    f"Received: {name}={received}"
                )

    def paint(self, photo: np.ndarray, *, unit: float | None = None) -> np.ndarray:
        """Paint a photo.

        Args:
            photo: uint8 RGB in [0, 255], `(height, width, 3)`.
            unit: Pixels of the photo that one unit of length takes; the short side over
                512 by default. Give 1.0 for strokes of the same size in any image.

        Returns:
            uint8 RGB of the same shape. The same photo always gives the same.

        Raises:
            ImportError: If OpenCV, part of the extra `train`, is not installed.
            ValueError: If the photo is not uint8 RGB.
        """
        photo = np.asarray(photo)
        if photo.dtype != np.uint8 or photo.ndim != 3 or photo.shape[2] != 3:
            raise ValueError(
                "`photo` must be uint8 RGB of shape (height, width, 3). "
                f"Received: dtype {photo.dtype}, shape {photo.shape}"
            )
        if photo.size == 0:
            raise ValueError(
                f"`photo` must have at least one pixel. Received: {photo.shape}"
            )
        if unit is not None and not unit > 0.0:
            raise ValueError(f"`unit` must be positive. Received: unit={unit}")
        return _paint(self, np.ascontiguousarray(photo), unit)

    def fingerprint(self) -> str:
        """Return text that changes whenever the result of `paint` would change."""
        text = json.dumps(self.to_dict(), sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        return f"painter-{_VERSION}-{digest}"

    def to_dict(self) -> dict:
        """Return the fields as JSON values."""
        return json.loads(json.dumps(dataclasses.asdict(self)))

    @classmethod
    def from_dict(cls, values: dict) -> "Painter":
        """Build a painter from what `to_dict` returned.

        Raises:
            ValueError: If a field is unknown or out of range.
        """
        unknown = sorted(set(values) - {f.name for f in dataclasses.fields(cls)})
        if unknown:
            raise ValueError(f"`values` has unknown fields. Received: {unknown}")
        values = {key: _to_tuple(value) for key, value in values.items()}
        if values.get("palette") is not None:
            palette = {key: _to_tuple(v) for key, v in values["palette"].items()}
            values["palette"] = Palette(**palette)
        return cls(**values)


# Limits of every number of a painter.
RANGES = {
    "merge": (0.0, 60.0),
    "merge_radius": (2.0, 20.0),
    "smoothing": (0.0, 0.5),
    "smoothing_reach": (4.0, 40.0),
    "brush_radius": (0.0, 12.0),
    "brush_passes": (1, 3),
    "texture": (0.0, 1.0),
    "daubs": (0.0, 1.0),
    "daub_width": (2.0, 16.0),
    "daub_length": (1.0, 10.0),
    "daub_variation": (0.0, 1.0),
    "relief": (0.0, 1.0),
    "tone_match": (0.0, 1.0),
    "contrast": (0.5, 2.0),
    "lift": (-20.0, 20.0),
    "shadow_lift": (-20.0, 20.0),
    "black": (0.0, 40.0),
    "white": (60.0, 100.0),
    "tone_levels": (2, 12),
    "tone_steps": (0.0, 1.0),
    "chroma": (0.0, 2.0),
    "tint_match": (0.0, 1.0),
    "hue_match": (0.0, 1.0),
    "chroma_match": (0.0, 1.0),
    "shadow_tint": (-20.0, 20.0),
    "light_tint": (-20.0, 20.0),
    "line_opacity": (0.0, 1.0),
    "line_width": (0.4, 3.0),
    "line_threshold": (0.001, 0.1),
    "line_range": (0.002, 0.2),
    "line_length": (0.0, 100.0),
    "line_sharpness": (0.0, 1.0),
    "line_areas": (0.0, 1.0),
    "line_color": (0.0, 1.0),
    "line_blend": (0.0, 1.0),
    "hatching": (0.0, 1.0),
    "hatch_spacing": (2.0, 12.0),
    "hatch_grid": (0, 16),
    "glow": (0.0, 0.5),
    "sharpen": (0.0, 1.0),
}
# How many numbers the fields have that have several.
_LENGTHS = {"shadow_tint": 2, "light_tint": 2, "line_color": 3}


def _to_tuple(value):
    return tuple(_to_tuple(v) for v in value) if isinstance(value, list) else value


def _paint(painter: Painter, photo: np.ndarray, unit: float | None) -> np.ndarray:
    cv2 = import_opencv()
    height, width = photo.shape[:2]
    if unit is None:
        unit = min(height, width) / REFERENCE_SIZE
    shrink = min(1.0, _LARGEST_AREA_SIZE / min(height, width))
    small = photo
    if shrink < 1.0:
        size = (round(width * shrink), round(height * shrink))
        small = cv2.resize(photo, size, interpolation=cv2.INTER_AREA)
    areas = _flatten(painter, small, unit * shrink)
    painted = _lay_colors(painter, areas, small, unit * shrink)
    if shrink < 1.0:
        areas, painted = (
            # What was left as it is keeps its full resolution.
            photo
            if image is small
            else cv2.resize(image, (width, height), interpolation=cv2.INTER_CUBIC)
            for image in (areas, painted)
        )
    if painter.hatching > 0.0 and painter.hatch_grid:
        painted = hatch_on_grid(
            painted,
            opacity=painter.hatching,
            grid=painter.hatch_grid,
            paper=painter.white / 100.0,
            color=painter.line_color,
        )
    elif painter.hatching > 0.0:
        painted = hatch(
            painted,
            photo,
            opacity=painter.hatching,
            spacing=painter.hatch_spacing,
            paper=painter.white / 100.0,
            color=painter.line_color,
            unit=unit,
        )
    if painter.line_opacity > 0.0:
        painted = _draw_lines(painter, painted, photo, areas, unit)
    return _finish(painter, painted, unit)


def _flatten(painter: Painter, photo: np.ndarray, unit: float) -> np.ndarray:
    """Merge and smooth areas; uint8 in and out."""
    cv2 = import_opencv()
    areas = photo
    if painter.merge > 0.0 or painter.smoothing > 0.0:
        # Grain would seed small areas of its own.
        areas = cv2.bilateralFilter(areas, 5, 30, 5)
    if painter.merge > 0.0:
        radius = max(1.0, painter.merge_radius * unit)
        areas = _mean_shift(areas, radius, painter.merge)
    if painter.smoothing > 0.0:
        areas = cv2.edgePreservingFilter(
            areas,
            flags=cv2.RECURS_FILTER,
            sigma_s=max(1.0, painter.smoothing_reach * unit),
            sigma_r=painter.smoothing,
        )
    if painter.merge > 0.0:
        # The filter leaves slopes inside an area; the second pass makes them steps.
        areas = _mean_shift(areas, radius, painter.merge / 2.0)
    radius = painter.brush_radius * unit
    if painter.brush_radius > 0.0:
        strokes = areas.astype(np.float32) / np.float32(255.0)
        for _ in range(painter.brush_passes):
            strokes = kuwahara(strokes, max(1.0, radius))
            radius *= 2.0 / 3.0
        areas = to_levels(strokes)
    return areas


def _mean_shift(image, radius, color_range):
    cv2 = import_opencv()
    # The pyramid's coarse level needs a few pixels to start from.
    levels = 1 if min(image.shape[:2]) >= 32 else 0
    return cv2.pyrMeanShiftFiltering(image, radius, color_range, maxLevel=levels)


def _lay_colors(painter: Painter, areas, photo, unit):
    """Add texture and daubs to the areas, and grade them; uint8 in and out."""
    colors = areas
    if painter.texture > 0.0 and areas is not photo:
        colors = add_texture(areas, photo, amount=painter.texture, unit=unit)
    if _grades(painter):
        colors = to_levels(_grade(painter, colors))
    if painter.daubs > 0.0:
        strokes = daub(
            colors,
            photo,
            width=painter.daub_width,
            length=painter.daub_length,
            variation=painter.daub_variation,
            unit=unit,
        )
        mixed = (1.0 - painter.daubs) * colors + painter.daubs * strokes
        colors = to_levels(mixed / 255.0)
    if painter.relief > 0.0:
        colors = to_levels(
            colors.astype(np.float32) / 255.0
            + painter.relief * relief(colors, unit)[..., np.newaxis]
        )
    return colors


_GRADE_FIELDS = (
    "contrast lift shadow_lift black white tone_steps chroma shadow_tint light_tint"
).split()
_MATCH_FIELDS = "tone_match tint_match hue_match chroma_match".split()


def _grades(painter: Painter) -> bool:
    """Tell whether any field changes colors point by point."""
    neutral = Painter()
    changed = [getattr(painter, f) != getattr(neutral, f) for f in _GRADE_FIELDS]
    matched = painter.palette and any(getattr(painter, f) for f in _MATCH_FIELDS)
    return any(changed) or bool(matched)


def _grade(painter: Painter, image):
    """Apply tone curve, tone steps and palette; uint8 in, float RGB in [0, 1] out."""
    cv2 = import_opencv()
    lab = cv2.cvtColor(image.astype(np.float32) / 255.0, cv2.COLOR_RGB2Lab)
    light, a, b = lab[..., 0], lab[..., 1], lab[..., 2]
    light = _curve(painter, light)
    if painter.tone_steps > 0.0:
        light = _step_tones(light, painter.tone_levels, painter.tone_steps)
    light = np.clip(light, 0.0, 100.0)
    a, b = a * painter.chroma, b * painter.chroma
    palette = painter.palette
    if palette and palette.dyes and (painter.hue_match or painter.chroma_match):
        a, b = _pull_to_dyes(painter, a, b)
    share = light / 100.0
    # Strong colors keep their hue; grays, paper and shadows take the tint.
    reach = 1.0 / (1.0 + np.square(np.hypot(a, b) / 40.0))
    tint_a = painter.light_tint[0] * share**1.5
    tint_a += painter.shadow_tint[0] * np.square(1.0 - share)
    tint_b = painter.light_tint[1] * share**1.5
    tint_b += painter.shadow_tint[1] * np.square(1.0 - share)
    if palette and painter.tint_match:
        tints = painter.tint_match * np.asarray(palette.tints)
        tint_a += np.interp(light, _TINT_KNOTS, tints[:, 0])
        tint_b += np.interp(light, _TINT_KNOTS, tints[:, 1])
    lab = np.stack([light, a + reach * tint_a, b + reach * tint_b], axis=-1)
    return np.clip(cv2.cvtColor(lab.astype(np.float32), cv2.COLOR_Lab2RGB), 0.0, 1.0)


def _curve(painter: Painter, light):
    if painter.palette and painter.tone_match:
        matched = np.interp(light, _TONE_KNOTS, painter.palette.tone_curve)
        light = light + painter.tone_match * (matched - light)
    shadow = np.clip(1.0 - light / 45.0, 0.0, 1.0)
    light = light + painter.lift * np.sin(np.pi * np.clip(light, 0, 100) / 100.0)
    light = light + painter.shadow_lift * shadow
    light = 50.0 + painter.contrast * (light - 50.0)
    light = np.clip(light, 0.0, 100.0)
    return painter.black + (painter.white - painter.black) / 100.0 * light


def _step_tones(light, levels, strength):
    half_step = 50.0 / levels
    center = np.round(light / (2.0 * half_step)) * 2.0 * half_step
    # The fourth power is flat around each level and turns quickly between two.
    offset = (light - center) / half_step
    stepped = center + half_step * np.sign(offset) * np.square(np.square(offset))
    return light + strength * (stepped - light)


def _pull_to_dyes(painter, a, b):
    """Turn hues to the nearest dyes, and bend chroma below the dyes' limits."""
    cv2 = import_opencv()
    hue = np.arange(360.0)
    dyes = np.asarray(painter.palette.dyes)
    # From each degree to each dye, in (-180, 180].
    turn = (dyes[:, 0] - hue[:, np.newaxis] + 180.0) % 360.0 - 180.0
    weight = (0.2 + dyes[:, 2]) * np.exp(-0.5 * np.square(turn / 20.0)) + 1e-9
    weight /= weight.sum(axis=1, keepdims=True)
    turned = painter.hue_match * (weight * turn).sum(axis=1)
    # A hue far from all dyes is not turned into another color.
    turned = np.clip(turned, -45.0, 45.0)
    wide = (0.2 + dyes[:, 2]) * np.exp(-0.5 * np.square(turn / 30.0)) + 1e-9
    limit = (wide * dyes[:, 1]).sum(axis=1) / wide.sum(axis=1)
    chroma, angle = cv2.cartToPolar(a, b, angleInDegrees=True)
    degree = np.minimum(angle.astype(np.int32), 359)
    angle = np.radians(angle + turned.astype(np.float32)[degree])
    limit = np.maximum(limit, 1.0).astype(np.float32)[degree]
    bent = limit * (1.0 - np.exp(-1.4 * chroma / limit))
    chroma = chroma + painter.chroma_match * (bent - chroma)
    return chroma * np.cos(angle), chroma * np.sin(angle)


def _draw_lines(painter, painted, photo, areas, unit):
    options = {
        "width": painter.line_width,
        "threshold": painter.line_threshold,
        "span": painter.line_range,
        "min_length": painter.line_length,
        "sharpness": painter.line_sharpness,
        "unit": unit,
    }
    ink = find_lines(photo, **options)
    if painter.line_areas > 0.0:
        ink = np.maximum(ink, painter.line_areas * find_lines(areas, **options))
    ink = (painter.line_opacity * ink)[..., np.newaxis]
    colors = painted.astype(np.float32) / 255.0
    local = colors * np.array([0.36, 0.28, 0.32], np.float32)
    own = np.asarray(painter.line_color, np.float32)
    color = own + painter.line_blend * (local - own)
    return to_levels(colors + ink * (color - colors))


def _finish(painter, painted, unit):
    cv2 = import_opencv()
    if painter.glow == 0.0 and painter.sharpen == 0.0:
        return painted.copy()
    colors = painted.astype(np.float32) / 255.0
    if painter.glow > 0.0:
        light = cv2.GaussianBlur(colors, (0, 0), max(1.0, 8.0 * unit))
        colors = 1.0 - (1.0 - colors) * (1.0 - painter.glow * np.square(light))
    if painter.sharpen > 0.0:
        blurred = cv2.GaussianBlur(colors, (0, 0), max(0.7, 1.5 * unit))
        colors = colors + painter.sharpen * (colors - blurred)
    return to_levels(colors)


_CEL = Painter(
    merge=22.0,
    smoothing=0.15,
    smoothing_reach=16.0,
    lift=8.0,
    tone_levels=6,
    tone_steps=0.6,
    chroma=1.18,
    line_opacity=0.88,
    line_width=1.4,
    line_threshold=0.008,
    line_range=0.026,
    line_sharpness=0.0,
    line_areas=1.0,
    line_color=(0.05, 0.045, 0.06),
    line_length=12.0,
)
PAINTERS = {
    "cel": _CEL,
    # Nothing as soft as a cloud has an outline.
    "comic": dataclasses.replace(
        _CEL,
        smoothing=0.2,
        lift=10.0,
        tone_levels=5,
        tone_steps=0.85,
        chroma=1.3,
        line_opacity=0.95,
        line_width=1.7,
        line_length=18.0,
        line_sharpness=0.7,
        line_areas=0.1,
    ),
    "oil": Painter(
        brush_radius=6.0,
        brush_passes=2,
        contrast=1.12,
        lift=2.0,
        chroma=1.3,
        relief=0.55,
    ),
    "soft": Painter(
        smoothing=0.3,
        smoothing_reach=12.0,
        brush_radius=4.0,
        lift=7.0,
        contrast=1.06,
        chroma=1.2,
        glow=0.16,
        sharpen=0.5,
    ),
    "ink": Painter(
        merge=30.0,
        smoothing=0.22,
        smoothing_reach=16.0,
        chroma=0.0,
        contrast=1.3,
        lift=18.0,
        tone_levels=3,
        tone_steps=1.0,
        line_opacity=0.97,
        line_width=1.4,
        line_threshold=0.005,
        line_range=0.018,
        line_sharpness=0.0,
        line_areas=1.0,
        line_color=(0.0, 0.0, 0.0),
        line_length=12.0,
    ),
    "engraving": Painter(
        smoothing=0.2,
        brush_radius=2.0,
        tone_match=1.0,
        white=94.0,
        chroma=0.0,
        palette=Palette(
            tone_curve=(
                25.0,
                43.0,
                57.0,
                66.0,
                74.0,
                80.5,
                85.0,
                88.0,
                91.0,
                94.0,
                98.0,
            ),
            tints=((0.0, 0.0),) * 6,
        ),
        line_opacity=0.95,
        line_width=0.9,
        line_threshold=0.006,
        line_range=0.02,
        line_sharpness=0.3,
        line_color=(0.16, 0.16, 0.16),
        hatching=0.95,
        hatch_spacing=3.5,
    ),
    "anime": Painter(
        merge=14.0,
        tone_levels=5,
        tone_steps=0.3,
        smoothing=0.3,
        smoothing_reach=16.0,
        brush_radius=4.0,
        brush_passes=2,
        texture=0.2,
        tone_match=0.2,
        lift=12.0,
        shadow_lift=12.0,
        contrast=1.05,
        chroma=1.45,
        tint_match=0.6,
        hue_match=0.6,
        chroma_match=0.25,
        shadow_tint=(3.0, -9.0),
        light_tint=(0.0, 3.0),
        line_opacity=0.9,
        line_width=1.0,
        line_threshold=0.006,
        line_range=0.022,
        line_sharpness=0.7,
        line_blend=1.0,
        sharpen=0.25,
        palette=Palette(
            tone_curve=(
                4.2,
                11.1,
                17.6,
                24.3,
                31.8,
                40.8,
                51.3,
                62.6,
                74.3,
                85.8,
                96.2,
            ),
            tints=(
                (3.4, -6.0),
                (2.7, -4.0),
                (2.1, -1.9),
                (1.5, 0.1),
                (0.9, 2.2),
                (0.2, 4.3),
            ),
            dyes=(
                (25.9, 43.2, 0.108),
                (62.0, 51.3, 0.507),
                (101.3, 43.5, 0.069),
                (166.8, 33.7, 0.034),
                (259.9, 35.8, 0.189),
                (319.2, 41.1, 0.093),
            ),
        ),
    ),
    "ukiyoe": Painter(
        merge=14.0,
        smoothing=0.35,
        smoothing_reach=20.0,
        brush_radius=3.0,
        brush_passes=2,
        texture=0.06,
        tone_levels=5,
        tone_steps=0.8,
        tone_match=0.85,
        contrast=1.0,
        black=16.0,
        white=95.0,
        chroma=1.5,
        tint_match=1.0,
        hue_match=0.8,
        chroma_match=1.0,
        line_opacity=0.97,
        line_width=1.4,
        line_length=22.0,
        line_threshold=0.007,
        line_range=0.022,
        line_sharpness=0.55,
        line_areas=0.5,
        line_color=(0.09, 0.1, 0.2),
        palette=Palette(
            tone_curve=(
                10.9,
                25.0,
                35.8,
                44.5,
                53.0,
                61.1,
                69.3,
                76.9,
                83.3,
                89.4,
                95.9,
            ),
            tints=(
                (-2.3, -3.0),
                (-2.3, 1.5),
                (-2.3, 5.9),
                (-2.2, 10.4),
                (-2.2, 14.8),
                (-2.2, 19.3),
            ),
            dyes=(
                (26.6, 42.8, 0.077),
                (68.9, 31.2, 0.26),
                (100.8, 33.7, 0.359),
                (150.7, 19.0, 0.084),
                (223.4, 19.7, 0.102),
                (273.0, 29.5, 0.118),
            ),
        ),
    ),
    "impressionist": Painter(
        # Areas like wide strokes, and no daubs: where these lie a network cannot know.
        smoothing=0.1,
        brush_radius=5.5,
        brush_passes=2,
        texture=0.1,
        relief=0.7,
        tone_match=0.7,
        contrast=1.05,
        chroma=1.5,
        tint_match=0.8,
        hue_match=0.3,
        chroma_match=0.3,
        shadow_tint=(4.0, -9.0),
        light_tint=(0.0, 3.0),
        sharpen=0.6,
        palette=Palette(
            tone_curve=(
                3.6,
                15.6,
                26.3,
                36.1,
                45.1,
                53.6,
                61.8,
                70.1,
                78.1,
                86.5,
                95.7,
            ),
            tints=(
                (-0.8, 0.1),
                (-0.8, 1.2),
                (-0.9, 2.2),
                (-1.0, 3.3),
                (-1.0, 4.4),
                (-1.1, 5.5),
            ),
            dyes=(
                (26.6, 57.5, 0.105),
                (71.7, 57.0, 0.359),
                (109.4, 57.1, 0.276),
                (164.5, 30.2, 0.067),
                (246.9, 30.8, 0.082),
                (301.5, 41.7, 0.112),
            ),
        ),
    ),
}
