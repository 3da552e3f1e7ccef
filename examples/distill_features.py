"""Train the bundled feature network on images of any kind.

Example:
    python examples/distill_features.py --teacher vgg19 --images photos drawings \
        --output features.npz --run runs/features --steps 5000
"""

import argparse
import dataclasses
import os
import sys
from pathlib import Path

import animegan_tf


def main(argv=None):
    arguments = parse_arguments(argv)
    animegan_tf.import_tensorflow_quietly()
    from animegan_tf.recipes.feature_distillation import (
        DistillationConfig,
        distill_features,
    )

    default = DistillationConfig()
    data = dataclasses.replace(
        default.data, photos=os.pathsep.join(map(str, arguments.images))
    )
    try:
        config = dataclasses.replace(
            default,
            data=data,
            features=arguments.teacher,
            steps=arguments.steps,
            seed=arguments.seed,
            precision=arguments.precision,
        )
        path = distill_features(
            config, arguments.run, arguments.output, resume=arguments.resume
        )
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"Wrote {path}, {path.stat().st_size / 1024:.0f} KB")
    return 0


def parse_arguments(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", nargs="+", required=True, help="folders of images")
    parser.add_argument(
        "--teacher",
        default="vgg19",
        help="feature network to reproduce: vgg19 or a weights file",
    )
    parser.add_argument("--output", required=True, type=Path, help=".npz file to write")
    parser.add_argument("--run", required=True, type=Path, help="run folder")
    parser.add_argument("--steps", type=int, default=5000, help="training steps")
    parser.add_argument("--seed", type=int, default=0, help="random seed")
    parser.add_argument(
        "--precision", default="float32", help="float32 or mixed_bfloat16"
    )
    parser.add_argument("--resume", action="store_true", help="continue the run")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
