"""Compare two feature networks: correlation of maps, ranking of style distances.

Example:
    python benchmarks/feature_agreement.py --teacher vgg19.npz --photos photos/ \
        --sets drawings/ paintings/ --output agreement.json
"""

import argparse
import itertools
import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

import animegan_tf

LAYERS = (
    "block1_conv1",
    "block1_conv2",
    "block2_conv1",
    "block2_conv2",
    "block3_conv1",
    "block3_conv2",
    "block3_conv3",
    "block3_conv4",
)
CHANGES = {
    "blurred": lambda image: image.filter(ImageFilter.GaussianBlur(1.5)),
    "sharpened": lambda image: image.filter(ImageFilter.UnsharpMask(2, 200, 0)),
    "posterized": lambda image: ImageOps.posterize(image, 2),
    "median": lambda image: image.filter(ImageFilter.MedianFilter(7)),
    "faded": lambda image: ImageEnhance.Contrast(image).enhance(0.4),
    "noisy": lambda image: Image.blend(
        image, Image.effect_noise(image.size, 120).convert("RGB"), 0.2
    ),
}


def main(argv=None):
    arguments = parse_arguments(argv)
    animegan_tf.import_tensorflow_quietly()
    networks = [
        animegan_tf.build_feature_extractor(source, layers=LAYERS)
        for source in (arguments.teacher, arguments.student)
    ]
    sets = {
        folder.name: read_squares(folder, arguments.images, arguments.size)
        for folder in (arguments.photos, *arguments.sets)
    }
    report = {"maps": measure_maps(networks, sets)}
    photos = sets[arguments.photos.name]
    changed = {
        name: [np.asarray(change(Image.fromarray(photo))) for photo in photos]
        for name, change in CHANGES.items()
    }
    report["styles"] = compare_rankings(networks, sets | changed)
    if arguments.output:
        arguments.output.write_text(json.dumps(report, indent=2) + "\n")
    print_report(report)
    return 0


def parse_arguments(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--teacher", default="vgg19", help="name or weights file")
    parser.add_argument("--student", default="bundled", help="name or weights file")
    parser.add_argument("--photos", type=Path, required=True, help="folder of photos")
    parser.add_argument(
        "--sets", type=Path, nargs="+", default=[], help="further folders"
    )
    parser.add_argument("--images", type=int, default=24, help="maximum number per set")
    parser.add_argument("--size", type=int, default=256, help="side in pixels")
    parser.add_argument("--output", type=Path, help="JSON file to write")
    return parser.parse_args(argv)


def read_squares(folder, count, size):
    """Read the center squares of images spread evenly over a folder."""
    from animegan_tf.imaging.formats import list_images

    paths = list_images(folder)
    squares = []
    for path in paths[:: max(len(paths) // count, 1)][:count]:
        image = Image.fromarray(animegan_tf.read_image(path))
        fitted = ImageOps.fit(image, (size, size), Image.Resampling.LANCZOS)
        squares.append(np.asarray(fitted))
    return squares


class Correlation:
    """Sums over positions and images for Pearson's r, by channel and overall."""

    def __init__(self):
        self.sums = 0.0

    def add(self, x, y):
        x = np.asarray(x, np.float64).reshape(-1, x.shape[-1])
        y = np.asarray(y, np.float64).reshape(-1, y.shape[-1])
        ones = np.ones_like(x)
        self.sums += np.stack([v.sum(0) for v in (ones, x, y, x * x, y * y, x * y)])

    def overall(self):
        return float(_pearson(*self.sums.sum(axis=1)))

    def by_channel(self):
        """Return the mean over the channels in which the first variable varies."""
        n, x, _, xx, _, _ = self.sums
        alive = n * xx - x * x > 1e-9 * n * xx
        return float(np.mean([_pearson(*column) for column in self.sums.T[alive]]))


def _pearson(n, x, y, xx, yy, xy):
    spread = max(n * xx - x * x, 0.0) * max(n * yy - y * y, 0.0)
    return (n * xy - x * y) / np.sqrt(spread) if spread else 0.0


def measure_maps(networks, sets):
    """Correlate the maps of both networks on color images, by set and layer."""
    from animegan_tf.imaging.arrays import to_float

    found = {
        name: {layer: Correlation() for layer in LAYERS} for name in (*sets, "all")
    }
    for name, images in sets.items():
        for image in images:
            image = to_float(image)[np.newaxis]
            teacher, student = (network(image, training=False) for network in networks)
            for layer, kind in itertools.product(LAYERS, (name, "all")):
                found[kind][layer].add(teacher[layer], student[layer])
    return {
        name: {
            layer: {"overall": value.overall(), "by_channel": value.by_channel()}
            for layer, value in layers.items()
        }
        for name, layers in found.items()
    }


def compare_rankings(networks, sets):
    """Correlate the ranks of the distances of all pairs of sets."""
    import keras

    from animegan_tf.evaluation.features import STYLE_LAYERS
    from animegan_tf.evaluation.style import style_distance, style_statistics

    distances = []
    for network in networks:
        chosen = {layer: network.output[layer] for layer in STYLE_LAYERS}
        extractor = keras.Model(network.input, chosen)
        measured = [style_statistics(images, extractor) for images in sets.values()]
        distances.append(
            {
                kind: [
                    (style_distance(a, b)[kind] + style_distance(b, a)[kind]) / 2.0
                    for a, b in itertools.combinations(measured, 2)
                ]
                for kind in ("correlation", "plain")
            }
        )
    pairs = [" - ".join(pair) for pair in itertools.combinations(sets, 2)]
    return {
        kind: {
            "spearman": spearman(*(values[kind] for values in distances)),
            "kendall": kendall(*(values[kind] for values in distances)),
            "pairs": {
                pair: values
                for pair, *values in zip(
                    pairs, *(values[kind] for values in distances), strict=True
                )
            },
        }
        for kind in ("correlation", "plain")
    }


def spearman(x, y):
    """Compute Spearman's rank correlation of values without ties."""
    ranks = [np.argsort(np.argsort(values)) for values in (x, y)]
    return float(np.corrcoef(*ranks)[0, 1])


def kendall(x, y):
    """Compute Kendall's tau: the fraction of concordant minus discordant pairs."""
    signs = [
        np.sign(b - a) * np.sign(d - c)
        for (a, c), (b, d) in itertools.combinations(zip(x, y, strict=True), 2)
    ]
    return float(np.mean(signs))


def print_report(report):
    print("Correlation of the maps: overall, and mean over the channels")
    print(f"{'':16}" + "".join(f"{layer[5:]:>14}" for layer in LAYERS))
    for name, layers in report["maps"].items():
        cells = (f"{v['overall']:.3f}  {v['by_channel']:.3f}" for v in layers.values())
        print(f"{name:16}" + "".join(f"{cell:>14}" for cell in cells))
    for kind, ranking in report["styles"].items():
        print(
            f"Ranks of {len(ranking['pairs'])} {kind} style distances: Spearman "
            f"{ranking['spearman']:.3f}, Kendall {ranking['kendall']:.3f}"
        )


if __name__ == "__main__":
    sys.exit(main())
