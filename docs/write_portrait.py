"""Write `docs/portrait.jpg`, the README's portrait in every bundled style.

The photo, Grace Hopper by James S. Davis, U.S. Navy, 1984, comes with Matplotlib.

Example:
    python docs/write_portrait.py
"""

import sys
from pathlib import Path

import matplotlib.cbook

from animegan_tf.cli import main

if __name__ == "__main__":
    photo = matplotlib.cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)
    target = Path(__file__).with_name("portrait.jpg")
    options = ["--size", "384", "--quality", "88", "--overwrite"]
    sys.exit(main(["preview", str(photo), "-o", str(target), *options]))
