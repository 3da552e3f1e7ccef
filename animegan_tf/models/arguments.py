"""Checks that the factories of networks share."""


def check_counts(**counts: int) -> None:
    """Check that every number is at least 1.

    Raises:
        ValueError: If one is not; its name is the argument's.
    """
    for name, value in counts.items():
        if value < 1:
            raise ValueError(f"`{name}` must be at least 1. Received: {name}={value}")


def check_multiple(image_shape, multiple: int) -> None:
    """Check that the known sizes of `(height, width, channels)` divide by `multiple`.

    Raises:
        ValueError: If one does not.
    """
    if any(size is not None and size % multiple for size in image_shape[:2]):
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
        if value not in choices:
            raise ValueError(
                f"`{name}` must be one of {', '.join(choices)}. "
                f"Received: {name}={value!r}"
            )
