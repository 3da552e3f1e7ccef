import pytest

from animegan_tf.utils.json_file import parse_json, read_json


def test_a_byte_order_mark_is_passed_over(tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes(b'\xef\xbb\xbf{"steps": 5}')
    assert read_json(path) == {"steps": 5}


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe{\x00}\x00", b"[" * 100_000, b""])
def test_what_is_no_json_is_refused_in_one_line_with_the_file(tmp_path, content):
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"Not a JSON file: .*a\.json") as error:
        read_json(path)
    assert "\n" not in str(error.value)


def test_deep_nesting_is_a_value_error():
    with pytest.raises(ValueError, match="nested too deeply"):
        parse_json("[" * 100_000)
