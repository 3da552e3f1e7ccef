"""Judge styles: side-by-side sheets, and a table of measures.

Example:
    python benchmarks/quality.py --style comic --photos held_out/ \
        --style-images drawings/ --features vgg19.npz --output quality/
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from PIL import Image

import animegan_tf


def main(argv=None):
    arguments = parse_arguments(argv)
    animegan_tf.import_tensorflow_quietly()
    from animegan_tf.evaluation.metrics import STYLE_LAYERS
    from animegan_tf.evaluation.report import (
        evaluate_pictures,
        format_table,
        write_json,
    )
    from animegan_tf.images import list_images

    paths = list_images(arguments.photos)
    photos = [resize(animegan_tf.read_image(p), arguments.size) for p in paths]
    stylizer = animegan_tf.Stylizer.from_preset(arguments.style)
    outputs = [stylizer(photo) for photo in photos]
    columns = [photos, outputs]
    if arguments.reference:
        columns.append([read_like(arguments.reference, p) for p in paths])
    arguments.output.mkdir(parents=True, exist_ok=True)
    sheet = make_sheet(columns, arguments.cell, arguments.pairs_per_row)
    animegan_tf.write_image(sheet, arguments.output / f"sheet_{arguments.size}.jpg")
    if arguments.style_images is None:
        return 0
    features = animegan_tf.build_feature_extractor(
        arguments.features, layers=STYLE_LAYERS
    )
    style_images = list_images(arguments.style_images)[: arguments.num_style_images]
    report = evaluate_pictures(photos, outputs, style_images, features)
    write_json(report, arguments.output / f"report_{arguments.size}.json")
    print(format_table(report))
    return 0


def parse_arguments(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--style", default="comic", help="style, run or .keras file")
    parser.add_argument("--photos", required=True, type=Path, help="held-out photos")
    parser.add_argument("--style-images", type=Path, help="folder, for the measures")
    parser.add_argument("--num-style-images", type=int, default=80)
    parser.add_argument("--features", default="vgg19", help="feature network")
    parser.add_argument("--reference", type=Path, help="others' results, same names")
    parser.add_argument("--size", type=int, default=512, help="short side in pixels")
    parser.add_argument("--cell", type=int, default=320, help="sheet cell in pixels")
    parser.add_argument("--pairs-per-row", type=int, default=2)
    parser.add_argument("--output", required=True, type=Path, help="folder")
    return parser.parse_args(argv)


def resize(image, short_side):
    """Scale a picture to the short side, up or down."""
    picture = Image.fromarray(image)
    factor = short_side / min(picture.size)
    size = tuple(round(side * factor) for side in picture.size)
    return np.asarray(picture.resize(size, Image.Resampling.LANCZOS))


def read_like(folder, path):
    """Read the picture of the same stem from a folder."""
    found = sorted(Path(folder).glob(f"{path.stem}.*"))
    if not found:
        raise ValueError(f"No picture named {path.stem!r} in {str(folder)!r}")
    return animegan_tf.read_image(found[0])


def make_sheet(columns, cell, pairs_per_row):
    """Lay out one group of middle squares a photo, `pairs_per_row` in a row."""
    groups = [
        np.concatenate([middle_square(picture, cell) for picture in group], axis=1)
        for group in zip(*columns, strict=True)
    ]
    groups += [np.full_like(groups[0], 255)] * (-len(groups) % pairs_per_row)
    rows = [
        np.concatenate(groups[start : start + pairs_per_row], axis=1)
        for start in range(0, len(groups), pairs_per_row)
    ]
    return np.concatenate(rows, axis=0)


def middle_square(image, side):
    height, width = image.shape[:2]
    short = min(height, width)
    top, left = (height - short) // 2, (width - short) // 2
    square = Image.fromarray(image[top : top + short, left : left + short])
    return np.asarray(square.resize((side, side), Image.Resampling.LANCZOS))


if __name__ == "__main__":
    sys.exit(main())
