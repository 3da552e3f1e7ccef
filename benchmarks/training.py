"""Time the training steps of recipes on random images, at equal crops.

One step of each recipe is made in turn, so that other work on the machine affects all
of them; figures are medians. Reading images is left out. The pretraining's steps, which
are cheaper, are not timed. With `--torch`, AnimeGANv2's step in PyTorch takes turns
with them.

Example:
    python benchmarks/training.py --torch --crop 256 --batch 4 --recipes anime
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

from recipe_training import build_training, make_step, write_images

import animegan_tf

RECIPES = (
    "anime",
    "animegan_v1",
    "animegan_v2",
    "animegan_v3",
    "white_box",
    "cartoongan",
    "ugatit_light",
)
# Images that the recipes are built with; each batch is one of random crops.
_NUM_IMAGES = 4


def main(argv=None):
    arguments = parse_arguments(argv)
    animegan_tf.import_tensorflow_quietly()
    with tempfile.TemporaryDirectory() as folder:
        write_images(Path(folder), _NUM_IMAGES, arguments.crop)
        steps = {
            recipe: build_step(recipe, Path(folder), arguments)
            for recipe in arguments.recipes
        }
        if arguments.torch:
            steps |= build_torch_steps(arguments)
        seconds = time_in_turn(steps, arguments.runs)
    print(
        f"{arguments.batch} crops of {arguments.crop}x{arguments.crop} pixels, "
        f"{arguments.precision}, median of {arguments.runs} steps"
    )
    print_table(seconds, arguments.batch)
    return 0


def parse_arguments(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipes", nargs="+", default=RECIPES, choices=RECIPES)
    parser.add_argument("--crop", type=int, default=128, help="side in pixels")
    parser.add_argument("--batch", type=int, default=2, help="crops in a batch")
    parser.add_argument("--runs", type=int, default=9, help="timed steps of each")
    parser.add_argument("--precision", default="float32", help="or mixed_bfloat16")
    parser.add_argument(
        "--torch",
        action="store_true",
        help="also time AnimeGANv2 in PyTorch, in float32 and bfloat16",
    )
    return parser.parse_args(argv)


def build_step(recipe, folder, arguments):
    """Build a recipe and return a function that makes one adversarial step of it."""
    changes = {"precision": arguments.precision}
    # U-GAT-IT has none.
    if hasattr(animegan_tf.default_config(recipe), "pretraining_steps"):
        changes["pretraining_steps"] = 1
    training, _ = build_training(
        recipe,
        folder,
        crop=arguments.crop,
        batch=arguments.batch,
        scale=arguments.crop,
        **changes,
    )
    return make_step(training.program, next(iter(training.build_dataset(0))))


def build_torch_steps(arguments):
    """Build AnimeGANv2's step in PyTorch in both precisions."""
    from torch_training import build_torch_step

    return {
        f"torch {name}": build_torch_step(arguments.crop, arguments.batch, precision)
        for name, precision in (("f32", "float32"), ("bf16", "mixed_bfloat16"))
    }


def time_in_turn(steps, runs, warmup=2):
    """Return the seconds of `runs` steps of each function, made in turn."""
    seconds = {name: [] for name in steps}
    for index in range(warmup + runs):
        names = list(steps)[:: -1 if index % 2 else 1]
        for name in names:
            start = time.perf_counter()
            steps[name](index)
            if index >= warmup:
                seconds[name].append(time.perf_counter() - start)
    return seconds


def print_table(seconds, batch):
    """Print the median time of each recipe, beside the first one's."""
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    reference = next(iter(medians))
    print(f"{'recipe':<16}{'s/step':>9}{'images/s':>10}{'x ' + reference:>14}")
    for name, median in medians.items():
        # Ratios within a round are less sensitive to other work on the machine.
        pairs = zip(seconds[name], seconds[reference], strict=True)
        ratio = statistics.median(own / other for own, other in pairs)
        print(f"{name:<16}{median:>9.3f}{batch / median:>10.2f}{ratio:>14.2f}")


if __name__ == "__main__":
    sys.exit(main())
