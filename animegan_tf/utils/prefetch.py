"""Prefetch inputs and write outputs in background threads."""

import collections
import contextlib
import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

_END = object()
# What goes wrong with one file must not stop the work on the others.
_FILE_ERRORS = (OSError, ValueError)


def prefetch(items: Iterable, *, depth: int) -> Iterator:
    """Iterate over items in a background thread, some items ahead.

    The thread starts with the first item that is asked for. Closing the generator stops
    it and discards the items that are ready.

    Args:
        items: What to iterate over. An error that it raises is raised here, after the
            items before it.
        depth: Number of items to read ahead, at least 1.

    Yields:
        The items, in order.
    """
    iterator = iter(items)
    reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="prefetch")
    futures = collections.deque()
    try:
        for _ in range(depth):
            futures.append(reader.submit(next, iterator, _END))
        while (item := futures.popleft().result()) is not _END:
            futures.append(reader.submit(next, iterator, _END))
            yield item
    finally:
        reader.shutdown(cancel_futures=True)


class BackgroundWriter:
    """Call a function with one item after the other in a background thread.

    Args:
        write: Function of one item. Its first error ends the writing, and is raised by
            the next `put` or by `finish`.
        depth: Maximum number of items that wait; `put` blocks when there are more.
    """

    def __init__(self, write: Callable[[Any], Any], *, depth: int):
        self._queue = queue.Queue(maxsize=depth)
        self._write = write
        self._error = None
        self._thread = threading.Thread(
            target=self._run, name="background-writer", daemon=True
        )
        self._thread.start()

    def put(self, item) -> None:
        """Add an item, as soon as there is room."""
        if self._error is not None:
            self.finish()
        self._queue.put(item)

    def finish(self) -> None:
        """Wait until all items are written."""
        if self._thread.is_alive():
            self._queue.put(_END)
            self._thread.join()
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    def _run(self) -> None:
        while (item := self._queue.get()) is not _END:
            # After an error the queue is still emptied; otherwise `put` would block.
            if self._error is None:
                try:
                    self._write(item)
                except Exception as error:
                    self._error = error


def read_compute_write(
    sources: Iterable[Any],
    *,
    read: Callable[[Any], Any],
    compute: Callable[[Any], Any],
    write: Callable[[Any, Any], Any] | None = None,
    ahead: int = 2,
) -> Iterator[tuple[Any, Any]]:
    """Process sources in order; reading, computing and writing overlap.

    Reading and writing run in one background thread each, computing in the caller's. At
    most `ahead` sources are read but not computed, and as many computed but not
    written, so that memory is bounded however many sources there are. If the caller
    stops early, what has not started is not done.

    Args:
        sources: Inputs such as paths; an iterator is advanced, in the reading thread,
            only as far as needed.
        read: Function from a source to its content.
        compute: Function from a content to a result.
        write: Function of a source and its result; by default nothing is written.
        ahead: Number of sources to read ahead, at least 1.

    Yields:
        Pairs of a source and its result, or what `write` returned, in order. If
        reading, computing or writing raises an `OSError` or a `ValueError`, the error
        takes the place of the result.

    Raises:
        ValueError: If `ahead` is less than 1.
    """
    if ahead < 1:
        raise ValueError(f"`ahead` must be at least 1. Received: ahead={ahead}")
    contents = ((source, _attempt(read, source)) for source in sources)
    return _compute_write(prefetch(contents, depth=ahead), compute, write, ahead)


def _compute_write(contents, compute, write, ahead):
    writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="write")
    written = collections.deque()
    try:
        with contextlib.closing(contents):
            for source, content in contents:
                result = _attempt(compute, content)
                if write is None:
                    yield source, result
                    continue
                future = writer.submit(_attempt, write, source, result)
                written.append((source, future))
                del content, result, future
                while written and (len(written) > ahead or written[0][1].done()):
                    yield _pop_result(written)
            while written:
                yield _pop_result(written)
    finally:
        writer.shutdown(cancel_futures=True)


def _pop_result(futures):
    source, future = futures.popleft()
    return source, future.result()


def _attempt(function, *arguments):
    """Return a function's result or its error; return an error of an earlier stage."""
    if isinstance(arguments[-1], _FILE_ERRORS):
        return arguments[-1]
    try:
        return function(*arguments)
    except _FILE_ERRORS as error:
        return error
