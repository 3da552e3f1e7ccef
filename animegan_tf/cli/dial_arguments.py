"""The arguments of the dials, for every command that stylizes."""

from pathlib import Path

# As in inference.dials, which loads slowly.
_COLORS = ("style", "photo", "luma-gain")


def add_dial_arguments(parser) -> None:
    """Add strength, colour, detail, mask and scale to a parser."""
    dials = parser.add_argument_group("dials")
    dials.add_argument(
        "--strength",
        type=float,
        default=1.0,
        help="0 is the photo, 1 the style (default: %(default)s)",
    )
    dials.add_argument(
        "--color",
        default="style",
        help="whose colours: style; photo; luma-gain, the photo's in the style's "
        "light; or a picture, whose palette is taken (default: %(default)s)",
    )
    dials.add_argument(
        "--detail",
        type=float,
        default=0.0,
        help="how much of the photo's fine texture to add, 0 to 1 "
        "(default: %(default)s)",
    )
    dials.add_argument(
        "--mask",
        type=Path,
        metavar="PICTURE",
        help="where to stylize: white yes, black no",
    )
    dials.add_argument(
        "--scale",
        type=float,
        default=1.0,
        help="size at which the style is drawn, of the picture's: below 1 coarser, "
        "above finer (default: %(default)s)",
    )


def read_dials(arguments):
    """Build the dials of the arguments, with the pictures that these name.

    Raises:
        FileNotFoundError: If a picture does not exist.
        ValueError: If one cannot be read, or a dial is out of range.
    """
    from animegan_tf.imaging.reading import read_image
    from animegan_tf.inference.dials import Dials

    color, mask = arguments.color, arguments.mask
    if color not in _COLORS:
        if not Path(color).is_file():
            raise ValueError(
                f"`--color` must be one of {', '.join(_COLORS)} or a picture. "
                f"Received: {color!r}"
            )
        color = read_image(color)
    if mask is not None:
        mask = _read_grey(mask)
    return Dials(
        strength=arguments.strength,
        color=color,
        detail=arguments.detail,
        mask=mask,
        scale=arguments.scale,
    )


def _read_grey(path):
    from animegan_tf.imaging.reading import read_image

    # Of grey, which masks are, all channels are the same.
    return read_image(path)[..., 1].copy()
