"""`animegan-tf train`: train a GAN on folders of images."""

import argparse
import importlib.util
import json
import shlex
import sys
import textwrap
import time
from pathlib import Path

from animegan_tf.cli.options import add_settings_arguments
from animegan_tf.config import TrainingConfig
from animegan_tf.recipes.preflight import (
    changed_settings,
    check_training,
    describe_training,
    record_duration,
)
from animegan_tf.recipes.runner import (
    RECIPES,
    check_run_path,
    config_from_dict,
    default_config,
    read_config,
    train,
)
from animegan_tf.training.best import FOLDER as BEST_FOLDER
from animegan_tf.training.best import read_best
from animegan_tf.utils.json_file import parse_json, read_json
from animegan_tf.utils.messages import suggestion
from animegan_tf.utils.settings import to_dict
from animegan_tf.utils.tensorflow_import import import_tensorflow_quietly

# Their generators take noise, so there is no photo to stylize.
UNCONDITIONAL_RECIPES = ("dcgan", "wgan", "wgan_gp")
_DATA_FLAGS = ("photos", "style", "validation")
_FLAGS = ("recipe", "steps", "features", "seed", "precision")


def add_parser(subparsers) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "train",
        help="train a new style",
        description=textwrap.fill(
            "Train a GAN on folders of images. Settings come from the recipe and its "
            "--preset, then from --config, then from the other options, then from "
            "--set; --resume takes those of the run.",
            width=79,
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=_list_recipes(),
    )
    add_settings_arguments(parser, recipes="one of those below")
    parser.add_argument(
        "--run",
        dest="run_folder",
        metavar="RUN",
        required=True,
        type=Path,
        help="folder of the run, made by the training",
    )
    parser.add_argument("--steps", type=int, help="number of training steps")
    parser.add_argument(
        "--preset",
        help="published settings for a style, such as --recipe animegan_v2 --preset "
        "hayao",
    )
    parser.add_argument(
        "--precision",
        help="float32, mixed_bfloat16 if the processor supports it, or mixed_float16",
    )
    parser.add_argument(
        "--tensorboard",
        action="store_true",
        help="write the log and the samples for TensorBoard too",
    )
    parser.add_argument(
        "--auto-balance",
        action="store_true",
        help="set the loss weights so that each term has the share of the gradient "
        "that it has with the recipe's own settings",
    )
    parser.add_argument(
        "--resume", action="store_true", help="continue the training in --run"
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="check and describe the training, print the settings that differ from the "
        "recipe's, and exit",
    )
    parser.add_argument(
        "--all", action="store_true", help="with --dry-run, print every setting"
    )
    parser.set_defaults(run=run)


def run(arguments) -> int:
    """Train, or print the settings of the training."""
    folder = arguments.run_folder
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"`--run` must be a folder. Received: {str(folder)!r}")
    config = resolve_config(arguments)
    check_run_path(config, folder)
    check_training(config)
    for line in describe_training(config, folder):
        print(line, file=sys.stderr)
    if arguments.dry_run:
        values = to_dict(config)
        if not arguments.all:
            defaults = to_dict(default_config(config.recipe))
            changed = changed_settings(values, defaults)
            values = {"recipe": config.recipe} | changed
        print(json.dumps(values, indent=2))
        return 0
    import_tensorflow_quietly()
    quoted = shlex.quote(str(folder))
    start = time.perf_counter()
    try:
        train(
            config,
            folder,
            resume=arguments.resume,
            auto_balance=arguments.auto_balance,
        )
        if not arguments.resume:
            record_duration(config, config.steps, time.perf_counter() - start)
    except KeyboardInterrupt:
        print(
            f"\nStopped and saved. Continue with: animegan-tf train --run {quoted} "
            f"--resume\nreport: {folder / 'report.html'}",
            file=sys.stderr,
        )
        raise
    if config.recipe in UNCONDITIONAL_RECIPES:
        hint = (
            f"animegan_tf.generate_image(animegan_tf.load_generator({str(folder)!r}))"
        )
    else:
        hint = f"animegan-tf stylize PHOTO -o OUT.png --style {quoted}"
    print(f"{folder}: trained. Try it with: {hint}")
    best = read_best(folder)
    if best:
        print(
            f"best: {folder / BEST_FOLDER}, step {best['step']}, "
            f"{best['metric']} {best['value']:.4g}"
        )
    print(f"report: {folder / 'report.html'}")
    return 0


def _list_recipes() -> str:
    """List the recipes with the first lines of their modules."""
    modules, lines = {}, []
    for name, place in RECIPES.items():
        modules.setdefault(place.split(":")[0], []).append(name)
    for module, names in modules.items():
        # To import a module, or only to parse it, takes longer.
        with open(importlib.util.find_spec(module).origin, encoding="utf-8") as file:
            summary = file.readline().strip().strip('"')
        lines.append(f"  {', '.join(names)}")
        lines += [f"      {line}" for line in textwrap.wrap(summary, 73)]
    return "\n".join(["recipes:", *lines])


def resolve_config(arguments: argparse.Namespace) -> TrainingConfig:
    """Merge the sources of settings, the later ones over the earlier.

    Raises:
        ValueError: If a setting is unknown or has an impossible value.
    """
    if arguments.resume and arguments.config:
        raise ValueError(
            "`--resume` takes the settings of the run, so it excludes --config. "
            f"Received: --config {arguments.config}"
        )
    if arguments.preset and (arguments.resume or arguments.config):
        raise ValueError(
            "`--preset` starts from a recipe, so it excludes --config and --resume. "
            f"Received: --preset {arguments.preset}"
        )
    if arguments.resume:
        path = arguments.run_folder / "config.json"
        if not path.exists():
            raise ValueError(
                f"Nothing to resume: no training in {str(arguments.run_folder)!r}"
            )
        values = to_dict(read_config(path))
    else:
        values = {}
        if arguments.config:
            values = read_json(arguments.config)
        recipe = arguments.recipe or values.get("recipe", "anime")
        defaults = default_config(recipe, arguments.preset)
        values = to_dict(config_from_dict(values)) if values else to_dict(defaults)
    if arguments.steps is not None and not arguments.resume:
        # A shorter training keeps both of its parts.
        if "pretraining_steps" in values:
            fraction = values["pretraining_steps"] / values["steps"]
            values["pretraining_steps"] = round(fraction * arguments.steps)
    for name in _FLAGS:
        if getattr(arguments, name) is not None:
            values[name] = getattr(arguments, name)
    for name in _DATA_FLAGS:
        if getattr(arguments, name) is not None:
            values["data"][name] = _number_or_text(getattr(arguments, name))
    if arguments.tensorboard:
        values["tensorboard"] = True
    for assignment in arguments.set:
        _assign(values, assignment)
    return config_from_dict(values)


def _number_or_text(text: str):
    try:
        return float(text)
    except ValueError:
        return text


def _assign(values: dict, assignment: str) -> None:
    name, equals, text = assignment.partition("=")
    if not (name and equals):
        raise ValueError(f"`--set` takes NAME=VALUE. Received: {assignment!r}")
    *groups, last = name.split(".")
    for group in groups:
        known, values = values, values.get(group)
        if not isinstance(values, dict):
            nested = [key for key, value in known.items() if isinstance(value, dict)]
            raise ValueError(
                f"`--set` must name a setting; there is no group {group!r}. "
                f"{suggestion(group, nested)}Received: {assignment!r}"
            )
    try:
        values[last] = parse_json(text)
    except ValueError:
        values[last] = text
