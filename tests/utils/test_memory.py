import pytest

from animegan_tf.utils.memory import _read_limit, total_memory


def test_memory_of_this_machine_is_known_on_posix():
    pytest.importorskip("resource", reason="POSIX only")
    assert 10**8 < total_memory() < 10**15


@pytest.mark.parametrize(
    ("text", "limit"), [("1073741824\n", 2**30), ("max\n", None), ("", None)]
)
def test_limit_of_a_control_group(tmp_path, text, limit):
    path = tmp_path / "memory.max"
    path.write_text(text)
    assert _read_limit(path) == limit


def test_missing_control_group_has_no_limit(tmp_path):
    assert _read_limit(tmp_path / "memory.max") is None
