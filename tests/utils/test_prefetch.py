import threading
import time

import pytest

from animegan_tf.utils.prefetch import BackgroundWriter, prefetch, read_compute_write


def double(value):
    return 2 * value


def same(value):
    return value


def count_into(items):
    """Count up, and record every number in `items`."""
    for number in range(100):
        items.append(number)
        yield number


def test_prefetched_items_come_in_order():
    assert list(prefetch(range(100), depth=3)) == list(range(100))
    assert list(prefetch([], depth=1)) == []


@pytest.mark.parametrize("depth", [1, 4])
def test_prefetching_is_bounded(depth):
    taken = []
    items = prefetch(count_into(taken), depth=depth)
    assert taken == []
    assert next(items) == 0
    time.sleep(0.1)
    assert len(taken) == 1 + depth
    items.close()
    assert len(taken) == 1 + depth
    assert "prefetch" not in " ".join(t.name for t in threading.enumerate())


def test_error_of_the_items_is_raised_after_the_items_before_it():
    def fail():
        yield 1
        raise ValueError("no more")

    seen = []
    with pytest.raises(ValueError, match="no more"):
        for item in prefetch(fail(), depth=2):
            seen.append(item)
    assert seen == [1]


def test_all_items_are_written_in_order():
    written = []
    writer = BackgroundWriter(written.append, depth=2)
    for item in range(50):
        writer.put(item)
    writer.finish()
    assert written == list(range(50))


def test_error_of_writing_is_raised_and_ends_the_thread():
    written = []

    def write(item):
        if item == 3:
            raise OSError("disk full")
        written.append(item)

    writer = BackgroundWriter(write, depth=1)
    with pytest.raises(OSError, match="disk full"):
        for item in range(100):
            writer.put(item)
        writer.finish()
    writer.finish()
    assert written == [0, 1, 2]
    assert "background-writer" not in [thread.name for thread in threading.enumerate()]


def test_results_come_in_the_order_of_the_sources():
    results = read_compute_write(range(7), read=same, compute=double)
    assert list(results) == [(n, 2 * n) for n in range(7)]


def test_results_are_written_in_the_order_of_the_sources():
    written = []

    def write(source, result):
        written.append((source, result))
        return f"file {source}"

    results = read_compute_write(range(7), read=same, compute=double, write=write)
    assert list(results) == [(n, f"file {n}") for n in range(7)]
    assert written == [(n, 2 * n) for n in range(7)]


@pytest.mark.parametrize("stage", ["read", "compute", "write"])
@pytest.mark.parametrize("kind", [ValueError, OSError, FileNotFoundError])
def test_error_of_one_source_takes_the_place_of_its_result(stage, kind):
    def fail_at_two(value, *_):
        if value == 2:
            raise kind("no")
        return value

    stages = {"read": same, "compute": same, "write": fail_at_two}
    stages[stage] = fail_at_two
    results = dict(read_compute_write(range(4), **stages))
    assert list(results) == [0, 1, 2, 3]
    assert type(results.pop(2)) is kind
    assert results == {0: 0, 1: 1, 3: 3}


@pytest.mark.parametrize("stage", ["read", "compute", "write"])
def test_other_errors_are_raised(stage):
    def fail(*_):
        raise ZeroDivisionError

    stages = {"read": same, "compute": same, "write": same} | {stage: fail}
    with pytest.raises(ZeroDivisionError):
        list(read_compute_write([1], **stages))


def test_the_next_source_is_read_while_one_is_computed():
    second_was_read = threading.Event()

    def read(value):
        if value == 1:
            second_was_read.set()
        return value

    def compute(value):
        # False if the second source were read only after computing.
        return second_was_read.wait(5.0)

    results = read_compute_write(range(2), read=read, compute=compute)
    assert list(results) == [(0, True), (1, True)]


def test_one_result_is_written_while_the_next_is_computed():
    next_began = threading.Event()

    def compute(value):
        if value == 1:
            next_began.set()
        return value

    def write(value, result):
        return next_began.wait(5.0)

    results = read_compute_write(range(2), read=same, compute=compute, write=write)
    assert list(results) == [(0, True), (1, True)]


@pytest.mark.parametrize("ahead", [1, 2, 3])
def test_at_most_the_given_number_is_read_ahead(ahead):
    num_read = []
    most = []

    def compute(value):
        most.append(len(num_read) - value - 1)
        return value

    def read(value):
        num_read.append(value)
        return value

    list(read_compute_write(range(20), read=read, compute=compute, ahead=ahead))
    assert max(most) <= ahead


def test_sources_are_taken_only_as_needed():
    taken = []
    results = read_compute_write(count_into(taken), read=same, compute=same)
    assert taken == []
    next(results)
    assert len(taken) <= 3
    results.close()
    assert len(taken) <= 3


def test_closing_early_skips_what_has_not_started():
    read = []
    started = threading.Event()

    def write(source, result):
        started.set()
        return source

    results = read_compute_write(
        range(100), read=read.append, compute=same, write=write
    )
    next(results)
    results.close()
    assert started.is_set()
    assert len(read) < 10
    assert not {"prefetch_0", "write_0"} & {t.name for t in threading.enumerate()}


def test_number_to_read_ahead_must_be_positive():
    with pytest.raises(ValueError, match="`ahead` must be at least 1.*ahead=0"):
        read_compute_write([], read=same, compute=same, ahead=0)
