import threading
import time

import pytest

from animegan_tf.utils.background import ReadAhead, WriteBehind


def test_items_come_in_order():
    assert list(ReadAhead(range(100), depth=3)) == list(range(100))


def test_reading_ahead_is_bounded():
    taken = []

    def count():
        for item in range(100):
            taken.append(item)
            yield item

    reader = ReadAhead(count(), depth=4)
    iterator = iter(reader)
    next(iterator)
    time.sleep(0.2)
    reader.stop()
    # One handed over, four ready, one that waits for room.
    assert len(taken) <= 6


def test_error_of_the_source_reaches_the_reader_after_its_items():
    def fail():
        yield 1
        raise ValueError("no more")

    seen = []
    with pytest.raises(ValueError, match="no more"):
        for item in ReadAhead(fail(), depth=2):
            seen.append(item)
    assert seen == [1]


def test_everything_is_written_in_order_by_the_end():
    written = []
    writer = WriteBehind(written.append, depth=2)
    for item in range(50):
        writer.put(item)
    writer.finish()
    assert written == list(range(50))


def test_error_of_writing_is_raised_and_nothing_hangs():
    written = []

    def write(item):
        if item == 3:
            raise OSError("disk full")
        written.append(item)

    writer = WriteBehind(write, depth=1)
    with pytest.raises(OSError, match="disk full"):
        for item in range(100):
            writer.put(item)
        writer.finish()
    writer.finish()
    assert written == [0, 1, 2]
    assert "write-behind" not in [thread.name for thread in threading.enumerate()]
