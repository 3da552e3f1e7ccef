"""Progress bars on a terminal, and a line a minute where the output is no terminal."""

import sys

from tqdm import tqdm

_SECONDS = 60.0


def progress_bar(*, file=None, seconds: float = _SECONDS, **options) -> tqdm:
    """Build a progress bar that does not fill log files.

    Args:
        file: Text stream to write to; `None` is the standard error.
        seconds: Time between two lines where that is no terminal, such as a log file;
            the start and the end have lines of their own.
        **options: Arguments of `tqdm`.

    Returns:
        A `tqdm`.
    """
    file = sys.stderr if file is None else file
    # A notebook is no terminal, but shows a bar.
    if file.isatty() or "ipykernel" in sys.modules:
        return tqdm(file=file, **options)
    return _Lines(file=file, mininterval=seconds, maxinterval=seconds, **options)


class _Lines(tqdm):
    """A progress bar whose every state is a line of its own."""

    @staticmethod
    def status_printer(file):
        def print_status(text):
            if text:
                file.write(f"{text}\n")
                file.flush()

        return print_status
