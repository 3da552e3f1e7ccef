"""`animegan-tf train`: learn a style from two folders of pictures."""

import argparse
import json
import shlex
import sys
from pathlib import Path

from animegan_tf.cli.network_arguments import add_features_argument
from animegan_tf.config import (
    TrainingConfig,
    from_dict,
    read_config,
    to_dict,
)
from animegan_tf.recipes.defaults import default_config
from animegan_tf.utils.json_file import parse_json
from animegan_tf.utils.messages import suggestion
from animegan_tf.utils.tensorflow_import import import_tensorflow_quietly

# Their generators take noise, so there is no photo to stylize.
NOISE_RECIPES = ("dcgan", "wgan", "wgan_gp")
_DATA_FLAGS = ("photos", "style", "validation")
_FLAGS = ("recipe", "steps", "features", "seed", "precision")


def add_parser(subparsers) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "train",
        help="learn a new style from pictures",
        description="Learn a style. Settings come from --config, then from the flags, "
        "then from --set; --resume takes those of the run.",
    )
    _add_data_arguments(parser)
    parser.add_argument(
        "--run",
        dest="run_folder",
        metavar="RUN",
        required=True,
        type=Path,
        help="run folder, made by the training",
    )
    _add_setting_arguments(parser)
    parser.add_argument(
        "--resume", action="store_true", help="go on with the training in --run"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="print the settings and exit"
    )
    parser.set_defaults(run=run)


def _add_data_arguments(parser) -> None:
    parser.add_argument("--photos", help="folder of photographs")
    parser.add_argument("--style", help="folder of pictures in the style")
    parser.add_argument(
        "--validation", help="folder of held-out photographs, or a fraction of --photos"
    )


def _add_setting_arguments(parser) -> None:
    parser.add_argument("--steps", type=int, help="number of updates in all")
    parser.add_argument("--recipe", help="kind of training (default: anime)")
    add_features_argument(parser, "feature extractor")
    parser.add_argument("--seed", type=int, help="seed of everything random")
    parser.add_argument(
        "--precision", help="float32, or mixed_bfloat16 where the processor has it"
    )
    parser.add_argument("--config", type=Path, help="JSON file of settings")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="any other setting, such as --set weights.style=0.5 (may be repeated)",
    )


def run(arguments) -> int:
    """Train, or print what would be trained."""
    if arguments.run_folder.exists() and not arguments.run_folder.is_dir():
        raise ValueError(
            f"`--run` must be a folder. Received: {str(arguments.run_folder)!r}"
        )
    config = resolve_config(arguments)
    if arguments.dry_run:
        print(json.dumps(to_dict(config), indent=2))
        return 0
    import_tensorflow_quietly()
    from animegan_tf.recipes.runner import run_recipe

    try:
        run_recipe(config, arguments.run_folder, resume=arguments.resume)
    except KeyboardInterrupt:
        folder = shlex.quote(str(arguments.run_folder))
        command = f"animegan-tf train --run {folder} --resume"
        print(f"\nStopped and saved. Go on with: {command}", file=sys.stderr)
        raise
    generator = arguments.run_folder / "generator.keras"
    folder = shlex.quote(str(arguments.run_folder))
    if config.recipe in NOISE_RECIPES:
        hint = "Draw with it: animegan_tf.generate_image(keras.saving.load_model(...))"
    else:
        hint = f"Try it with: animegan-tf stylize PHOTO -o OUT.png --style {folder}"
    print(f"{generator}: the trained network. {hint}")
    return 0


def resolve_config(arguments: argparse.Namespace) -> TrainingConfig:
    """Merge the sources of settings, the later ones over the earlier.

    Raises:
        ValueError: If a setting is unknown or has an impossible value, or a folder is
            not named.
    """
    if arguments.resume and arguments.config:
        raise ValueError(
            "`--resume` takes the settings of the run, so it excludes --config. "
            f"Received: --config {arguments.config}"
        )
    if arguments.resume:
        path = arguments.run_folder / "config.json"
        if not path.exists():
            raise ValueError(
                f"Nothing to resume: no training in {str(arguments.run_folder)!r}"
            )
        values = to_dict(read_config(path))
    elif arguments.config:
        values = to_dict(read_config(arguments.config))
    else:
        values = to_dict(default_config(arguments.recipe or "anime"))
    if arguments.steps is not None and not arguments.resume:
        # A shorter training keeps both of its parts.
        share = values["pretraining_steps"] / values["steps"]
        values["pretraining_steps"] = round(share * arguments.steps)
    for name in _FLAGS:
        if getattr(arguments, name) is not None:
            values[name] = getattr(arguments, name)
    for name in _DATA_FLAGS:
        if getattr(arguments, name) is not None:
            values["data"][name] = _fraction_or_text(getattr(arguments, name))
    for assignment in arguments.set:
        _assign(values, assignment)
    return from_dict(TrainingConfig, values)


def _fraction_or_text(text: str):
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
                f"`--set` names no setting: there is no group {group!r}. "
                f"{suggestion(group, nested)}Received: {assignment!r}"
            )
    try:
        values[last] = parse_json(text)
    except ValueError:
        values[last] = text
