"""Stylize one photo: `python examples/style_transfer.py [source] [--style NAME]`."""

import argparse
import sys
import time
from pathlib import Path

import matplotlib.cbook

import animegan_tf


def main(argv=None):
    parser = argparse.ArgumentParser(description="Stylize one photo.")
    parser.add_argument(
        "source", nargs="?", help="photo (default: a portrait included in Matplotlib)"
    )
    parser.add_argument("--style", default="anime", help="style (default: %(default)s)")
    parser.add_argument(
        "--output", default="result.jpg", help="file to write (default: %(default)s)"
    )
    parser.add_argument(
        "--strength",
        type=float,
        default=1.0,
        help="strength of the style, from 0, the photo, to 1",
    )
    parser.add_argument(
        "--color", default="style", help="colors: style, photo, luma-gain or an image"
    )
    parser.add_argument(
        "--detail",
        type=float,
        default=0.0,
        help="amount of the photo's fine texture to add, 0 to 1",
    )
    parser.add_argument(
        "--scale",
        type=float,
        default=1.0,
        help="below 1 coarser strokes, above 1 finer",
    )
    arguments = parser.parse_args(argv)
    animegan_tf.import_tensorflow_quietly()
    # Grace Hopper in 1984, a photo in the public domain.
    photo = arguments.source or matplotlib.cbook.get_sample_data(
        "grace_hopper.jpg", asfileobj=False
    )
    try:
        stylize(photo, arguments.style, arguments.output, read_dials(arguments))
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def read_dials(arguments):
    color = arguments.color
    if Path(color).is_file():
        color = animegan_tf.read_image(color)
    return animegan_tf.Dials(
        strength=arguments.strength,
        color=color,
        detail=arguments.detail,
        scale=arguments.scale,
    )


def stylize(photo, style, output, dials):
    stylizer = animegan_tf.Stylizer.from_preset(style)
    start = time.perf_counter()
    animegan_tf.stylize_file(photo, output, stylizer, dials)
    print(f"Wrote {Path(output).resolve()} in {time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    sys.exit(main())
