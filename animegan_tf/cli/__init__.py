"""The command line, `animegan-tf`."""

import contextlib
import os
import signal
import sys
import threading

from animegan_tf import __version__
from animegan_tf.cli import (
    adapt,
    bulk,
    completion,
    data,
    demo,
    evaluate,
    export,
    import_weights,
    models,
    preview,
    restore,
    styles,
    stylize,
    train,
    transfer,
    video,
)
from animegan_tf.cli.options import Parser, add_commands
from animegan_tf.training.health import TrainingDivergedError

# Each module has `add_parser(subparsers)`, which sets `run(arguments) -> exit code`.
COMMANDS = (
    stylize,
    preview,
    bulk,
    video,
    demo,
    transfer,
    restore,
    adapt,
    train,
    data,
    evaluate,
    styles,
    models,
    export,
    import_weights,
    completion,
)

# What to install for requirements that environments for stylizing alone leave out.
_REQUIREMENTS = {
    "keras": "tensorflow keras",
    "tensorflow": "tensorflow keras",
    "matplotlib": "matplotlib",
}


class _Terminated(KeyboardInterrupt):
    """A signal has ended the program; its argument is the signal's number."""


def main(argv: list[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: Arguments without the program's name; `None` uses those of the process.

    Returns:
        The exit code: 0 for success, 1 if some images failed, 2 if an error prevented
        all work, 130 if interrupted; 143 and 129 after the signals SIGTERM and SIGHUP.
    """
    # Read by TensorFlow and Keras when they are imported.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    if getattr(sys.stdout, "errors", None) == "strict":
        # Names of files may have bytes that are no text.
        sys.stdout.reconfigure(errors="backslashreplace")
    argv = sys.argv[1:] if argv is None else argv
    arguments = build_parser().parse_args(evaluate.with_default_evaluation(argv))
    try:
        with _ended_by_signals():
            code = arguments.run(arguments)
            sys.stdout.flush()
        return code
    except BrokenPipeError:
        # The reader of the output is gone, as in `animegan-tf styles | head -1`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (ValueError, OSError, ImportError, TrainingDivergedError) as error:
        line = " ".join(_describe(error).split()) or type(error).__name__
        print(f"animegan-tf: error: {line}", file=sys.stderr)
        return 2
    except MemoryError:
        print("animegan-tf: error: not enough memory", file=sys.stderr)
        return 2
    except _Terminated as error:
        print("\nanimegan-tf: terminated", file=sys.stderr)
        return 128 + error.args[0]
    except KeyboardInterrupt:
        print("\nanimegan-tf: interrupted", file=sys.stderr)
        return 130


def _describe(error: Exception) -> str:
    """Return what an error says; of a missing requirement, what to install."""
    root = (getattr(error, "name", None) or "").partition(".")[0]
    if isinstance(error, ModuleNotFoundError) and root in _REQUIREMENTS:
        packages = _REQUIREMENTS[root]
        return f"this needs `pip install {packages}`. Received: {error}"
    return str(error)


def build_parser() -> Parser:
    """Build the parser of all commands."""
    parser = Parser(
        prog="animegan-tf",
        description="Turn photos into anime-style images, and train new styles.",
    )
    parser.add_argument(
        "--version", action="version", version=f"animegan-tf {__version__}"
    )
    add_commands(
        parser,
        [command.add_parser for command in COMMANDS],
        title="commands",
        metavar="COMMAND",
    )
    # Without a command the help is more useful than an error.
    parser.set_defaults(run=lambda _: parser.print_help() or 0)
    return parser


@contextlib.contextmanager
def _ended_by_signals():
    """Let SIGTERM and SIGHUP do what Ctrl-C does, so that temporary files are deleted.

    A signal that is ignored, as SIGHUP is after `nohup`, still is.
    """

    def end(number, _):
        raise _Terminated(number)

    handlers = {}
    if threading.current_thread() is threading.main_thread():
        for name in ("SIGTERM", "SIGHUP"):
            # Windows has no SIGHUP.
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) == signal.SIG_DFL:
                handlers[number] = signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
