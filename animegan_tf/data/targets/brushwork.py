"""Brush strokes, texture and hatching that follow the contours of an image."""

from typing import NamedTuple

import numpy as np

from animegan_tf.data.targets.cel_shading import import_opencv
from animegan_tf.data.targets.contours import (
    contour_direction,
    smooth_along,
    to_gray,
    to_levels,
)

_NUM_SECTORS = 8
# Points of a stroke to each side of its middle, and where it ends: levels of 255.
_TRACE_STEPS = 3
_COLOR_TOLERANCE = 38.0


def kuwahara(image: np.ndarray, radius: float) -> np.ndarray:
    """Smooth each pixel with those of its surrounding sectors that vary least.

    Args:
        image: float32 RGB in [0, 1], `(height, width, 3)`.
        radius: Radius of the surroundings in pixels, at least 1.

    Returns:
        float32 of the same shape: areas of one color with crisp borders.

    Reference: Papari et al., 2007, https://doi.org/10.1109/TIP.2007.903912.
    """
    cv2 = import_opencv()
    power = np.einsum("ijk,ijk->ij", image, image)
    total, weights = np.zeros_like(image), np.zeros(image.shape[:2], np.float32)
    for kernel in _sector_kernels(radius):
        mean = cv2.filter2D(image, -1, kernel, borderType=cv2.BORDER_REFLECT)
        second = cv2.filter2D(power, -1, kernel, borderType=cv2.BORDER_REFLECT)
        variance = np.maximum(second - np.einsum("ijk,ijk->ij", mean, mean), 0.0)
        # Squared, so that the calmest sector takes nearly all.
        weight = 1.0 / (1e-4 + np.square(100.0 * variance))
        total += mean * weight[..., np.newaxis]
        weights += weight
    return total / weights[..., np.newaxis]


def _sector_kernels(radius):
    reach = int(np.ceil(radius))
    rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32)
    falloff = np.exp(-(rows**2 + columns**2) / (2.0 * (radius / 2.0) ** 2))
    angles = np.arctan2(rows, columns)
    width = 2.0 * np.pi / _NUM_SECTORS
    for sector in range(_NUM_SECTORS):
        distance = np.abs((angles - sector * width + np.pi) % (2.0 * np.pi) - np.pi)
        kernel = falloff * np.clip(1.0 - distance / width, 0.0, 1.0)
        # The pixel itself belongs to every sector.
        kernel[reach, reach] = 0.5 * kernel.max()
        yield (kernel / kernel.sum()).astype(np.float32)


def add_texture(
    areas: np.ndarray, photo: np.ndarray, *, amount: float, unit: float
) -> np.ndarray:
    """Add the photo's fine lightness, averaged along contours, to flat areas.

    Args:
        areas: uint8 RGB, the flattened photo.
        photo: uint8 RGB of the same shape.
        amount: Share of what flattening took away, 0 to 1.
        unit: Pixels of one unit of length.

    Returns:
        uint8 RGB of the same shape.
    """
    cv2 = import_opencv()
    calm = cv2.bilateralFilter(photo, 5, 18, 2)
    light, flat = (to_gray(image) for image in (calm, areas))
    along = contour_direction(light, 1.5 * unit)
    detail = smooth_along(light - flat, along, step=max(0.5, 0.8 * unit), num_steps=3)
    # What flattening took away is added as a gain, which keeps hue and chroma.
    gain = (flat + amount * detail + 0.02) / (flat + 0.02)
    lit = areas.astype(np.float32) / 255.0 * np.clip(gain, 0.3, 2.5)[..., np.newaxis]
    return to_levels(lit)


