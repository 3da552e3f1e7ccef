"""The argument of the report that evaluations write."""

from pathlib import Path


def add_report_argument(parser) -> None:
    """Add the file of the report to a parser."""
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE.json",
        help="file to write all values to; its folder must exist, and it is replaced",
    )


def check_report(output: Path | None) -> None:
    """Find out before any work whether a report could be written to a path.

    Raises:
        FileNotFoundError: If its folder is missing.
        ValueError: If it does not end in .json, or is a folder.
    """
    if output is None:
        return
    if output.suffix.lower() != ".json" or output.is_dir():
        raise ValueError(f"`--output` must be a .json file. Received: {str(output)!r}")
    if not output.parent.is_dir():
        raise FileNotFoundError(f"No such output folder: {str(output.parent)!r}")
