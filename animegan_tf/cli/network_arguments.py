"""The arguments that name networks, for every command that loads some."""

from animegan_tf.presets import DEFAULT_STYLE

# `auto` and the rest are those of the Stylizer, which is slow to import.
_PRECISIONS = ("auto", "float32", "bfloat16", "float16")
STYLE_HELP = (
    "a bundled style (see `animegan-tf styles`), a blend of some such as a:0.6,b:0.4, "
    "a run folder or a .keras file"
)


def add_style_argument(parser) -> None:
    """Add the style to draw in to a parser."""
    parser.add_argument(
        "--style", default=DEFAULT_STYLE, help=f"{STYLE_HELP} (default: %(default)s)"
    )


def add_precision_argument(parser) -> None:
    """Add the arithmetic of the network that draws to a parser."""
    parser.add_argument(
        "--precision",
        choices=_PRECISIONS,
        default="float32",
        help="arithmetic of the network; auto takes the fastest (default: %(default)s)",
    )


def add_features_argument(parser, purpose: str) -> None:
    """Add a feature extractor to a parser.

    Args:
        parser: The parser.
        purpose: What it is for, for the help.
    """
    parser.add_argument(
        "--features",
        metavar="NAME|FILE",
        help=f"{purpose}: bundled; vgg19, which is downloaded once; or a weights file "
        "(default: bundled)",
    )
