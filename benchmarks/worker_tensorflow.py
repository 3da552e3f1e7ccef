"""A contender of `inference.py` in TensorFlow: this library, or a matrix product.

Arguments: `style:NAME`, `generator:NAME` (random weights) or `matmul`; the precision;
the height; the width; the size of the tiles, 0 for none.
"""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from measured_process import refuse, serve

from animegan_tf.inference.loading import load_generator
from animegan_tf.inference.stylizer import Stylizer
from animegan_tf.models.generators import build_generator

# Large enough to reach the peak speed of the CPU.
MATRIX_SIDE = 2048
WARMUP = 2


def main(what, precision, height, width, tile):
    kind, _, name = what.partition(":")
    if kind == "matmul":
        work, operations = build_product(precision)
    else:
        generator = load_generator(name) if kind == "style" else build_generator(name)
        operations = count_operations(generator, height, width)
        try:
            stylizer = Stylizer(generator, precision=precision, tile=tile or None)
        except ValueError as error:
            return refuse(error)
        photo = make_photo(height, width)

        def work():
            stylizer(photo)

    for _ in range(WARMUP):
        work()
    serve(work, str(operations))


def make_photo(height, width):
    random = np.random.default_rng(0)
    return random.integers(0, 256, (height, width, 3), dtype=np.uint8)


def build_product(precision):
    """Return a function that multiplies square matrices, and its operations."""
    matrix = tf.cast(tf.random.normal((MATRIX_SIDE, MATRIX_SIDE)), precision)
    product = tf.function(lambda a: tf.reduce_sum(tf.matmul(a, a)[:1]))
    return lambda: product(matrix).numpy(), 2 * MATRIX_SIDE**3


def count_operations(generator, height, width):
    """Count the additions and multiplications of all convolutions for one image."""
    photo = keras.Input((height + -height % 16, width + -width % 16, 3))
    sized = keras.models.clone_model(generator, input_tensors=photo)
    return sum(
        2 * int(np.prod(layer.kernel.shape)) * int(np.prod(layer.output.shape[1:3]))
        for layer in sized.layers
        if hasattr(layer, "kernel")
    )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6]))
