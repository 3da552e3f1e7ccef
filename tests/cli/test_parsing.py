import pytest

from animegan_tf.cli.parsing import Parser, add_commands


class Walk:
    """A command as a module is one."""

    @staticmethod
    def add_parser(subparsers):
        parser = subparsers.add_parser("walk", help="go on foot")
        parser.add_argument("--miles", type=int, required=True)
        parser.set_defaults(run=lambda arguments: 10 + arguments.miles)


class Wait:
    """A command without arguments."""

    @staticmethod
    def add_parser(subparsers):
        subparsers.add_parser("wait").set_defaults(run=lambda arguments: 0)


@pytest.fixture
def parser():
    parser = Parser(prog="go")
    add_commands(parser, [Walk, Wait], title="ways", metavar="WAY")
    return parser


def error_of(parser, words, capsys):
    with pytest.raises(SystemExit) as end:
        arguments = parser.parse_args(words)
        arguments.run(arguments)
    assert end.value.code == 2
    out, error = capsys.readouterr()
    assert out == ""
    assert error.startswith("animegan-tf: error: ")
    assert error.endswith("--help)\n")
    assert error.count("\n") == 1
    return error


def test_a_command_is_run_with_its_arguments(parser):
    arguments = parser.parse_args(["walk", "--miles", "3"])
    assert arguments.run(arguments) == 13


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        ([], ["`go` must be followed by one of walk, wait", "(see go --help)"]),
        (["fly"], ["'fly'", "'walk'", "'wait'", "(see go --help)"]),
        (["walk"], ["--miles", "(see go walk --help)"]),
        (["walk", "--miles", "x"], ["--miles", "'x'", "(see go walk --help)"]),
        (["wait", "--miles", "3"], ["arguments: --miles 3 (see go wait --help)"]),
        (["--far"], ["--far", "(see go --help)"]),
    ],
)
def test_mistakes_are_one_line_of_the_command_they_are_of(parser, words, parts, capsys):
    error = error_of(parser, words, capsys)
    for part in parts:
        assert part in error


def test_help_lists_the_commands(parser):
    text = parser.format_help()
    assert "WAY" in text
    assert "go on foot" in text
