"""Argument checks for the functions that build networks."""

import inspect
import numbers
from collections.abc import Callable, Mapping
from typing import Any

from animegan_tf.utils.checks import check_integer
from animegan_tf.utils.messages import suggestion

# Feature networks by name; weights files are the others.
FEATURE_SOURCES = ("bundled", "vgg19")
# Types accepted for a default of each type, and their name in error messages.
_TYPES = {
    bool: (bool, "true or false"),
    int: (numbers.Integral, "an integer"),
    float: (numbers.Real, "a number"),
    str: (str, "text"),
    tuple: ((list, tuple), "a list"),
}


def check_options(factory: Callable, options: Mapping[str, Any]) -> None:
    """Check options against a function's parameters and the types of their defaults.

    Raises:
        ValueError: If an option is unknown or of another type.
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
        # In Python, True is an integer.
        if default is not bool and isinstance(value, bool):
            allowed = ()
        if not isinstance(value, allowed):
            raise ValueError(f"`{name}` must be {expected}. Received: {name}={value!r}")


def check_counts(**counts: int) -> None:
    """Check that every argument is an integer of at least 1.

    Raises:
        ValueError: If one is not.
    """
    check_integer(1, **counts)


def check_rate(**rates: float) -> None:
    """Check that every argument is in [0, 1).

    Raises:
        ValueError: If one is not.
    """
    for name, value in rates.items():
        is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
        if not (is_number and 0.0 <= value < 1.0):
            raise ValueError(f"`{name}` must be in [0, 1). Received: {name}={value!r}")


def check_multiple(image_shape, multiple: int) -> None:
    """Check that the known sizes of an image shape are divisible by `multiple`.

    Raises:
        ValueError: If `image_shape` is not `(height, width, channels)`, or its height
            or width is neither `None` nor a positive multiple.
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
        # A tuple, since `value` may not be hashable.
        if value not in tuple(choices):
            raise ValueError(
                f"`{name}` must be one of {', '.join(choices)}. "
                f"{suggestion(value, choices)}Received: {name}={value!r}"
            )
