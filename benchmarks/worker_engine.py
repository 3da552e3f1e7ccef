"""A contender of `engines.py`: a style in one of the engines.

Arguments: the style; the engine; the precision; the height; the width.
"""

import sys

import numpy as np
from measured_process import refuse, serve

from animegan_tf.inference.stylizer import Stylizer

WARMUP = 2


def main(style, engine, precision, height, width):
    try:
        stylizer = Stylizer.from_preset(style, engine=engine, precision=precision)
    except (ImportError, ValueError) as error:
        return refuse(error)
    random = np.random.default_rng(0)
    photo = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
    for _ in range(WARMUP):
        stylizer(photo)
    serve(lambda: stylizer(photo))


if __name__ == "__main__":
    main(*sys.argv[1:4], *map(int, sys.argv[4:6]))
