"""Measure the ranges of a network's feature maps, which its quantization needs."""

from typing import TYPE_CHECKING

import numpy as np

from animegan_tf.inference.engines.anime_network import AnimeNetwork
from animegan_tf.inference.engines.sessions import open_session

if TYPE_CHECKING:
    from animegan_tf.inference.engines.onnx_graph import Ranges

_SIDE = 256
# Of the values, one in 100,000 at each end is rounded to the ends: of the shares tried,
# from none to one in 10,000, this had the best worst result over the bundled styles.
_SHARE = 1e-5


def measure_ranges(
    network: AnimeNetwork, images: np.ndarray | None = None, *, runtime="openvino"
) -> "Ranges":
    """Measure the ranges of the inputs of the convolutions that 8 bits can compute.

    Args:
        network: The network.
        images: uint8 RGB, `(batch, height, width, 3)`, sides multiples of 8; `None`
            generates images, see `representative_images`.
        runtime: The runtime that computes the network.

    Returns:
        The smallest and the largest value of each input.
    """
    # Representative images are used without the package `onnx` too.
    from animegan_tf.inference.engines.onnx_graph import build_anime_graph

    images = representative_images() if images is None else images
    model = build_anime_graph(network, observe=True)
    names = [output.name for output in model.graph.output][1:]
    run = open_session(model.SerializeToString(), runtime)
    lows, highs = {}, {}
    for image in images:
        for name, values in zip(names, run(image[np.newaxis])[1:], strict=True):
            low, high = _extremes(values)
            lows[name] = min(low, lows.get(name, 0.0))
            highs[name] = max(high, highs.get(name, 0.0))
    return {name: (lows[name], highs[name]) for name in names}


def representative_images(num_images: int = 8, *, seed: int = 0) -> np.ndarray:
    """Generate images with the contrasts, colors and textures of photos.

    Each is a sum of noise of all frequencies, with amplitudes that fall with the
    frequency as in photos, and of shapes with sharp edges; some are dark, some bright.

    Args:
        num_images: Number of images.
        seed: Seed of the random numbers.

    Returns:
        uint8 RGB, `(num_images, 256, 256, 3)`.
    """
    random = np.random.default_rng(seed)
    return np.stack([_draw(random) for _ in range(num_images)])


def _draw(random):
    rows, columns = np.mgrid[0:_SIDE, 0:_SIDE] / _SIDE
    image = _noise(random, exponent=random.uniform(0.9, 1.6)) @ _color_mix(random)
    image = random.uniform(0.25, 0.75) + random.uniform(0.12, 0.3) * image
    for _ in range(random.integers(6, 14)):
        # A disc or a stripe, in one color or in texture.
        y, x, angle = random.uniform(0, 1, 3) * (1, 1, np.pi)
        if random.random() < 0.6:
            inside = np.hypot(rows - y, columns - x) < random.uniform(0.02, 0.25)
        else:
            across = (rows - y) * np.cos(angle) + (columns - x) * np.sin(angle)
            inside = np.abs(across) < random.uniform(0.003, 0.06)
        color = random.beta(0.6, 0.6, 3)
        texture = 0.1 * _noise(random, exponent=0.6) if random.random() < 0.4 else 0.0
        image = np.where(inside[..., np.newaxis], color + texture, image)
    return np.round(255 * np.clip(image, 0, 1)).astype(np.uint8)


def _noise(random, *, exponent):
    """Return three maps of noise of mean 0 and deviation 1, `(256, 256, 3)`."""
    frequencies = np.hypot(
        np.fft.fftfreq(_SIDE)[:, np.newaxis], np.fft.rfftfreq(_SIDE)[np.newaxis]
    )
    frequencies[0, 0] = np.inf
    white = np.fft.rfft2(random.normal(size=(3, _SIDE, _SIDE)))
    noise = np.fft.irfft2(white / frequencies**exponent, s=(_SIDE, _SIDE))
    noise /= noise.std(axis=(1, 2), keepdims=True)
    return noise.transpose(1, 2, 0)


def _color_mix(random):
    """Return a matrix that makes the channels similar, as they are in photos."""
    return 0.8 * np.ones((3, 3)) / np.sqrt(3) + 0.35 * random.normal(size=(3, 3))


def _extremes(values):
    count = max(1, int(values.size * _SHARE))
    flat = values.ravel()
    parts = np.partition(flat, (count - 1, flat.size - count))
    return float(parts[count - 1]), float(parts[flat.size - count])
