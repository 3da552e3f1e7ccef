import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UPDATE = "run: python docs/write_generated.py"


@pytest.fixture(scope="module")
def generated():
    path = ROOT / "docs" / "write_generated.py"
    spec = importlib.util.spec_from_file_location("write_generated", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SLOW = pytest.param("networks.md", marks=pytest.mark.slow)


@pytest.mark.parametrize("name", ["architecture.md", "api.md", "styles.md", SLOW])
def test_generated_parts_are_up_to_date(generated, name):
    marker, generate = generated.GENERATED[name]
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert generated.fill(text, marker, generate()) == text, UPDATE


def test_text_around_the_markers_is_kept(generated):
    text = "a\n<!-- x -->\nold\n<!-- /x -->\nb\n"
    assert generated.fill(text, "x", "new") == (
        "a\n<!-- x -->\n\nnew\n\n<!-- /x -->\nb\n"
    )


@pytest.mark.parametrize("text", ["no markers", 2 * "<!-- x -->\n<!-- /x -->\n"])
def test_each_marker_must_occur_exactly_once(generated, text):
    with pytest.raises(ValueError, match="`text` must have the markers"):
        generated.fill(text, "x", "new")


def test_first_line_of_a_file_and_of_a_name_in_it(generated, tmp_path):
    path = tmp_path / "module.py"
    path.write_text('"""Top.\n\nMore."""\n\n\ndef f():\n    """Do."""\n')
    assert generated.first_line(path) == "Top."
    assert generated.first_line(path, "f") == "Do."
    with pytest.raises(ValueError, match="Received: name='g'"):
        generated.first_line(path, "g")
