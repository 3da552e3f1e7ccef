"""Time the default generator against AnimeGANv2's, turn by turn in one process.

Example:
    python benchmarks/generator_speed.py --size 512 --precision float32 bfloat16
"""

import argparse
import os
import statistics
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

from animegan_tf.models.generators import (  # noqa: E402
    GENERATORS,
    build_generator,
)

POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}
REFERENCE = "animegan_v2"


def parse_arguments(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--size", type=int, default=512, help="side of the square photo"
    )
    parser.add_argument("--runs", type=int, default=9, help="timed runs of each")
    parser.add_argument("--warmup", type=int, default=2, help="runs before the timing")
    parser.add_argument(
        "--generators",
        nargs="+",
        choices=sorted(GENERATORS),
        default=["anime"],
        help=f"generators to compare with {REFERENCE}",
    )
    parser.add_argument(
        "--precision", nargs="+", choices=sorted(POLICIES), default=["float32"]
    )
    options = parser.parse_args(arguments)
    for name in ("size", "runs", "warmup"):
        if getattr(options, name) < 1:
            parser.error(f"--{name} must be at least 1")
    return options


def build_candidates(names, precisions, size):
    """Return `{(name, precision): (model, compiled function)}`, the reference first."""
    candidates = {}
    signature = [tf.TensorSpec((1, size, size, 3), tf.float32)]
    for precision in precisions:
        keras.config.set_dtype_policy(POLICIES[precision])
        for name in names:
            model = build_generator(name)
            function = tf.function(
                lambda photo, model=model: model(photo, training=False),
                input_signature=signature,
            )
            candidates[name, precision] = (model, function)
    keras.config.set_dtype_policy("float32")
    return candidates


def time_alternating(functions, photo, warmup, runs):
    """Return one list of seconds per function; every round runs each of them once."""
    seconds = {key: [] for key in functions}
    for round_index in range(warmup + runs):
        for key, function in functions.items():
            start = time.perf_counter()
            function(photo).numpy()  # Copying out waits for an accelerator to finish.
            if round_index >= warmup:
                seconds[key].append(time.perf_counter() - start)
    return seconds


def main(arguments=None):
    options = parse_arguments(arguments)
    precisions = sorted(set(options.precision), reverse=True)
    names = [REFERENCE] + [n for n in options.generators if n != REFERENCE]
    candidates = build_candidates(names, precisions, options.size)
    random = np.random.default_rng(0)
    photo = random.uniform(-1, 1, (1, options.size, options.size, 3))
    functions = {key: function for key, (_, function) in candidates.items()}
    seconds = time_alternating(
        functions, tf.constant(photo, tf.float32), options.warmup, options.runs
    )
    reference = seconds[REFERENCE, precisions[0]]
    print(f"{options.size} x {options.size} pixels, median of {options.runs} runs")
    print(f"{'generator':<14}{'precision':<11}{'parameters':>11}{'ms':>10}{'ratio':>8}")
    for (name, precision), (model, _) in candidates.items():
        own = seconds[name, precision]
        # Pairing the runs of a round cancels what else the machine was doing.
        ratio = statistics.median(
            theirs / mine for theirs, mine in zip(reference, own, strict=True)
        )
        print(
            f"{name:<14}{precision:<11}{model.count_params():>11,}"
            f"{1e3 * statistics.median(own):>10.1f}{ratio:>8.2f}"
        )
    print(f"ratio: time of {REFERENCE} {precisions[0]} over the generator's own")


if __name__ == "__main__":
    main()
