"""Lock a folder, so that two processes cannot write its files at the same time."""

import contextlib
import os
from pathlib import Path

try:
    import fcntl
except ImportError:
    fcntl = None
    import msvcrt

LOCK_NAME = ".lock"


class FolderLock:
    """A lock of a folder; the operating system releases that of a killed process.

    Args:
        folder: The folder, made by `acquire` if only itself is missing.
    """

    def __init__(self, folder):
        self._path = Path(folder) / LOCK_NAME
        self._file = None

    def acquire(self) -> bool:
        """Take the lock; return whether no other process, or object, has it."""
        while self._file is None:
            self._path.parent.mkdir(exist_ok=True)
            try:
                file = open(self._path, "ab")
            except FileNotFoundError:
                # The other process has deleted the folder just now.
                continue
            if not _lock(file):
                file.close()
                return False
            # The other process may have deleted the file that it had locked.
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(file.fileno()), os.stat(self._path)):
                    self._file = file
                    break
            file.close()
        return True

    def release(self) -> None:
        """Release the lock, delete its file, and the folder if it is empty."""
        if self._file is None:
            return
        # An open file can be deleted here, and must be: released before, it could be
        # that of another process by then. On Windows, that fails instead.
        with contextlib.suppress(OSError):
            self._path.unlink()
        self._file.close()
        self._file = None
        with contextlib.suppress(OSError):
            if os.name == "nt":
                self._path.unlink()
        with contextlib.suppress(OSError):
            self._path.parent.rmdir()


def _lock(file) -> bool:
    try:
        if fcntl is None:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        # Some network file systems have no locks.
        return True
    return True
