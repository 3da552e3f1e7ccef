"""`animegan-tf stylize` of a film: what `animegan-tf video` does with it."""

import argparse
from collections.abc import Callable
from typing import Any

from animegan_tf.cli import video


def is_film(arguments) -> bool:
    """Tell whether the arguments of `stylize` name one film rather than pictures."""
    from animegan_tf.inference.video.options import SOURCE_SUFFIXES

    if len(arguments.input) != 1 or arguments.input[0].is_dir():
        return False
    # From GIF to GIF, `stylize` draws animated pictures itself.
    suffixes = {arguments.input[0].suffix.lower(), arguments.output.suffix.lower()}
    return bool(suffixes & set(SOURCE_SUFFIXES) - {".gif"})


def run_film(arguments, get_default: Callable[[str], Any]) -> int:
    """Run `video` with what `stylize` was asked for, and its own defaults.

    Args:
        arguments: Those of `stylize`.
        get_default: From the name of an argument of `stylize` to its default.

    Raises:
        ValueError: If an argument was given that only pictures have.
    """
    from animegan_tf.inference.video.options import VIDEO_SUFFIXES

    film = _default_arguments()
    given = vars(arguments)
    for name, value in given.items():
        if name not in (*vars(film), "run") and value != get_default(name):
            option = name.replace("_", "-")
            raise ValueError(
                f"`--{option}` is for pictures only. Received: --{option} "
                f"with the film {str(arguments.input[0])!r}"
            )
    for name in vars(film).keys() & given.keys():
        setattr(film, name, given[name])
    (film.input,) = arguments.input
    if film.output.is_dir():
        keeps = film.input.suffix.lower() in VIDEO_SUFFIXES
        name = film.input.name if keeps else f"{film.input.stem}.mp4"
        film.output = film.output / name
    return video.run(film)


def _default_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    video.add_arguments(parser)
    return parser.parse_args(["input", "--output", "output"])
