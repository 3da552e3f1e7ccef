"""Count and time what two feature networks compute, in turn in one process.

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
    parser.add_argument("--runs", type=int, default=15, help="timed runs")
    parser.add_argument(
        "--depths",
        nargs="+",
        default=["block3_conv1", "block3_conv4"],
        help="deepest layers; all up to there are given",
    )
    return parser.parse_args(argv)


def compare_costs(depth, arguments):
    """Print how much less the student computes up to a layer, and in what time."""
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
        f"multiply-adds, {counts[0] / counts[1]:.2f} times fewer"
    )
    for kind, build in (("maps", build_forward), ("gradient", build_gradient)):
        functions = {name: build(model) for name, model in models.items()}
        (first, second), ratio = time_alternating(functions, image, arguments.runs)
        print(
            f"  {kind}: {1e3 * first:.1f} and {1e3 * second:.1f} ms, "
            f"{ratio:.2f} times faster"
        )


def build_forward(model):
    """Return a function that computes the maps and gives back one number."""
    import tensorflow as tf

    @tf.function
    def forward(image):
        return tf.add_n([tf.reduce_mean(x) for x in model(image).values()])

    return forward


def build_gradient(model):
    """Return a function that also computes the number's gradient by the picture."""
    import tensorflow as tf

    @tf.function
    def gradient(image):
        with tf.GradientTape() as tape:
            tape.watch(image)
            value = tf.add_n([tf.reduce_mean(x) for x in model(image).values()])
        return tf.reduce_mean(tape.gradient(value, image))

    return gradient


def time_alternating(functions, image, runs, warmup=2):
    """Return the median seconds of the two functions and the median of their ratios."""
    seconds = {name: [] for name in functions}
    for index in range(warmup + runs):
        for name, function in functions.items():
            start = time.perf_counter()
            function(image).numpy()  # Waits for an accelerator to finish.
            if index >= warmup:
                seconds[name].append(time.perf_counter() - start)
    # Pairing the runs of a round cancels what else the machine was doing.
    ratios = [a / b for a, b in zip(*seconds.values(), strict=True)]
    medians = [statistics.median(values) for values in seconds.values()]
    return medians, statistics.median(ratios)


if __name__ == "__main__":
    sys.exit(main())
