"""Checks that the factories of networks share."""

import inspect
import numbers
from collections.abc import Callable, Mapping
from typing import Any

from animegan_tf.utils.messages import suggestion

# What may stand for a default of a type; True is an integer to Python alone.
_TYPES = {
    bool: (bool, "true or false"),
    int: (numbers.Integral, "an integer"),
    float: (numbers.Real, "a number"),
    str: (str, "text"),
    tuple: ((list, tuple), "a list"),
}


def check_options(factory: Callable, options: Mapping[str, Any]) -> None:
    """Check that a factory takes options of these names, and of its defaults' types.

    Raises:
        ValueError: If it does not.
    """
    parameters = inspect.signature(factory).parameters
    for name, value in options.items():
        if name not in parameters:
            raise ValueError(
                f"`{factory.__name__}` has no option `{name}`. "
                f"{suggestion(name, parameters)}It has: {', '.join(parameters)}"
            )
        default = type(parameters[name].default)
        allowed, expected = _TYPES.get(default, (object, ""))
        if default is not bool and isinstance(value, bool):
            allowed = ()
        if not isinstance(value, allowed):
            raise ValueError(f"`{name}` must be {expected}. Received: {name}={value!r}")


def check_counts(**counts: int) -> None:
    """Check that every number is an integer of at least 1.

    Raises:
        ValueError: If one is not; its name is the argument's.
    """
    for name, value in counts.items():
        if not isinstance(value, numbers.Integral) or isinstance(value, bool):
            raise ValueError(f"`{name}` must be an integer. Received: {name}={value!r}")
        if value < 1:
            raise ValueError(f"`{name}` must be at least 1. Received: {name}={value}")


def check_multiple(image_shape, multiple: int) -> None:
    """Check that the known sizes of `(height, width, channels)` divide by `multiple`.

    Raises:
        ValueError: If one does not.
    """
    if not isinstance(image_shape, list | tuple) or len(image_shape) != 3:
        raise ValueError(
            "`image_shape` must be (height, width, channels). "
            f"Received: image_shape={image_shape}"
        )
    sizes = [size for size in image_shape[:2] if size is not None]
    if any(type(size) is not int or size < 1 or size % multiple for size in sizes):
        raise ValueError(
            f"`image_shape` must have a height and width divisible by {multiple} "
            f"(or None). Received: image_shape={image_shape}"
        )


def check_choice(choices, **arguments) -> None:
    """Check that every argument is one of `choices`.

    Raises:
        ValueError: If one is not.
    """
    for name, value in arguments.items():
        # A tuple, since what came need not be hashable.
        if value not in tuple(choices):
            raise ValueError(
                f"`{name}` must be one of {', '.join(choices)}. "
                f"{suggestion(value, choices)}Received: {name}={value!r}"
            )
