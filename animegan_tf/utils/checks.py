"""Check arguments of public functions: whole numbers, numbers in a range, paths."""

import numbers
import os
import reprlib


def check_integer(minimum: int, **arguments) -> None:
    """Check that every argument is an integer of at least `minimum`.

    Raises:
        ValueError: If one is not.
    """
    for name, value in arguments.items():
        # In Python, True is an integer.
        if not isinstance(value, numbers.Integral) or isinstance(value, bool):
            raise ValueError(f"`{name}` must be an integer. {received(name, value)}")
        if value < minimum:
            raise ValueError(
                f"`{name}` must be at least {minimum}. {received(name, value)}"
            )


def check_number(low: float, high: float, **arguments) -> None:
    """Check that every argument is a number in [low, high].

    Raises:
        ValueError: If one is not.
    """
    for name, value in arguments.items():
        is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
        if not (is_number and low <= value <= high):
            kind = "" if is_number else "a number "
            raise ValueError(
                f"`{name}` must be {kind}in [{low:g}, {high:g}]. "
                f"{received(name, value)}"
            )


def check_path(**arguments) -> None:
    """Check that every argument is text or a path.

    Raises:
        ValueError: If one is not.
    """
    for name, value in arguments.items():
        if not isinstance(value, str | os.PathLike):
            raise ValueError(f"`{name}` must be a path. {received(name, value)}")


def received(name: str, value) -> str:
    """Return the end of an error message: the value, shortened, as one line."""
    return f"Received: {name}={' '.join(reprlib.repr(value).split())}"
