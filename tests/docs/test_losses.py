import ast
import dataclasses
import importlib
import re
from pathlib import Path

import pytest

from animegan_tf.recipes.runner import default_config

PACKAGE = Path(__file__).parents[2] / "animegan_tf"
TEXT = (PACKAGE.parent / "docs" / "losses.md").read_text(encoding="utf-8")
PREFIX = "animegan_tf.recipes."
RECIPES = (
    "cartoongan",
    "animegan_v1",
    "animegan_v2",
    "animegan_v3",
    "white_box",
    "ugatit_light",
)


def test_every_file_exists():
    paths = re.findall(r"`(\w+(?:/\w+)+\.py)`", TEXT)
    assert len(set(paths)) > 10
    assert [path for path in paths if not (PACKAGE / path).is_file()] == []


def test_every_name_after_a_file_is_defined_in_it():
    found = re.findall(r"`(\w+(?:/\w+)+\.py)`: ((?:`\w+`(?:, )?)+)", TEXT)
    found += [
        (path, names)
        for names, path in re.findall(
            r"((?:`\w+`(?:, | and )?)+) (?:of|in) `(\w+(?:/\w+)+\.py)`", TEXT
        )
    ]
    assert len(found) > 15
    for path, names in found:
        for name in re.findall(r"`(\w+)`", names):
            assert name in _definitions(path), (path, name)


def test_every_function_named_is_defined_somewhere():
    known = set().union(*map(_definitions, _modules()))
    for name in re.findall(r"`(\w+_(?:loss|steps|means|smoothing|gray|edges))`", TEXT):
        assert name in known or name == "pretraining_steps", name


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_weight_of_a_recipe_is_in_its_section(recipe):
    config = default_config(recipe)
    module = importlib.import_module(type(config).__module__)
    (section,) = [
        part
        for part in TEXT.split("\n## ")
        if f"`recipes/{module.__name__.removeprefix(PREFIX)}.py`"
        in part.partition("|")[0]
    ]
    for field in dataclasses.fields(config.weights):
        assert f"`{field.name}`" in section, field.name


def _modules():
    return [p.relative_to(PACKAGE).as_posix() for p in PACKAGE.rglob("*.py")]


def _definitions(path):
    """The functions and classes of a file."""
    body = ast.parse((PACKAGE / path).read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.ClassDef)
    return {node.name for node in ast.walk(body) if isinstance(node, kinds)}
