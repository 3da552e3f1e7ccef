"""`animegan-tf evaluate`: judge results, by what they are."""

from animegan_tf.cli import evaluate_images as evaluate_pictures
from animegan_tf.cli import evaluate_video
from animegan_tf.cli.parsing import add_commands

# Each has add_parser(subparsers) and run(arguments) -> exit code.
EVALUATIONS = {"pictures": evaluate_pictures, "video": evaluate_video}
_DEFAULT = "pictures"


def add_parser(subparsers) -> None:
    """Add the command to the parser, with a command of its own for each evaluation."""
    parser = subparsers.add_parser(
        "evaluate",
        help="measure how near to a style, and to the photo, results are",
        description="Measure results: of styles on photos (pictures), or of a film "
        f"against its source (video). Options alone are those of `{_DEFAULT}`.",
    )
    add_commands(
        parser,
        EVALUATIONS.values(),
        title="what to evaluate",
        metavar="|".join(EVALUATIONS),
    )


def with_default_word(argv: list[str]) -> list[str]:
    """Insert the evaluation meant by `evaluate --style ...`, which names none.

    Args:
        argv: Arguments without the program's name.

    Returns:
        The same arguments; those of `evaluate` begin with one of `EVALUATIONS`, unless
        they ask for help.
    """
    if argv[:1] != ["evaluate"] or len(argv) == 1:
        return argv
    is_option = argv[1].startswith("-") and argv[1] not in ("-h", "--help")
    return ["evaluate", _DEFAULT, *argv[1:]] if is_option else argv
