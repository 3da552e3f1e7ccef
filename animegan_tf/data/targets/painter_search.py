"""Fit a painter to drawings: the palette is measured, the rest is searched.

The search minimizes the distance between painted photos and drawings: of the means and
deviations of a frozen network's channels, in gray and in color, and of the color
distributions.
"""

import dataclasses
import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from animegan_tf.data.image_folder import limit_short_side, scan_images
from animegan_tf.data.targets.cel_shading import import_opencv
from animegan_tf.data.targets.painter import RANGES, REFERENCE_SIZE, Painter, Palette
from animegan_tf.imaging.reading import read_image

logger = logging.getLogger("animegan_tf")

# Images are compared at this short side, in square crops of the second size.
_SHORT_SIDE = 384
_CROP_SIZE = 256
# Crops that the statistics of few drawings, or of few photos, are taken from.
_MIN_DRAWING_CROPS = 48
_BATCH = 8
# Where distributions of color are compared.
_SHARES = np.linspace(0.02, 0.98, 25)


@dataclasses.dataclass(frozen=True)
class PainterFit:
    """Result of `fit_painter`.

    Attributes:
        painter: The best painter.
        distance: Distance of the photos it paints to the drawings, at least 0, in
            deviations of the drawings from each other.
        photo_distance: Distance of the photos as they are.
        objective: Distance with the penalties, which the search minimized.
        contrast: Deviation of lightness of the paintings over that of the photos.
        num_trials: Number of painters tried.
        num_drawings: Number of drawings used.
        num_drawings_found: Number of readable drawings in the folder.
    """

    painter: Painter
    distance: float
    photo_distance: float
    objective: float
    contrast: float
    num_trials: int
    num_drawings: int
    num_drawings_found: int


def fit_painter(
    drawings,
    photos,
    feature_extractor,
    *,
    num_trials: int = 48,
    num_photos: int = 8,
    max_drawings: int = 256,
    min_contrast: float = 0.88,
    seed: int = 0,
    progress: Callable[[int, int, float], None] | None = None,
) -> PainterFit:
    """Search the painter whose paintings of photos are nearest to drawings.

    Palette and ink are measured, and whether there are lines at all: features take the
    edges of brush strokes for contours. Then a few typical painters are tried, then
    points at random around the best, then ever smaller changes of the best. If none is
    nearer to the drawings than the photos are, by a twentieth, a typical one is the
    result.

    Args:
        drawings: Folder of drawings, searched with its subfolders; or drawings, as
            paths or uint8 RGB arrays. Of more than `max_drawings` an even random sample
            is used.
        photos: Photos, as `drawings`, of which `num_photos` are painted.
        feature_extractor: Function from float32 RGB images in [-1, 1], `(batch,
            height, width, 3)`, to a dict of feature maps `(batch, height, width,
            channels)`, such as the bundled network.
        num_trials: Number of painters to try, at least 1.
        num_photos: Number of photos to paint in each trial.
        max_drawings: Most drawings to measure.
        min_contrast: Deviation of lightness, over the photos', below which a painter is
            penalized: distances also fall when everything turns pale. Where the
            drawings themselves have less, theirs counts, but at least 0.75.
        seed: Seed of the samples and of the search.
        progress: Function of the trials done, their number and the best distance so
            far, called after each trial.

    Returns:
        The best painter with its figures.

    Raises:
        FileNotFoundError: If a folder does not exist.
        ValueError: If a folder has too few readable images or a number is too small.
    """
    for name, value in (
        ("num_trials", num_trials),
        ("num_photos", num_photos),
        ("max_drawings", max_drawings),
    ):
        if value < 1:
            raise ValueError(f"`{name}` must be at least 1. Received: {name}={value}")
    random = np.random.default_rng(seed)
    drawing_paths = _list(drawings, "drawings")
    photo_paths = _list(photos, "photos")
    sample = _sample(drawing_paths, max_drawings, random)
    if len(sample) < len(drawing_paths):
        logger.info(
            "The painter is fitted to %d of %d drawings",
            len(sample),
            len(drawing_paths),
        )
    drawing_crops = _read_crops(sample, random, at_least=_MIN_DRAWING_CROPS)
    # Colors of photos in general are needed too: more of them than are painted.
    reference = _read_crops(
        _sample(photo_paths, 64, random), random, at_least=num_photos
    )
    crops = reference[:num_photos]
    judge = _Judge(drawing_crops, crops, reference, feature_extractor, min_contrast)
    measured = {
        "palette": measure_palette(drawing_crops, reference),
        "line_color": measure_ink(drawing_crops),
    }
    has_lines = measure_lines(drawing_crops) >= _MIN_LINES
    return _search(
        judge,
        measured,
        [start for start in _STARTS if _draws_lines(start) == has_lines],
        num_trials,
        random,
        progress,
        {"num_drawings": len(sample), "num_drawings_found": len(drawing_paths)},
    )


