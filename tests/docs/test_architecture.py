import ast
import configparser
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "animegan_tf"
TEXT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `([\w/]+\.py)` \| (.*) \|$", TEXT, re.MULTILINE)


def test_every_module_is_listed_exactly_once():
    modules = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if path.read_text(encoding="utf-8").strip()
    }
    named = [path for path, _ in ROWS]
    assert len(named) == len(set(named))
    assert set(named) == modules, "run: python docs/write_generated.py"


def test_every_line_is_the_first_of_the_docstring():
    for path, line in ROWS:
        source = (PACKAGE / path).read_text(encoding="utf-8")
        docstring = ast.get_docstring(ast.parse(source))
        assert docstring and docstring.splitlines()[0] == line, path


def test_layers_are_those_of_the_import_contract():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    section = config["importlinter:contract:layers"]
    checked = [
        set(re.findall(r"animegan_tf\.(\w+)", line))
        for line in section["layers"].strip().splitlines()
    ]
    part = TEXT.partition("## Layers")[2].partition("## ")[0]
    documented = [
        set(re.findall(r"`(\w+)`", row))
        for row in re.findall(r"^\| [\w ,]+ \| (.*) \|$", part, re.MULTILINE)[1:]
    ]
    # A layer in parentheses need not exist yet.
    present = [
        {n for n in names if (PACKAGE / n).is_dir() or (PACKAGE / f"{n}.py").exists()}
        for names in checked
    ]
    assert documented == present


def test_every_module_at_the_top_is_in_a_layer():
    part = TEXT.partition("## Layers")[2].partition("## ")[0]
    names = {
        path.stem
        for path in PACKAGE.iterdir()
        if not path.stem.startswith("__")
        and path.name != "weights"
        and path.suffix in ("", ".py")
    }
    assert names == set(re.findall(r"`(\w+)`", part))
