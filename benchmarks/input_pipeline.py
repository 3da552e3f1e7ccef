"""Time the input pipeline of recipes alone, beside the training step that it feeds.

A training waits for its input where a batch takes longer to read than a step to make.
Batches are timed twice: while images are read from files and decoded, in the first
epoch, and from the cache in memory, later. Images are random JPEG files.

Example:
    python benchmarks/input_pipeline.py --side 1024 --crop 256 --batch 4
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

from recipe_training import build_training, make_step, write_images

import animegan_tf

RECIPES = ("anime", "pix2pix", "cyclegan", "wgan_gp")


def main(argv=None):
    arguments = parse_arguments(argv)
    animegan_tf.import_tensorflow_quietly()
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        write_images(Path(folder), arguments.images, arguments.side)
        for recipe in arguments.recipes:
            training, config = build_training(
                recipe,
                Path(folder),
                crop=arguments.crop,
                batch=arguments.batch,
                scale=arguments.side // 2,
                **({"pretraining_steps": 1} if recipe == "anime" else {}),
            )
            batch_size = arguments.batch * getattr(config, "critic_steps", 1)
            rows[recipe] = time_recipe(training, batch_size, arguments)
    print(
        f"{arguments.images} images of {arguments.side}x{arguments.side} pixels, crops "
        f"of {arguments.crop}, {arguments.batch} in a batch, medians"
    )
    print_table(rows)
    return 0


def parse_arguments(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipes", nargs="+", default=RECIPES, choices=RECIPES)
    parser.add_argument("--images", type=int, default=48, help="files of each folder")
    parser.add_argument("--side", type=int, default=768, help="of the images, pixels")
    parser.add_argument("--crop", type=int, default=128, help="side in pixels")
    parser.add_argument("--batch", type=int, default=4, help="crops in a batch")
    parser.add_argument("--runs", type=int, default=5, help="timed steps")
    return parser.parse_args(argv)


def time_recipe(training, batch_size, arguments):
    """Return the median seconds of a batch from files, from memory, and of a step."""
    batches = iter(training.build_dataset(0))
    per_epoch = max(arguments.images // batch_size, 1)
    first = time_calls(lambda _: next(batches), per_epoch)
    cached = time_calls(lambda _: next(batches), max(per_epoch, arguments.runs))
    step = make_step(training.program, next(batches))
    return first, cached, time_calls(step, arguments.runs, warmup=2)


def time_calls(call, runs, warmup=0):
    """Return the median seconds of `runs` calls with their index."""
    seconds = []
    for index in range(warmup + runs):
        start = time.perf_counter()
        call(index)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds[warmup:])


def print_table(rows):
    """Print the times of each recipe, and how many times faster its input is."""
    print(
        f"{'recipe':<12}{'files s/batch':>15}{'memory s/batch':>16}{'s/step':>9}"
        f"{'step / files':>14}"
    )
    for recipe, (first, cached, step) in rows.items():
        ratio = step / first
        print(f"{recipe:<12}{first:>15.3f}{cached:>16.3f}{step:>9.3f}{ratio:>14.1f}")


if __name__ == "__main__":
    sys.exit(main())
