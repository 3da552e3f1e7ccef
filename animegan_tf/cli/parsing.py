"""Parsers whose errors are one line, and commands of a command."""

import argparse
from collections.abc import Iterable


class Parser(argparse.ArgumentParser):
    """Report a mistake as `main` reports errors: in one line, without the usage."""

    def parse_known_args(self, args=None, namespace=None):
        """Parse as ever, but let the command itself refuse what it does not know."""
        values, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return values, unknown

    def error(self, message: str):
        """Print the line, and exit with 2."""
        self.exit(2, f"animegan-tf: error: {message} (see {self.prog} --help)\n")


def add_commands(parser, modules: Iterable, *, title: str, metavar: str) -> None:
    """Add a command for each module.

    Args:
        parser: The parser.
        modules: Each has `add_parser(subparsers)` and `run(arguments) -> exit code`.
        title: Heading of the commands in the help.
        metavar: What stands for them in the usage.
    """
    subparsers = parser.add_subparsers(title=title, metavar=metavar)
    for module in modules:
        module.add_parser(subparsers)

    def run(arguments):
        names = ", ".join(subparsers.choices)
        parser.error(
            f"`{parser.prog}` must be followed by one of {names}. Received: nothing"
        )

    # A command that is named has its own.
    parser.set_defaults(run=run)