def daub(
    image: np.ndarray,
    photo: np.ndarray,
    *,
    width: float,
    length: float,
    variation: float,
    unit: float,
) -> np.ndarray:
    """Paint with strokes of two sizes along the contours, fine ones where needed.

    Places and colors of the strokes are pseudorandom, and always the same for images
    of one size.

    Args:
        image: uint8 RGB whose colors the strokes take.
        photo: uint8 RGB of the same shape, whose contours they follow.
        width: Width of the fine strokes in units; the others are twice as wide.
        length: Length in widths.
        variation: How much strokes differ in color, 0 to 1.
        unit: Pixels of one unit of length.

    Returns:
        uint8 RGB of the same shape.

    Reference: Hertzmann, 1998, https://doi.org/10.1145/280814.280951.
    """
    cv2 = import_opencv()
    width = max(1.0, width * unit)
    light = cv2.GaussianBlur(to_gray(photo), (0, 0), max(0.5, 0.3 * width))
    along = contour_direction(light, 0.9 * width, bias=0.002 / unit**2)
    canvas = np.dstack([image, np.full(image.shape[:2], 128, np.uint8)])
    canvas = cv2.GaussianBlur(canvas, (0, 0), 0.3 * width)
    random = np.random.default_rng(0)
    coarse = _plan_strokes(image, along, 2.0 * width, length, variation, random)
    _lay_strokes(canvas, coarse, np.ones(len(coarse.paths), bool), 2.0 * width)
    fine = _plan_strokes(image, along, width, length, variation, random)
    # Fine strokes go where the coarse ones missed the image, and here and there.
    missed = np.abs(canvas[..., :3].astype(np.float32) - image).max(axis=2)
    missed = cv2.GaussianBlur(missed, (0, 0), 0.5 * width)
    middle = fine.paths[:, _TRACE_STEPS].astype(int)
    chosen = missed[middle[:, 1], middle[:, 0]] > 12.0
    chosen |= random.uniform(size=len(chosen)) < 0.25
    _lay_strokes(canvas, fine, chosen, width)
    colors = canvas[..., :3].astype(np.float32)
    height = canvas[..., 3].astype(np.float32) / 255.0
    bristle = random.normal(size=_noise_shape(image, unit)).astype(np.float32)
    bristle = cv2.resize(bristle, image.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    bristle = smooth_along(bristle, along, step=max(0.7, 0.25 * width), num_steps=6)
    ridges = 0.5 * _shade(height, unit) + 0.03 * bristle
    return to_levels(colors / 255.0 + 0.35 * variation * ridges[..., np.newaxis])


def _noise_shape(image, unit):
    """Size of a noise that has the same grains in a image of any size."""
    cell = max(1.0, 1.3 * unit)
    return tuple(max(1, round(side / cell)) for side in image.shape[:2])


class _Strokes(NamedTuple):
    """Strokes, in the order in which they are painted.

    Attributes:
        paths: Points as `(x, y)` in pixels, `(count, 2 * _TRACE_STEPS + 1, 2)`.
        colors: RGB and thickness of the paint, in [0, 255], `(count, 4)`.
    """

    paths: np.ndarray
    colors: np.ndarray


def _plan_strokes(image, along, width, length, variation, random) -> _Strokes:
    cv2 = import_opencv()
    rows, columns = image.shape[:2]
    spacing = 0.75 * width
    grid = int(rows / spacing) + 2, int(columns / spacing) + 2
    order = random.permutation(grid[0] * grid[1])
    start = np.stack(np.divmod(order, grid[1])) + random.uniform(0, 1, (2, len(order)))
    y, x = np.clip(spacing * start, 0, [[rows - 1], [columns - 1]])
    smooth = cv2.GaussianBlur(image, (0, 0), 0.25 * width)
    own = smooth[y.astype(int), x.astype(int)].astype(np.float32)
    step = 0.5 * length * width / _TRACE_STEPS
    back, forth = (
        _trace(smooth, along, x, y, own, sign * step) for sign in (-1.0, 1.0)
    )
    paths = np.stack([*back[::-1], np.stack([x, y], axis=-1), *forth], axis=1)
    paint = random.normal(128.0, 45.0, (len(order), 1))
    colors = np.concatenate([_vary_colors(own, variation, random), paint], axis=1)
    return _Strokes(paths, np.clip(colors, 0.0, 255.0))


def _vary_colors(colors, variation, random):
    """Change lightness, hue and chroma at random; grays stay gray."""
    cv2 = import_opencv()
    lab = cv2.cvtColor(colors[np.newaxis] / 255.0, cv2.COLOR_RGB2Lab)[0]
    change = variation * np.clip(random.normal(size=(3, len(lab))), -2.0, 2.0)
    angle, scale = np.radians(16.0 * change[1]), 1.0 + 0.25 * change[2]
    sine, cosine = scale * np.sin(angle), scale * np.cos(angle)
    a, b = lab[:, 1], lab[:, 2]
    light = lab[:, 0] + 4.0 * change[0]
    lab = np.stack([light, a * cosine - b * sine, a * sine + b * cosine], axis=-1)
    lab = lab.astype(np.float32)[np.newaxis]
    return 255.0 * cv2.cvtColor(lab, cv2.COLOR_Lab2RGB)[0]


def _trace(image, along, x, y, own, step):
    """Follow the contours from `(x, y)` until the color is another."""
    rows, columns = image.shape[:2]
    column, row = x.astype(int), y.astype(int)
    go_x, go_y = along[0][row, column], along[1][row, column]
    alive, points = np.ones(len(x), bool), []
    for _ in range(_TRACE_STEPS):
        next_x = np.clip(x + step * go_x, 0, columns - 1)
        next_y = np.clip(y + step * go_y, 0, rows - 1)
        column, row = next_x.astype(int), next_y.astype(int)
        change = np.abs(image[row, column].astype(np.float32) - own).max(axis=1)
        alive &= change < _COLOR_TOLERANCE
        x, y = np.where(alive, next_x, x), np.where(alive, next_y, y)
        turn_x, turn_y = along[0][row, column], along[1][row, column]
        turn = np.where(turn_x * go_x + turn_y * go_y < 0.0, -1.0, 1.0)
        go_x, go_y = turn * turn_x, turn * turn_y
        points.append(np.stack([x, y], axis=-1))
    return points


def _lay_strokes(canvas, strokes, chosen, width):
    cv2 = import_opencv()
    # OpenCV takes coordinates in sixteenths of a pixel.
    points = np.round(strokes.paths[chosen] * 16.0).astype(np.int32)[:, :, np.newaxis]
    thickness = max(1, round(width))
    for path, color in zip(points, strokes.colors[chosen].tolist(), strict=True):
        cv2.polylines(canvas, [path], False, color, thickness, cv2.LINE_AA, 4)


def relief(image: np.ndarray, unit: float) -> np.ndarray:
    """Shade uint8 RGB as thick paint is shaded by light from the upper left.

    Returns:
        float32 in [-0.12, 0.12] to be added to colors in [0, 1], `(height, width)`.
    """
    return _shade(to_gray(image), unit)


def _shade(height, unit):
    cv2 = import_opencv()
    height = cv2.GaussianBlur(height, (0, 0), max(0.5, 0.7 * unit))
    shift = max(1, round(2.0 * unit))
    moved = np.pad(height, ((shift, 0), (shift, 0)), mode="edge")
    return np.clip(height - moved[:-shift, :-shift], -0.12, 0.12)


def hatch_on_grid(
    painted: np.ndarray,
    *,
    opacity: float,
    grid: int,
    paper: float,
    color,
) -> np.ndarray:
    """Render tones by diagonal strokes that repeat on a grid of pixels.

    Strokes rise to the right; in the shadows others cross them. A network whose strides
    divide `grid` can learn where they are, unlike the strokes of `hatch`.

    Args:
        painted: uint8 RGB whose tones are drawn.
        opacity: 0 leaves `painted` as it is, 1 shows nothing but ink and paper.
        grid: Pixels after which all strokes repeat along both axes.
        paper: Brightness of the paper, 0 to 1.
        color: Color of the ink, RGB in [0, 1].

    Returns:
        uint8 RGB of the same shape.
    """
    cv2 = import_opencv()
    cover = 1.0 - cv2.GaussianBlur(to_gray(painted), (0, 0), 1.0)
    rows, columns = np.indices(cover.shape)
    # Share of the way from the middle of a stroke to that between two, 0 to 1.
    rising, falling = (
        np.abs(2.0 * (places % grid) / grid - 1.0)
        for places in (columns + rows, columns - rows)
    )
    # The lightest tones are the bare paper.
    ink = np.clip((cover - 0.12 - 0.8 * rising) / 0.2, 0.0, 1.0)
    crossed = np.clip((cover - 0.5 - 0.8 * falling) / 0.2, 0.0, 1.0)
    ink = opacity * np.maximum(ink, crossed).astype(np.float32)[..., np.newaxis]
    ground = painted / np.float32(255.0)
    ground = ground + opacity * (np.float32(paper) - ground)
    return to_levels(ground + ink * (np.asarray(color, np.float32) - ground))


def hatch(
    painted: np.ndarray,
    photo: np.ndarray,
    *,
    opacity: float,
    spacing: float,
    paper: float,
    color,
    unit: float,
) -> np.ndarray:
    """Render tones by hatching: strokes of ink along the contours.

    Args:
        painted: uint8 RGB whose tones are drawn.
        photo: uint8 RGB of the same shape, whose contours the strokes follow.
        opacity: 0 leaves `painted` as it is, 1 shows nothing but ink and paper.
        spacing: Distance of the strokes in units.
        paper: Brightness of the paper, 0 to 1.
        color: Color of the ink, RGB in [0, 1].
        unit: Pixels of one unit of length.

    Returns:
        uint8 RGB of the same shape.
    """
    cv2 = import_opencv()
    spacing = max(1.5, spacing * unit)
    light = to_gray(photo)
    tone = cv2.GaussianBlur(to_gray(painted), (0, 0), 0.5 * spacing)
    along = contour_direction(light, 3.0 * spacing, bias=0.004 / unit**2)
    cells = tuple(max(1, round(3.0 * side / spacing)) for side in light.shape)
    noise = np.random.default_rng(0).normal(size=cells).astype(np.float32)
    noise = cv2.resize(noise, light.shape[::-1], interpolation=cv2.INTER_CUBIC)
    # One band of frequencies: strokes of about one width and distance.
    noise = cv2.GaussianBlur(noise, (0, 0), 0.2 * spacing) - cv2.GaussianBlur(
        noise, (0, 0), 0.4 * spacing
    )
    lines = smooth_along(noise, along, step=0.5 * spacing, num_steps=9)
    lines = cv2.GaussianBlur(lines, (0, 0), 0.15 * spacing)
    lines = (lines - lines.mean()) / max(float(lines.std()), 1e-6)
    # The logistic curve is near to the normal distribution: ink covers what is dark.
    rank = 1.0 / (1.0 + np.exp(-1.7 * lines))
    cover = np.clip(1.0 - tone, 0.0, 1.0) ** 1.3
    ink = opacity * np.clip((cover - rank) / 0.2 + 0.5, 0.0, 1.0)
    ink = np.where(cover < 0.06, 0.0, ink).astype(np.float32)[..., np.newaxis]
    ground = painted / np.float32(255.0)
    ground = ground + opacity * (np.float32(paper) - ground)
    return to_levels(ground + ink * (np.asarray(color, np.float32) - ground))
