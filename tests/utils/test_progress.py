import io
import time

from animegan_tf.utils.progress import progress_bar


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_log_file_has_a_line_at_the_start_then_one_in_each_interval_and_at_the_end():
    file = io.StringIO()
    with progress_bar(file=file, seconds=0.2, total=40, desc="training") as bar:
        for _ in range(40):
            time.sleep(0.01)
            bar.update()
    lines = [line for line in file.getvalue().split("\n") if line]
    assert "\r" not in file.getvalue()
    assert lines[0].startswith("training:   0%") and "40/40" in lines[-1]
    # At least 0.4 seconds; on a busy machine every sleep takes longer.
    assert 3 <= len(lines) <= 20


def test_intervals_are_a_minute_unless_given():
    file = io.StringIO()
    with progress_bar(file=file, total=1000) as bar:
        for _ in range(1000):
            bar.update()
    assert len([line for line in file.getvalue().split("\n") if line]) == 2


def test_terminal_has_one_line_that_is_redrawn():
    file = Terminal()
    with progress_bar(file=file, total=3, mininterval=0) as bar:
        bar.update(3)
    assert "\r" in file.getvalue()
    assert file.getvalue().count("\n") == 1


def test_disabled_bar_writes_nothing():
    file = io.StringIO()
    with progress_bar(file=file, total=3, disable=True) as bar:
        bar.update(3)
    assert file.getvalue() == ""
