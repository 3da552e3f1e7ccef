"""Time the input pipeline of recipes alone, beside the training step that it feeds.

A training waits for its input where a batch takes longer to read than a step to make.
Batches are timed twice: while images are read from files and decoded, in the first
epoch, and from the cache in memory, later. Images are random JPEG files.

Example:
    python benchmarks/input_pipeline.py --side 1024 --crop 256 --batch 4
"""

import argparse
import dataclasses
import statistics
import sys
import tempfile
import time
from pathlib import Path

import animegan_tf

RECIPES = ("anime", "pix2pix", "cyclegan", "wgan_gp")


def main(argv=None):
    arguments = parse_arguments(argv)
    animegan_tf.import_tensorflow_quietly()
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        write_images(Path(folder), arguments.images, arguments.side)
        for recipe in arguments.recipes:
            training, batch_size = build_training(recipe, Path(folder), arguments)
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


def write_images(folder, count, side):
    """Write random photos and drawings to subfolders of a folder."""
    import numpy as np
    from PIL import Image

    rng = np.random.default_rng(0)
    for name in ("photos", "style"):
        (folder / name).mkdir()
        for index in range(count):
            coarse = rng.integers(0, 256, (side // 8, side // 8, 3), "uint8")
            image = Image.fromarray(coarse).resize((side, side), Image.BICUBIC)
            image.save(folder / name / f"{index}.jpg", quality=92)


def build_training(recipe, folder, arguments):
    """Build a recipe; return it and the number of crops in its batches."""
    from animegan_tf.recipes.runner import load_builder
    from animegan_tf.training.run_folder import RunFolder

    config = animegan_tf.default_config(recipe)
    places = {"photos": str(folder / "photos"), "style": str(folder / "style")}
    sizes = {"crop_size": arguments.crop, "batch_size": arguments.batch}
    data = places | sizes | {"validation": 0.0}
    changes = {}
    if recipe == "anime":
        # Fitting a painter takes minutes and no time of a step.
        data |= {"target": "cel_and_ink", "scales": (arguments.side // 2,)}
        changes = {"pretraining_steps": 1}
    config = dataclasses.replace(
        config, data=dataclasses.replace(config.data, **data), **changes
    )
    training = load_builder(recipe)(config, RunFolder(folder / recipe), False)
    return training, arguments.batch * getattr(config, "critic_steps", 1)


def time_recipe(training, batch_size, arguments):
    """Return the median seconds of a batch from files, from memory, and of a step."""
    batches = iter(training.build_dataset(0))
    per_epoch = max(arguments.images // batch_size, 1)
    first = time_calls(lambda _: next(batches), per_epoch)
    cached = time_calls(lambda _: next(batches), max(per_epoch, arguments.runs))
    batch = next(batches)

    def step(index):
        logs = training.program.update(batch, 1 + index)
        return float(logs["total"])  # Waits until an accelerator is done.

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