def build_style_distance(
    drawings, photos, feature_extractor, *, num_photos: int = 6, seed: int = 0
) -> tuple[Callable[[Sequence[np.ndarray]], float], list[np.ndarray]]:
    """Build the function that `fit_painter` measures paintings with.

    Args:
        drawings: As of `fit_painter`.
        photos: As of `fit_painter`.
        feature_extractor: As of `fit_painter`.
        num_photos: Number of crops of photos, at least 1.
        seed: Seed of the samples.

    Returns:
        `(measure, crops)`: a function from uint8 RGB images of 256x256 pixels to their
        distance from the drawings, and crops of the photos to stylize and measure.

    Raises:
        FileNotFoundError: If a folder does not exist.
        ValueError: If there are no drawings or no photos.
    """
    random = np.random.default_rng(seed)
    drawn = _read_crops(_list(drawings, "drawings"), random, _MIN_DRAWING_CROPS)
    sample = _sample(_list(photos, "photos"), num_photos, random)
    crops = _read_crops(sample, random, num_photos)[:num_photos]
    judge = _Judge(drawn, crops, crops, feature_extractor, 0.0)
    return judge.measure, crops


def _list(images, argument) -> list:
    if isinstance(images, (str, os.PathLike)):
        return scan_images(images, argument=argument)
    if not isinstance(images, Sequence):
        raise ValueError(
            f"`{argument}` must be a folder or a list of images. "
            f"Received: {argument}={images!r}"
        )
    if not images:
        raise ValueError(f"`{argument}` must be at least one image. Received: none")
    return [i if isinstance(i, np.ndarray) else Path(i) for i in images]


def _sample(paths, most, random):
    chosen = random.permutation(len(paths))[:most]
    return [paths[index] for index in chosen]


