"""Stylize one photo: `python examples/style_transfer.py [source] [--style NAME]`."""

import argparse
import os
import sys
import time
from pathlib import Path

import matplotlib.cbook

import animegan_tf


def main(argv=None):
    parser = argparse.ArgumentParser(description="Stylize one photo.")
    parser.add_argument("source", nargs="?", help="default: a portrait in Matplotlib")
    parser.add_argument("--style", default="comic", help="default: %(default)s")
    parser.add_argument("--output", default="result.jpg", help="default: %(default)s")
    arguments = parser.parse_args(argv)
    animegan_tf.import_tensorflow_quietly()
    # Grace Hopper in 1984, a photo in the public domain.
    photo = arguments.source or matplotlib.cbook.get_sample_data(
        "grace_hopper.jpg", asfileobj=False
    )
    try:
        stylize(photo, arguments.style, arguments.output)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def stylize(photo, style, output):
    if Path(output).exists() and os.path.samefile(photo, output):
        raise ValueError(f"The output would overwrite the photo {output!r}")
    stylizer = animegan_tf.Stylizer.from_preset(style)
    start = time.perf_counter()
    animegan_tf.write_image(stylizer(photo), output, mark=True)
    print(f"Wrote {Path(output).resolve()} in {time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    sys.exit(main())
