"""Compare the multiply-adds and the time of two feature networks.

Example:
    python benchmarks/feature_cost.py --teacher vgg19.npz --precision mixed_bfloat16
"""

import argparse
import statistics
import sys
import time

import animegan_tf


def main(argv=None):
    arguments = parse_arguments(argv)
    animegan_tf.import_tensorflow_quietly()
    import keras

    keras.config.set_dtype_policy(arguments.precision)
    for depth in arguments.depths:
        compare_costs(depth, arguments)
    return 0


def parse_arguments(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--teacher", default="vgg19", help="name or weights file")
    parser.add_argument("--student", default="bundled", help="name or weights file")
    parser.add_argument("--precision", default="float32", help="or mixed_bfloat16")
    parser.add_argument("--size", type=int, default=256, help="side in pixels")
    parser.add_argument("--runs", type=int, default=15, help="number of timed runs")
    parser.add_argument(
        "--depths",
        nargs="+",
        default=["block3_conv1", "block3_conv4"],
        help="deepest layers; all layers up to it are returned",
    )
    return parser.parse_args(argv)


def compare_costs(depth, arguments):
    """Print the multiply-adds and times of both networks up to a layer."""
    import tensorflow as tf

    from animegan_tf.models.analysis.cost import count_multiply_adds
    from animegan_tf.models.features.vgg19 import LAYER_NAMES

    size = arguments.size
    image = tf.random.stateless_uniform((1, size, size, 3), (0, 0), -1.0, 1.0)
    layers = LAYER_NAMES[: LAYER_NAMES.index(depth) + 1]
    models = {
        source: animegan_tf.build_feature_extractor(
            source, layers=layers, image_shape=(size, size, 3)
        )
        for source in (arguments.teacher, arguments.student)
    }
    counts = [count_multiply_adds(model) / 1e6 for model in models.values()]
    print(
        f"To {depth}, {size}x{size}: {counts[0]:,.0f} and {counts[1]:,.0f} million "
        f"multiply-adds, {counts[0] / counts[1]:.2f} times as many"
    )
    for kind, build in (("maps", build_forward), ("gradient", build_gradient)):
        functions = {name: build(model) for name, model in models.items()}
        (first, second), ratio = time_alternating(functions, image, arguments.runs)
        print(
            f"  {kind}: {1e3 * first:.1f} and {1e3 * second:.1f} ms, "
            f"{ratio:.2f} times as fast"
        )


def build_forward(model):
    """Return a function that computes the maps and returns their mean."""
    import tensorflow as tf

    @tf.function
    def forward(image):
        return tf.add_n([tf.reduce_mean(x) for x in model(image).values()])

    return forward


def build_gradient(model):
    """Return a function that computes the gradient of that mean, too."""
    import tensorflow as tf

    @tf.function
    def gradient(image):
        with tf.GradientTape() as tape:
            tape.watch(image)
            value = tf.add_n([tf.reduce_mean(x) for x in model(image).values()])
        return tf.reduce_mean(tape.gradient(value, image))

    return gradient


def time_alternating(functions, image, runs, warmup=2):
    """Return the median seconds of two functions, and the median of their ratios."""
    seconds = {name: [] for name in functions}
    for index in range(warmup + runs):
        for name, function in functions.items():
            start = time.perf_counter()
            function(image).numpy()  # Waits until an accelerator is done.
            if index >= warmup:
                seconds[name].append(time.perf_counter() - start)
    # Ratios within a round are less sensitive to other work on the machine.
    ratios = [a / b for a, b in zip(*seconds.values(), strict=True)]
    medians = [statistics.median(values) for values in seconds.values()]
    return medians, statistics.median(ratios)


if __name__ == "__main__":
    sys.exit(main())