def _read_crops(paths, random, at_least) -> list[np.ndarray]:
    """Cut a square of each image, or several if there are few images."""
    per_image = min(8, -(-at_least // len(paths)))
    crops = []
    for path in paths:
        image = _scale(path if isinstance(path, np.ndarray) else read_image(path))
        height, width = image.shape[:2]
        for _ in range(per_image):
            top = random.integers(height - _CROP_SIZE + 1)
            left = random.integers(width - _CROP_SIZE + 1)
            crop = image[top : top + _CROP_SIZE, left : left + _CROP_SIZE]
            crops.append(np.ascontiguousarray(crop))
    return crops


def _scale(image):
    """Scale to the common short side, so that strokes of all images compare."""
    cv2 = import_opencv()
    image = limit_short_side(image, _SHORT_SIDE)
    height, width = image.shape[:2]
    if min(height, width) < _SHORT_SIDE:
        factor = _SHORT_SIDE / min(height, width)
        size = (round(width * factor), round(height * factor))
        image = cv2.resize(image, size, interpolation=cv2.INTER_CUBIC)
    return image


def measure_palette(drawings, photos) -> Palette:
    """Measure the colors of drawings, and how those of photos lead to them.

    Args:
        drawings: uint8 RGB images.
        photos: uint8 RGB images.

    Returns:
        The palette, which depends on the sets, not on any single photo.
    """
    drawn, taken = (_lab_pixels(images) for images in (drawings, photos))
    own, other = (_tints(lab) for lab in (drawn, taken))
    difference = np.clip(own - other, -20.0, 20.0)
    return Palette(
        tone_curve=_tone_curve(drawn[:, 0], taken[:, 0]),
        tints=tuple((_tidy(a), _tidy(b)) for a, b in difference),
        dyes=_find_dyes(drawn, own),
    )


def measure_ink(drawings) -> tuple[float, float, float]:
    """Measure the color of the darkest strokes of drawings.

    Args:
        drawings: uint8 RGB images.

    Returns:
        RGB in [0, 1]: the median over the drawings of what is darkest in each, 1 % of
        its pixels.
    """
    colors = []
    for drawing in drawings:
        pixels = drawing.reshape(-1, 3)
        brightness = pixels.sum(axis=1, dtype=np.int32)
        count = max(1, len(pixels) // 100)
        darkest = np.argpartition(brightness, count - 1)[:count]
        colors.append(pixels[darkest].mean(axis=0) / 255.0)
    return tuple(_tidy(value, 3) for value in np.median(colors, axis=0))


def measure_lines(drawings) -> float:
    """Measure whether drawings have lines.

    Args:
        drawings: uint8 RGB images, of a size at which lines are one to four pixels
            wide.

    Returns:
        By how much dark thin structures exceed light ones, as a share of both, -1 to 1;
        the median over the drawings. Brush strokes and photos have about as many of
        both, under 0.1; drawings with contours or hatching have 0.15 to 0.25.
    """
    cv2 = import_opencv()
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    shares = []
    for drawing in drawings:
        lab = cv2.cvtColor(drawing.astype(np.float32) / 255.0, cv2.COLOR_RGB2Lab)
        lightness = cv2.GaussianBlur(lab[..., 0], (0, 0), 0.7)
        dark, light = (
            np.maximum(cv2.morphologyEx(lightness, operation, kernel) - 3.0, 0.0).mean()
            for operation in (cv2.MORPH_BLACKHAT, cv2.MORPH_TOPHAT)
        )
        # Images without either have no lines.
        shares.append((dark - light) / (dark + light + 0.02))
    return float(np.median(shares))


def _lab_pixels(images, per_image=1500, *, blur=True):
    cv2 = import_opencv()
    rows = []
    for image in images:
        lab = cv2.cvtColor(image.astype(np.float32) / 255.0, cv2.COLOR_RGB2Lab)
        if blur:
            # Lines and grain are no colors of areas.
            lab = cv2.GaussianBlur(lab, (0, 0), 1.0)
        lab = lab.reshape(-1, 3)
        rows.append(lab[:: max(1, len(lab) // per_image) | 1])
    return np.concatenate(rows).astype(np.float64)


def _pixel_pool(images, per_image=600):
    """Take an even sample of the pixels, as an image of one row for each image."""
    cv2 = import_opencv()
    rows = []
    for image in images:
        pixels = cv2.GaussianBlur(image, (0, 0), 1.0).reshape(-1, 3)
        chosen = np.linspace(0, len(pixels) - 1, per_image).astype(int)
        rows.append(pixels[chosen])
    return np.stack(rows)


def _mean_chroma(lab):
    return float(np.hypot(lab[:, 1], lab[:, 2]).mean())


def _tone_curve(drawn, taken):
    """Map lightness so that photos have the drawings' distribution, roughly."""
    knots = np.linspace(0.0, 100.0, 11)
    shares = np.linspace(0.01, 0.99, 99)
    source = np.quantile(taken, shares)
    target = np.quantile(drawn, shares)
    # Beyond the last quantiles the curve goes on towards black and white.
    source = np.concatenate([[-0.01], source, [100.01]])
    target = np.concatenate(
        [
            [min(target[0], 2.0 + target[0] / 2)],
            target,
            [max(target[-1], 50 + target[-1] / 2)],
        ]
    )
    source = np.maximum.accumulate(source + 1e-6 * np.arange(len(source)))
    curve = np.interp(knots, source, target)
    smooth = np.convolve(
        np.pad(curve, 1, "reflect", reflect_type="odd"), [0.25, 0.5, 0.25], "valid"
    )
    slopes = np.clip(np.diff(smooth), 3.0, 18.0)
    middle = smooth[5]
    curve = middle + np.concatenate([[0.0], np.cumsum(slopes)]) - slopes[:5].sum()
    curve = np.clip(curve, 0.0, 100.0)
    return tuple(_tidy(value) for value in curve)


def _tints(lab):
    """Return the typical `(a, b)` of grays at six lightnesses, on a straight line."""
    knots, found, weights = np.linspace(0.0, 100.0, 6), [], []
    for knot in knots:
        near = lab[np.abs(lab[:, 0] - knot) < 12.0]
        if not len(near):
            continue
        # The less colored half: those are paper, ink and shadow.
        chroma = np.hypot(near[:, 1], near[:, 2])
        quiet = near[chroma <= np.median(chroma)]
        tint = np.median(quiet[:, 1:], axis=0)
        found.append([knot, *tint])
        # Where all is strongly colored, as in a dark blue sea, there are no grays.
        grayness = 1.0 / (1.0 + np.square(np.hypot(*tint) / 20.0))
        weights.append(grayness * np.sqrt(len(near) / len(lab)))
    found = np.asarray(found)
    # Colors of meadows and skies at one lightness are no tint of the paper.
    return _fit_line(found[:, 0], found[:, 1:], np.asarray(weights), knots)


def _fit_line(x, y, weights, knots):
    """Fit lines to the columns of y by weighted least squares, slightly flattened."""
    weights = np.square(weights)[:, np.newaxis] / np.square(weights).sum()
    x = x[:, np.newaxis]
    center, height = (weights * x).sum(), (weights * y).sum(axis=0)
    spread = (weights * np.square(x - center)).sum()
    slope = (weights * (x - center) * (y - height)).sum(axis=0) / (spread + 25.0)
    return height + (knots[:, np.newaxis] - center) * slope


def _find_dyes(lab, tints, count=6):
    """Group the hues of colored pixels around centers, and measure their chroma."""
    knots = np.linspace(0.0, 100.0, 6)
    a = lab[:, 1] - np.interp(lab[:, 0], knots, tints[:, 0])
    b = lab[:, 2] - np.interp(lab[:, 0], knots, tints[:, 1])
    chroma, hue = np.hypot(a, b), np.degrees(np.arctan2(b, a)) % 360.0
    colored = chroma > 8.0
    if np.mean(colored) < 0.005:
        # Gray drawings have hues too, by chance.
        return ((60.0, 2.0, 1.0),)
    chroma, hue = chroma[colored], hue[colored]
    bins = np.bincount((hue / 5.0).astype(int) % 72, weights=chroma, minlength=72)
    # The root lets rare dyes have a center of their own.
    centers = _circular_means(np.sqrt(bins), count)
    nearest = np.argmin(np.abs(_turn(hue[:, np.newaxis], centers)), axis=1)
    dyes = []
    for index, center in enumerate(centers):
        own = chroma[nearest == index]
        share = own.sum() / chroma.sum()
        if share > 0.005:
            dyes.append((_tidy(center), _tidy(np.quantile(own, 0.95)), _tidy(share, 3)))
    return tuple(sorted(dyes))


def _circular_means(bins, count):
    """Group 72 bins of hue around `count` centers, in degrees, by Lloyd's method."""
    hue = 5.0 * np.arange(72) + 2.5
    share = (np.cumsum(bins) - 0.5 * bins) / bins.sum()
    centers = np.interp((np.arange(count) + 0.5) / count, share, hue)
    for _ in range(30):
        turn = _turn(hue[:, np.newaxis], centers)
        nearest = np.argmin(np.abs(turn), axis=1)
        for index in range(count):
            weight = bins * (nearest == index)
            if weight.sum() > 0.0:
                offset = (weight * -turn[:, index]).sum() / weight.sum()
                centers[index] = (centers[index] + offset) % 360.0
    return centers


def _turn(hue, center):
    """Return the angle from a hue to a center, in [-180, 180) degrees."""
    return (center - hue + 180.0) % 360.0 - 180.0


def _tidy(value, digits=1) -> float:
    return round(float(value), digits)


@dataclasses.dataclass(frozen=True)
class _Trial:
    """A painter with its figures; `first` is the objective on half of the photos.

    `start` is the typical painter that it descends from.
    """

    objective: float
    first: float
    distance: float
    contrast: float
    painter: Painter
    start: Painter


class _Judge:
    """Measure how far paintings are from the drawings.

    Args:
        drawings: Crops of the drawings.
        photos: Crops of photos to paint.
        reference: Crops of more photos, whose colors are graded.
        feature_extractor: As `fit_painter`.
        min_contrast: As `fit_painter`.
    """

    def __init__(self, drawings, photos, reference, feature_extractor, min_contrast):
        self.photos = photos
        self._feature_extractor = feature_extractor
        self._unit = _SHORT_SIDE / REFERENCE_SIZE
        self._reference = []
        for gray in (True, False):
            vectors = self._describe(drawings, gray)
            # Channels that hardly vary must not count without bound.
            spread = vectors.std(axis=0)
            floor = 0.5 * np.median(spread) + 1e-6
            self._reference.append((vectors.mean(axis=0), np.maximum(spread, floor)))
        self._directions = _directions()
        drawn = _lab_pixels(drawings, 600)
        colors = drawn @ self._directions
        self._colors = np.quantile(colors, _SHARES, axis=0)
        self._color_spread = np.maximum(colors.std(axis=0), 6.0)
        self._pixels = _pixel_pool(reference)
        taken = _lab_pixels([self._pixels], self._pixels.size, blur=False)
        self._lightness = taken[:, 0].mean()
        # Gray drawings may make photos gray; others should not wash them out.
        self._chroma = min(0.9 * _mean_chroma(taken), _mean_chroma(drawn))
        # The calmest fifth of the photos should get as calm as that of the drawings.
        self._calm = _calm_activity(drawings)
        self._masks = [_calm_mask(photo) for photo in photos]
        self._deviation = _deviations(photos)
        # Drawings on tinted paper have less contrast themselves.
        ratio = np.mean(_deviations(drawings)) / np.mean(_deviations(reference))
        self._min_contrast = min(min_contrast, max(0.75, float(ratio)))

    def measure(self, images) -> float:
        """Measure the distance of images of the crops' size from the drawings."""
        return self._distance(*self._measure(images), _lab_pixels(images, 600))

    def photo_distance(self) -> float:
        colors = _lab_pixels([self._pixels], self._pixels.size, blur=False)
        return self._distance(*self._measure(self.photos), colors)

    def judge(self, painter: Painter, start: Painter, limit: float = np.inf) -> _Trial:
        """Paint the photos and measure; not all of them if `limit` is exceeded.

        Args:
            painter: What to judge.
            start: The typical painter that it descends from, whose habits it should
                not leave without gain.
            limit: Objective on the first half of the photos above which the rest is
                not worth its time; the trial's objective is infinite then.
        """
        half = -(-len(self.photos) // 2)
        painted = self._paint(painter, self.photos[:half])
        measured = self._measure(painted)
        left = _PRIOR * _difference(painter, start)
        first, distance, contrast = self._objective(painter, painted, measured)
        first += left
        if first > limit:
            return _Trial(np.inf, first, distance, contrast, painter, start)
        rest = self._paint(painter, self.photos[half:])
        objective = first
        if rest:
            painted = painted + rest
            measured = [
                np.concatenate(parts)
                for parts in zip(measured, self._measure(rest), strict=True)
            ]
            objective, distance, contrast = self._objective(painter, painted, measured)
            objective += left
        return _Trial(objective, first, distance, contrast, painter, start)

    def _paint(self, painter, photos):
        return [painter.paint(photo, unit=self._unit) for photo in photos]

    def _objective(self, painter, painted, measured):
        """Return objective, distance and contrast of the first photos' paintings."""
        count = len(painted)
        colors = self._grade(painter, painted)
        distance = self._distance(*measured, colors)
        contrast = float(np.mean(_deviations(painted) / self._deviation[:count]))
        calm = _calm_activity(painted, self._masks[:count])
        penalty = 3.0 * max(0.0, self._min_contrast - contrast)
        # New texture in skies is bad; bare areas are too where drawings have paint.
        # Hatching is neither: it stands for tones, of calm regions too.
        if not painter.hatching:
            penalty += 40.0 * max(0.0, calm - self._calm)
            penalty += 20.0 * max(0.0, self._calm - calm)
        # Drawings of the night are no reason to darken every photo.
        penalty += 0.03 * max(0.0, self._lightness - 2.0 - colors[:, 0].mean())
        penalty += 0.03 * max(0.0, self._chroma - _mean_chroma(colors))
        return distance + penalty, distance, contrast

    def _grade(self, painter, painted):
        """Return the colors that many photos would have, as Lab pixels."""
        if painter.hatching > 0.0:
            return _lab_pixels(painted, 600)
        # Pixel by pixel: without anything that depends on pixels around.
        without = {name: 0.0 for name in _SPATIAL_PARTS}
        graded = dataclasses.replace(painter, **without).paint(self._pixels)
        return _lab_pixels([graded], graded.size, blur=False)

    def _measure(self, images):
        """Return feature vectors in gray and color."""
        return self._describe(images, True), self._describe(images, False)

    def _distance(self, gray, color, lab) -> float:
        parts = [
            np.mean(np.abs(vectors.mean(axis=0) - mean) / spread)
            for vectors, (mean, spread) in zip(
                (gray, color), self._reference, strict=True
            )
        ]
        colors = np.quantile(lab @ self._directions, _SHARES, axis=0)
        moved = np.abs(colors - self._colors).mean(axis=0) / self._color_spread
        return float(0.5 * parts[0] + 0.25 * parts[1] + 0.5 * moved.mean())

    def _describe(self, images, gray):
        """Describe each image by log mean and log deviation of each channel."""
        rows = []
        for start in range(0, len(images), _BATCH):
            batch = np.stack(images[start : start + _BATCH]).astype(np.float32)
            # Texture is judged in gray; color at half the size, in less time.
            batch = _standardize(batch) if gray else _halve(batch) / 127.5 - 1.0
            maps = self._feature_extractor(batch)
            parts = [_moments(np.asarray(maps[name])) for name in sorted(maps)]
            rows.append(np.log(np.concatenate(parts, axis=1) + 0.1))
        return np.concatenate(rows)


def _moments(values):
    """Return mean and deviation of each channel, `(batch, 2 * channels)`."""
    values = values.reshape(values.shape[0], -1, values.shape[-1])
    ones = np.full(values.shape[1], 1.0 / values.shape[1], values.dtype)
    mean = ones @ values
    variance = np.einsum("bnc,bnc->bc", values, values) / values.shape[1] - mean**2
    return np.concatenate([mean, np.sqrt(np.maximum(variance, 0.0))], axis=1)


def _halve(batch):
    height, width = batch.shape[1] // 2, batch.shape[2] // 2
    return batch.reshape(-1, height, 2, width, 2, 3).mean(axis=(2, 4))


def _standardize(batch):
    """Convert to gray with mean 120 and deviation 50, less for pale crops."""
    gray = batch @ np.array([0.299, 0.587, 0.114], np.float32)
    mean = gray.mean(axis=(1, 2), keepdims=True)
    deviation = np.maximum(gray.std(axis=(1, 2), keepdims=True), 25.0)
    gray = np.clip(120.0 + 50.0 * (gray - mean) / deviation, 0.0, 255.0)
    return np.repeat((gray / 127.5 - 1.0)[..., np.newaxis], 3, axis=-1)


def _directions():
    """Axes of Lab along which distributions of color are compared."""
    diagonal = np.sqrt(0.5)
    return np.array(
        [
            [1, 0, 0],
            [0, 1, 0],
            [0, 0, 1],
            [0, diagonal, diagonal],
            [0, diagonal, -diagonal],
            [diagonal, diagonal, 0],
            [diagonal, -diagonal, 0],
            [diagonal, 0, diagonal],
            [diagonal, 0, -diagonal],
        ]
    ).T


def _deviations(images):
    cv2 = import_opencv()
    return np.array(
        [max(float(cv2.cvtColor(i, cv2.COLOR_RGB2GRAY).std()), 4.0) for i in images]
    )


def _activity(image):
    """Measure the gradient around each pixel, as a share of full scale."""
    cv2 = import_opencv()
    gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255.0
    x = cv2.Sobel(gray, cv2.CV_32F, 1, 0, ksize=3, scale=0.125)
    y = cv2.Sobel(gray, cv2.CV_32F, 0, 1, ksize=3, scale=0.125)
    return cv2.GaussianBlur(cv2.magnitude(x, y), (0, 0), 6.0)


def _calm_mask(image):
    activity = _activity(image)
    return activity <= np.quantile(activity, 0.2)


def _calm_activity(images, masks=None) -> float:
    """Measure the mean gradient where images, or those of the masks, have least."""
    values = []
    for index, image in enumerate(images):
        activity = _activity(image)
        mask = activity <= np.quantile(activity, 0.2) if masks is None else masks[index]
        values.append(activity[mask].mean())
    return float(np.mean(values))


# What is searched: lowest and highest value. A painter that lacks a part, such as
# hatching, keeps lacking it unless a random change brings it in. Daubs are not
# searched: from strokes at random places a network learns a blur.
_SPACE = {
    "smoothing": (0.08, 0.4),
    "brush_radius": (1.5, 8.0),
    "texture": (0.0, 1.0),
    "relief": (0.0, 1.0),
    "tone_match": (0.0, 1.0),
    "contrast": (0.9, 1.3),
    "lift": (-3.0, 12.0),
    "shadow_lift": (-3.0, 12.0),
    "black": (0.0, 20.0),
    "white": (84.0, 100.0),
    "tone_steps": (0.0, 0.9),
    "chroma": (0.8, 1.5),
    "tint_match": (0.0, 1.0),
    "hue_match": (0.0, 0.9),
    "chroma_match": (0.0, 1.0),
    "line_opacity": (0.0, 1.0),
    "line_width": (0.6, 1.8),
    "line_threshold": (0.004, 0.03),
    "line_range": (0.015, 0.07),
    "line_areas": (0.0, 0.8),
    "line_blend": (0.0, 1.0),
    "hatching": (0.0, 1.0),
    "hatch_spacing": (3.0, 7.0),
    "sharpen": (0.0, 0.5),
}
# Weight of the difference from the typical painter: features see fine structure well,
# but hardly whether things still look drawn.
_PRIOR = 0.3
# Share of the photos' distance below which a fitted painter must come.
_MIN_GAIN = 0.95
# Least result of `measure_lines` at which painters may draw lines.
_MIN_LINES = 0.11
# Fields that make a pixel depend on those around.
_SPATIAL_PARTS = (
    "merge",
    "smoothing",
    "brush_radius",
    "texture",
    "daubs",
    "relief",
    "line_opacity",
    "hatching",
    "glow",
    "sharpen",
)
# Paintings of visible strokes.
_STROKES = Painter(
    smoothing=0.1,
    brush_radius=5.5,
    brush_passes=2,
    texture=0.1,
    relief=0.7,
    tone_match=0.7,
    contrast=1.05,
    tint_match=0.8,
    hue_match=0.3,
    chroma_match=0.4,
    chroma=1.4,
    sharpen=0.5,
)
# Typical painters, from which the search starts, as firm as people who compared results
# found them drawn. None merges areas by mean shift, which takes most of a trial's time.
_STARTS = (
    # Painted backgrounds with thin colored lines.
    Painter(
        smoothing=0.3,
        smoothing_reach=16.0,
        brush_radius=4.0,
        brush_passes=2,
        texture=0.2,
        tone_match=0.4,
        lift=5.0,
        shadow_lift=5.0,
        tone_levels=5,
        tone_steps=0.3,
        tint_match=0.8,
        hue_match=0.4,
        chroma_match=0.4,
        chroma=1.2,
        line_opacity=0.9,
        line_width=1.0,
        line_threshold=0.006,
        line_range=0.022,
        line_sharpness=0.7,
        line_blend=1.0,
        sharpen=0.25,
    ),
    # Panels: flat areas in steps of tone, dark contours.
    Painter(
        smoothing=0.35,
        smoothing_reach=16.0,
        brush_radius=3.0,
        brush_passes=2,
        texture=0.06,
        tone_levels=5,
        tone_steps=0.8,
        tone_match=0.4,
        tint_match=0.8,
        hue_match=0.3,
        chroma_match=0.4,
        chroma=1.2,
        line_opacity=0.95,
        line_width=1.7,
        line_threshold=0.008,
        line_range=0.026,
        line_sharpness=0.7,
        line_areas=0.2,
        line_length=18.0,
        line_color=(0.05, 0.045, 0.06),
    ),
    # Soft painting without lines.
    Painter(
        smoothing=0.2,
        brush_radius=3.5,
        texture=0.3,
        tone_match=0.5,
        tint_match=0.8,
        hue_match=0.3,
        chroma_match=0.5,
        chroma=1.1,
    ),
    # Prints: flat dyes and dark lines.
    Painter(
        smoothing=0.35,
        smoothing_reach=20.0,
        brush_radius=3.0,
        brush_passes=2,
        texture=0.06,
        tone_levels=5,
        tone_steps=0.8,
        tone_match=0.7,
        tint_match=1.0,
        hue_match=0.8,
        chroma_match=0.9,
        chroma=1.4,
        line_opacity=0.97,
        line_width=1.4,
        line_threshold=0.007,
        line_range=0.022,
        line_sharpness=0.55,
        line_areas=0.5,
        line_length=22.0,
        line_color=(0.1, 0.1, 0.14),
    ),
    _STROKES,
    # Engravings: hatching on paper.
    Painter(
        smoothing=0.2,
        brush_radius=2.0,
        white=94.0,
        tone_match=1.0,
        tint_match=1.0,
        chroma_match=1.0,
        hatching=0.95,
        # A network cannot learn where strokes along the contours lie.
        hatch_grid=8,
        line_opacity=0.95,
        line_width=0.9,
        line_threshold=0.006,
        line_range=0.02,
        line_sharpness=0.3,
        line_color=(0.15, 0.15, 0.15),
    ),
)


def _search(
    judge, measured, starts, num_trials, random, progress, figures
) -> PainterFit:
    ranked = []
    num_done = 0

    def try_painter(painter, start):
        """Evaluate a painter; return whether it is the best so far."""
        nonlocal num_done
        painter = _as_firm(painter, start)
        # Those that fall behind on half of the photos are given up.
        limit = ranked[0].first + 0.08 if ranked else np.inf
        trial = judge.judge(_round(painter), start, limit)
        num_done += 1
        if np.isfinite(trial.objective):
            ranked.append(trial)
            # Sorting is stable: of equal ones the first stays first.
            ranked.sort(key=lambda trial: trial.objective)
        if progress:
            progress(num_done, num_trials, ranked[0].distance)
        return ranked[0] is trial

    for start in starts[:num_trials]:
        start = dataclasses.replace(start, **measured)
        try_painter(start, start)
    typical = list(ranked)
    parents = ranked[:2]
    for index in range((num_trials - num_done) // 3):
        parent = parents[index % len(parents)]
        varied = _vary(parent.painter, random, step=0.3, share=0.5)
        try_painter(varied, parent.start)
    step = 0.25
    while num_done < num_trials:
        # A third of the trials go out from the second best.
        place = 0 if random.uniform() < 0.67 else min(1, len(ranked) - 1)
        parent = ranked[place]
        varied = _vary(parent.painter, random, step=step, share=0.25)
        # Large steps while they pay, smaller ones when they do not.
        better = try_painter(varied, parent.start)
        step = min(0.35, 1.3 * step) if better else max(0.04, 0.94 * step)
    best = ranked[0]
    photo_distance = judge.photo_distance()
    if typical and best.distance > _MIN_GAIN * photo_distance:
        # Photos are as near by these features, so that the nearest painter would hardly
        # change them: a typical one at least draws. Where there are no lines either,
        # what makes drawings as fine as photos is strokes.
        if _STROKES in starts:
            strokes = dataclasses.replace(_STROKES, **measured)
            best = judge.judge(_round(strokes), strokes, np.inf)
        else:
            best = typical[0]
    return PainterFit(
        painter=best.painter,
        distance=best.distance,
        photo_distance=photo_distance,
        objective=best.objective,
        contrast=best.contrast,
        num_trials=num_done,
        **figures,
    )


def _vary(painter: Painter, random, *, step, share) -> Painter:
    """Change some of the numbers, those that matter to this painter."""
    changes = {}
    for name, (low, high) in _SPACE.items():
        own = name.split("_")[0]
        if own in ("line", "hatch") and not _has(painter, own):
            continue
        draw, amount = random.uniform(), random.normal()
        # A part that is absent comes in seldom.
        absent = name in ("relief", "hatching") and getattr(painter, name) == 0.0
        if draw > (0.03 if absent else share):
            continue
        value = getattr(painter, name) + step * amount * (high - low)
        if absent:
            value = 0.6
        changes[name] = float(np.clip(value, low, high))
    # Very faint parts take time and are not seen.
    for name in ("relief", "hatching", "line_opacity"):
        if changes.get(name, 1.0) < 0.08:
            changes[name] = 0.0
    return dataclasses.replace(painter, **changes)


def _as_firm(painter: Painter, start: Painter) -> Painter:
    """Let a painter draw no less than the typical one that it descends from.

    Features see the photo's own texture as that of strokes, and would have it back.
    """
    least = {
        name: max(getattr(painter, name), getattr(start, name))
        for name in ("smoothing", "brush_radius", "tone_steps", "line_opacity")
    }
    # Lines of their own do not come in; hatching does.
    hatching = painter.hatching if _draws_lines(start) else 0.0
    texture = min(painter.texture, start.texture)
    return dataclasses.replace(painter, **least, hatching=hatching, texture=texture)


def _draws_lines(painter: Painter) -> bool:
    return _has(painter, "line") or _has(painter, "hatch")


def _difference(painter: Painter, start: Painter) -> float:
    """Measure how far two painters are apart, 0 to 1."""
    parts = [
        abs(getattr(painter, name) - getattr(start, name)) / (high - low)
        for name, (low, high) in _SPACE.items()
    ]
    return float(np.mean(parts))


def _has(painter, part):
    field = {"line": "line_opacity", "hatch": "hatching"}[part]
    return getattr(painter, field) > 0.0


def _round(painter: Painter) -> Painter:
    values = {
        name: float(f"{getattr(painter, name):.3g}")
        for name in _SPACE
        if isinstance(getattr(painter, name), float)
    }
    for name, value in values.items():
        values[name] = float(np.clip(value, *RANGES[name]))
    return dataclasses.replace(painter, **values)
