"""Write files atomically: to a temporary file that then replaces the target."""

import contextlib
import os
import re
import tempfile
from pathlib import Path

# What `atomic_path` names temporary files: `.NAME-RANDOM.tmp.SUFFIX`.
_TEMPORARY = re.compile(r"\..*-[a-z0-9_]{8}\.tmp(\.[^.]*)?", re.DOTALL)


@contextlib.contextmanager
def atomic_path(path):
    """Yield a temporary path that replaces `path` only if the block succeeds.

    It is in the same folder and has the same suffix. If the block fails, `path` is left
    as it was and the temporary file is deleted.
    """
    path = Path(path)
    handle, name = tempfile.mkstemp(
        dir=path.parent, prefix=f".{path.stem[:40]}-", suffix=f".tmp{path.suffix}"
    )
    os.close(handle)
    try:
        yield Path(name)
        umask = os.umask(0)
        os.umask(umask)
        # mkstemp makes private files; the result should follow the user's umask.
        os.chmod(name, 0o666 & ~umask)
        os.replace(name, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)


def is_temporary(path) -> bool:
    """Return whether a file has a name that `atomic_path` gives to temporary files."""
    return _TEMPORARY.fullmatch(Path(path).name) is not None
