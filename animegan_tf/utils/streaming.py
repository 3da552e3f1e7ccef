"""Overlap reading, computing and writing of a row of jobs."""

import collections
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

# What goes wrong with one file must not end the work on the others.
_ERRORS = (OSError, ValueError)


def stream(
    sources: Iterable[Any],
    *,
    read: Callable[[Any], Any],
    compute: Callable[[Any], Any],
    write: Callable[[Any, Any], Any] | None = None,
    ahead: int = 2,
) -> Iterator[tuple[Any, Any]]:
    """Work through sources in order: one is computed, others are read and written.

    Reading and writing happen in one thread each, computing in the caller's. At most
    `ahead` sources are read but not computed, and as many computed but not written, so
    that memory is bounded however many there are. A caller that stops early leaves what
    has not begun undone.

    Args:
        sources: The jobs, such as paths; drawn only as they are needed.
        read: Gives the content of a source.
        compute: Gives the result of a content.
        write: Is called with a source and its result; by default nothing is written.
        ahead: Number of sources to read ahead, at least 1.

    Yields:
        In the order of the sources, each with its result, or with what `write`
        returned. An `OSError` or `ValueError` of its reading, computing or writing
        stands in the place of the result.

    Raises:
        ValueError: If `ahead` is less than 1.
    """
    if ahead < 1:
        raise ValueError(f"`ahead` must be at least 1. Received: ahead={ahead}")
    return _stream(iter(sources), read, compute, write, ahead)


def _stream(sources, read, compute, write, ahead):
    reader, writer = (ThreadPoolExecutor(max_workers=1) for _ in range(2))
    to_compute, to_yield = collections.deque(), collections.deque()
    try:
        _fill(to_compute, sources, reader, read, ahead)
        while to_compute:
            source, future = to_compute.popleft()
            content = future.result()
            # Its place is free for the next while this one is computed.
            _fill(to_compute, sources, reader, read, ahead)
            result = _attempt(compute, content)
            del future, content
            if write is None:
                yield source, result
                continue
            to_yield.append((source, writer.submit(_attempt, write, source, result)))
            del result
            while to_yield and (len(to_yield) > ahead or to_yield[0][1].done()):
                yield _finish(to_yield)
        while to_yield:
            yield _finish(to_yield)
    finally:
        for pool in (reader, writer):
            pool.shutdown(cancel_futures=True)


def _fill(jobs, sources, pool, read, ahead):
    while len(jobs) < ahead:
        try:
            source = next(sources)
        except StopIteration:
            return
        jobs.append((source, pool.submit(_attempt, read, source)))


def _finish(jobs):
    source, future = jobs.popleft()
    return source, future.result()


def _attempt(function, *arguments):
    """Return what a function returns or its error; pass on an earlier error."""
    if isinstance(arguments[-1], _ERRORS):
        return arguments[-1]
    try:
        return function(*arguments)
    except _ERRORS as error:
        return error
