"""The arguments of how pictures are written, for every command that does."""

from animegan_tf.cli import argument_types


def add_writing_arguments(parser) -> None:
    """Add whether to overwrite, the quality and the mark to a parser."""
    parser.add_argument(
        "--overwrite", action="store_true", help="replace results that exist already"
    )
    parser.add_argument(
        "--quality",
        type=argument_types.quality,
        default=95,
        help="of JPEG and WebP files, 1 to 100 (default: %(default)s)",
    )
    parser.add_argument(
        "--no-mark",
        dest="mark",
        action="store_false",
        help="leave out the metadata that say a network made the picture",
    )
