import threading

import pytest

from animegan_tf.utils.streaming import stream


def double(value):
    return 2 * value


def same(value):
    return value


def test_results_come_in_the_order_of_the_sources():
    assert list(stream(range(7), read=same, compute=double)) == [
        (n, 2 * n) for n in range(7)
    ]


def test_what_was_written_comes_in_the_order_of_the_sources():
    written = []

    def write(source, result):
        written.append((source, result))
        return f"file {source}"

    results = list(stream(range(7), read=same, compute=double, write=write))
    assert results == [(n, f"file {n}") for n in range(7)]
    assert written == [(n, 2 * n) for n in range(7)]


@pytest.mark.parametrize("stage", ["read", "compute", "write"])
@pytest.mark.parametrize("kind", [ValueError, OSError, FileNotFoundError])
def test_error_of_one_stands_in_its_place(stage, kind):
    def fail_at_two(value, *_):
        if value == 2:
            raise kind("no")
        return value

    stages = {"read": same, "compute": same, "write": fail_at_two}
    stages[stage] = fail_at_two
    results = dict(stream(range(4), **stages))
    assert list(results) == [0, 1, 2, 3]
    assert type(results.pop(2)) is kind
    assert results == {0: 0, 1: 1, 3: 3}


def test_other_errors_are_raised():
    def fail(value):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(stream([1], read=fail, compute=same))


def test_the_next_is_read_while_one_is_computed():
    second_was_read = threading.Event()

    def read(value):
        if value == 1:
            second_was_read.set()
        return value

    def compute(value):
        # Would end in False if reading waited for the computing.
        return second_was_read.wait(5.0)

    assert list(stream(range(2), read=read, compute=compute)) == [(0, True), (1, True)]


def test_one_is_written_while_the_next_is_computed():
    next_began = threading.Event()

    def compute(value):
        if value == 1:
            next_began.set()
        return value

    def write(value, result):
        return next_began.wait(5.0)

    results = stream(range(2), read=same, compute=compute, write=write)
    assert list(results) == [(0, True), (1, True)]


@pytest.mark.parametrize("ahead", [1, 2, 3])
def test_no_more_than_some_are_read_ahead(ahead):
    num_read = []
    most = []

    def compute(value):
        most.append(len(num_read) - value - 1)
        return value

    def read(value):
        num_read.append(value)
        return value

    list(stream(range(20), read=read, compute=compute, ahead=ahead))
    assert max(most) <= ahead


def test_sources_are_drawn_only_as_needed():
    drawn = []

    def sources():
        for n in range(100):
            drawn.append(n)
            yield n

    results = stream(sources(), read=same, compute=same)
    assert drawn == []
    next(results)
    assert len(drawn) <= 3
    results.close()


def test_senseless_number_is_refused():
    with pytest.raises(ValueError, match="`ahead` must be at least 1"):
        stream([], read=same, compute=same, ahead=0)
