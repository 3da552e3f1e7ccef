"""`animegan-tf completion`: print a script that completes commands in a shell."""

from pathlib import Path

_SHELLS = ("bash", "zsh", "tcsh")


def add_parser(subparsers) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "completion",
        help="print a script for completion in a shell",
        description="Print a script with which a shell completes commands, options and "
        'file names, such as: eval "$(animegan-tf completion bash)". Requires '
        'pip install "animegan_tf[completion]".',
    )
    parser.add_argument("shell", choices=_SHELLS, help="the shell")
    parser.set_defaults(run=run)


def run(arguments) -> int:
    """Print the script."""
    try:
        import shtab
    except ImportError as error:
        raise ModuleNotFoundError(
            'Shell completion needs `pip install "animegan_tf[completion]"`.'
        ) from error
    # The parser of all commands contains this one.
    from animegan_tf.cli import build_parser

    parser = build_parser()
    _complete_files(parser, shtab.FILE)
    print(shtab.complete(parser, shell=arguments.shell))
    return 0


def _complete_files(parser, kind) -> None:
    """Complete every argument that is a path with the names of files."""
    for action in parser._actions:
        if action.type is Path:
            action.complete = kind
        for inner in (action.choices or {}) if action.nargs == "A..." else ():
            _complete_files(action.choices[inner], kind)
