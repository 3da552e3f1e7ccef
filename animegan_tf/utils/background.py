"""Work beside the main thread: read ahead, and write behind, by a few items."""

import queue
import threading
from collections.abc import Callable, Iterable, Iterator

_END = object()
# How often a thread that waits looks whether it should stop, in seconds.
_POLL_SECONDS = 0.1


class ReadAhead:
    """Take items from an iterable in a thread of its own.

    Args:
        items: What to iterate over; an error that it raises is raised to the reader.
        depth: Most items held ready.
    """

    def __init__(self, items: Iterable, *, depth: int):
        self._queue = queue.Queue(maxsize=depth)
        self._stopped = threading.Event()
        self._error = None
        self._thread = threading.Thread(
            target=self._fill, args=(items,), name="read-ahead", daemon=True
        )
        self._thread.start()

    def __iter__(self) -> Iterator:
        while True:
            item = self._queue.get()
            if item is _END:
                break
            yield item
        self._thread.join()
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        """Take no more items; what is held ready is dropped."""
        self._stopped.set()
        self._thread.join()

    def _fill(self, items) -> None:
        try:
            for item in items:
                if not self._put(item):
                    return
        except Exception as error:
            self._error = error
        self._put(_END)

    def _put(self, item) -> bool:
        while not self._stopped.is_set():
            try:
                self._queue.put(item, timeout=_POLL_SECONDS)
                return True
            except queue.Full:
                continue
        return False


class WriteBehind:
    """Hand items to a function in a thread of its own, in their order.

    Args:
        write: Takes one item. Its first error ends the writing, and is raised by the
            next `put` or by `finish`.
        depth: Most items that wait; `put` blocks beyond them.
    """

    def __init__(self, write: Callable, *, depth: int):
        self._queue = queue.Queue(maxsize=depth)
        self._write = write
        self._error = None
        self._thread = threading.Thread(
            target=self._drain, name="write-behind", daemon=True
        )
        self._thread.start()

    def put(self, item) -> None:
        """Add an item, when there is room."""
        if self._error is not None:
            self.finish()
        self._queue.put(item)

    def finish(self) -> None:
        """Wait until everything is written."""
        if self._thread.is_alive():
            self._queue.put(_END)
            self._thread.join()
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    def _drain(self) -> None:
        while True:
            item = self._queue.get()
            if item is _END:
                return
            # After an error the queue is still emptied, or `put` would block for ever.
            if self._error is None:
                try:
                    self._write(item)
                except Exception as error:
                    self._error = error
