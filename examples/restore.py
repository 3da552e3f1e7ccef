"""Train image restoration: `python examples/restore.py [folder]`.

Without a folder, synthetic images are used.
"""

import argparse
import dataclasses
import sys
import tempfile
from pathlib import Path

import numpy as np

import animegan_tf

NUM_IMAGES = 80


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "folder", nargs="?", help="clean images (default: synthetic images)"
    )
    parser.add_argument("--run", help="run folder to keep (default: a temporary one)")
    parser.add_argument("--steps", type=int, default=1500, help="training steps")
    parser.add_argument(
        "--damage",
        nargs="+",
        default=["downscale", "noise", "jpeg"],
        help="any of blur, downscale, low_light, noise, jpeg, holes; "
        "default: %(default)s",
    )
    parser.add_argument(
        "--precision", default="float32", help="float32 or mixed_bfloat16"
    )
    arguments = parser.parse_args(argv)
    animegan_tf.import_tensorflow_quietly()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder
        if folder is None:
            folder = Path(temporary) / "images"
            render_images(folder, NUM_IMAGES)
        run = arguments.run or Path(temporary) / "run"
        try:
            restore(folder, run, arguments)
        except (ValueError, OSError) as error:
            print(f"error: {error}", file=sys.stderr)
            return 2
    return 0


def restore(folder, run_path, arguments):
    from animegan_tf.recipes.common import split_photos

    config = small_config(folder, arguments)
    run = animegan_tf.train(config, run_path)
    _, held_out = split_photos(config.data, minimum=2)
    generator = animegan_tf.load_generator(run.path)
    print(f"Mean PSNR of {len(held_out)} held-out images, in decibels:")
    print(f"{'degradation':24}{'degraded':>10}{'restored':>10}")
    kinds = list(config.data.degradations)
    for chosen in [kinds, *([kind] for kind in kinds if len(kinds) > 1)]:
        before, after = measure(generator, config.data.crop_size, held_out, chosen)
        # The downscaled images are upscaled again with bicubic interpolation.
        name = "bicubic scaling" if chosen == ["downscale"] else ", ".join(chosen)
        print(f"{name:24}{before:10.2f}{after:10.2f}")
    if arguments.run:
        print(f"Wrote {Path(run_path).resolve()}: samples and the generator")


def small_config(folder, arguments):
    """Return the recipe's settings, small enough for a CPU."""
    config = animegan_tf.default_config("restore")
    data = dataclasses.replace(
        config.data,
        photos=str(folder),
        degradations=tuple(arguments.damage),
        crop_size=64,
        batch_size=8,
        validation=0.15,
    )
    return dataclasses.replace(
        config,
        steps=arguments.steps,
        data=data,
        # PSNR measures the distance; an adversarial loss trades it for sharpness.
        weights=dataclasses.replace(config.weights, adversarial=0.0),
        generator_options={"width": 16},
        generator_learning_rate=1e-3,
        learning_rate_decay="cosine",
        learning_rate_decay_start=0.0,
        ema_decay=0.98,
        precision=arguments.precision,
        sample_every=arguments.steps,
    )


def measure(generator, size, paths, kinds):
    """Return the mean PSNR of degraded and of restored images."""
    from animegan_tf.data.datasets.restoration import read_degraded_squares
    from animegan_tf.recipes.pix2pix import mean_psnr

    images = read_degraded_squares(paths, size, kinds, seed=1)
    restored = generator.predict(images["photo"], batch_size=8, verbose=0)
    target = images["target"]
    before, after = (mean_psnr(i, target) for i in (images["photo"], restored))
    return float(before), float(after)


def render_images(folder, count):
    """Render disks and bars of random colors on a gradient."""
    folder.mkdir(parents=True)
    rows, columns = np.mgrid[0:160, 0:160]
    for index in range(count):
        rng = np.random.default_rng(index)
        sky, ground = rng.uniform(0, 255, (2, 3))
        image = sky + (ground - sky) * (rows / 160)[..., None]
        for _ in range(12):
            (y, x), size = rng.uniform(0, 160, 2), rng.uniform(4, 30)
            inside = np.hypot(rows - y, columns - x) < size
            if rng.random() < 0.5:
                angle = rng.uniform(0, np.pi)
                across = (rows - y) * np.cos(angle) + (columns - x) * np.sin(angle)
                inside = np.abs(across) < size / 10
            image[inside] = rng.uniform(0, 255, 3)
        animegan_tf.write_image(image.astype(np.uint8), folder / f"{index:03}.png")


if __name__ == "__main__":
    sys.exit(main())
