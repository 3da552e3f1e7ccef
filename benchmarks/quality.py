"""Compare styles: contact sheets, and a table of metrics.

Writes into the output folder, for a short side of 512 pixels: `sheet_512.jpg`, with a
column for the photos, for each style and for each folder of other results; and, if
style images are given, `report_512.md` and `report_512.json`. For full HD use
`--size 1080` and photos of that size; `--detail` then shows crops at full resolution.

Example:
    python benchmarks/quality.py --style comic --photos held_out/ \
        --style-images drawings/ --features vgg19.npz --output quality/
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from tqdm import tqdm

import animegan_tf

_TITLE_HEIGHT = 28


def main(argv=None):
    arguments = parse_arguments(argv)
    animegan_tf.import_tensorflow_quietly()
    from animegan_tf.data.image_folder import limit_short_side
    from animegan_tf.evaluation import STYLE_LAYERS, evaluate_images
    from animegan_tf.evaluation.held_out import find_results
    from animegan_tf.imaging.formats import list_images

    paths = list_images(arguments.photos)
    photos = [animegan_tf.read_image(path) for path in paths]
    photos = [limit_short_side(photo, arguments.size) for photo in photos]
    sets = {}
    for style in arguments.style:
        stylizer = animegan_tf.Stylizer.from_preset(style)
        sets[style] = [stylizer(p) for p in tqdm(photos, desc=style, disable=None)]
    for folder in arguments.reference:
        found = find_results(folder, paths)
        sets[folder.name] = [animegan_tf.read_image(path) for path in found]
    arguments.output.mkdir(parents=True, exist_ok=True)
    sheet = make_sheet({"photo": photos, **sets}, arguments)
    path = arguments.output / f"sheet_{arguments.size}.jpg"
    animegan_tf.write_image(sheet, path, quality=90)
    if arguments.style_images is None:
        return 0
    report = evaluate_images(
        paths,
        sets,
        list_images(arguments.style_images)[: arguments.num_style_images],
        animegan_tf.build_feature_extractor(
            arguments.features, layers=STYLE_LAYERS, name=Path(arguments.features).stem
        ),
        short_side=arguments.size,
        progress=True,
    )
    write_report(report, arguments.output / f"report_{arguments.size}")
    return 0


def parse_arguments(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--style", nargs="+", default=["comic"], help="styles, runs or .keras files"
    )
    parser.add_argument("--photos", required=True, type=Path, help="held-out photos")
    parser.add_argument(
        "--style-images", type=Path, help="folder of style images, for the metrics"
    )
    parser.add_argument("--num-style-images", type=int, default=80)
    parser.add_argument("--features", default="vgg19", help="feature network")
    parser.add_argument(
        "--reference",
        nargs="+",
        type=Path,
        default=[],
        help="folders of other results for the photos, with the same names",
    )
    parser.add_argument(
        "--size", type=int, default=512, help="short side to scale photos down to"
    )
    parser.add_argument(
        "--cell", type=int, default=320, help="size of a cell of the sheet in pixels"
    )
    parser.add_argument(
        "--detail", action="store_true", help="show crops at full resolution"
    )
    parser.add_argument("--photos-per-row", type=int, default=2)
    parser.add_argument("--output", required=True, type=Path, help="folder")
    return parser.parse_args(argv)


def write_report(report, stem):
    report.write_json(stem.with_suffix(".json"))
    stem.with_suffix(".md").write_text(f"{report}\n", encoding="utf-8")
    print(report)


def make_sheet(columns, arguments):
    """Arrange a group of cells for each photo, below the titles."""
    per_row = min(arguments.photos_per_row, len(columns["photo"]))
    groups = [
        np.concatenate(
            [cut_cell(p, arguments.cell, arguments.detail) for p in images], axis=1
        )
        for images in zip(*columns.values(), strict=True)
    ]
    groups += [np.full_like(groups[0], 255)] * (-len(groups) % per_row)
    rows = [
        np.concatenate(groups[start : start + per_row], axis=1)
        for start in range(0, len(groups), per_row)
    ]
    return np.concatenate([draw_titles([*columns] * per_row, arguments.cell), *rows])


def draw_titles(titles, cell):
    strip = Image.new("RGB", (cell * len(titles), _TITLE_HEIGHT), "white")
    draw, font = ImageDraw.Draw(strip), ImageFont.load_default(size=18)
    for index, title in enumerate(titles):
        draw.text((index * cell + 6, 3), title[: cell // 10], fill="black", font=font)
    return np.asarray(strip)


def cut_cell(image, side, detail):
    """Crop the center square; at full resolution, or the largest one resized."""
    height, width = image.shape[:2]
    square = min(height, width, side) if detail else min(height, width)
    top, left = (height - square) // 2, (width - square) // 2
    square_image = Image.fromarray(image[top : top + square, left : left + square])
    return np.asarray(square_image.resize((side, side), Image.Resampling.LANCZOS))


if __name__ == "__main__":
    sys.exit(main())
