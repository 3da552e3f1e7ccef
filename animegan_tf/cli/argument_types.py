"""From the text of an argument to its value; `argparse` names the argument itself."""

import argparse
from collections.abc import Callable
from fractions import Fraction
from typing import Any


def quality(text: str) -> int:
    """Read a quality, 1 to 100.

    Raises:
        argparse.ArgumentTypeError: If it is something else.
    """
    if not text.isdecimal() or not 1 <= int(text) <= 100:
        raise argparse.ArgumentTypeError(f"must be 1 to 100, not {text}")
    return int(text)


def tile(text: str) -> int | str | None:
    """Read a side in pixels, or `auto`; `none` becomes `None`.

    Raises:
        argparse.ArgumentTypeError: If it is something else.
    """
    if text in ("auto", "none"):
        return None if text == "none" else text
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(
            f"must be a number of pixels, auto or none, not {text}"
        )
    return int(text)


def at_least(least: int) -> Callable[[str], int]:
    """Return a function that reads an integer of at least `least`."""

    def read(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"must be at least {least}, not {text}")
        return int(text)

    return read


def time(text: str) -> Fraction:
    """Read seconds or hh:mm:ss.

    Raises:
        argparse.ArgumentTypeError: If it is something else.
    """
    from animegan_tf.inference.video.timing import parse_time

    return _parse(parse_time, text)


def rate(text: str) -> Fraction:
    """Read frames a second, such as 12 or 30000/1001.

    Raises:
        argparse.ArgumentTypeError: If it is something else.
    """
    from animegan_tf.inference.video.options import parse_rate

    return _parse(parse_rate, text)


def _parse(parse: Callable[[str], Any], text: str):
    # Of a ValueError, `argparse` would tell the type of the value, not the message.
    try:
        return parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
