import dataclasses
import re
from pathlib import Path

import pytest

import animegan_tf
from animegan_tf import config
from animegan_tf.models.discriminators import DISCRIMINATORS
from animegan_tf.models.generators import GENERATORS
from animegan_tf.recipes.runner import RECIPES

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "documents.md").read_text(encoding="utf-8")
ROWS = [line for line in TEXT.splitlines() if re.match(r"\| 00\d", line)]


def test_every_path_exists():
    paths = set(re.findall(r"`((?:animegan_tf|examples|benchmarks)/[\w/.]*)`", TEXT))
    assert len(paths) > 20
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []


def test_every_name_after_a_path_is_defined_in_its_file():
    found = re.findall(r"`(animegan_tf/[\w/]+\.py)`: ((?:`\w+`(?:, )?)+)", TEXT)
    assert found
    for path, names in found:
        source = (ROOT / path).read_text(encoding="utf-8")
        for name in re.findall(r"`(\w+)`", names):
            assert re.search(rf"^(def|class) {name}\b", source, re.MULTILINE), name


def test_every_network_and_recipe_named_is_registered():
    assert set(re.findall(r'build_generator\("(\w+)"', TEXT)) <= set(GENERATORS)
    assert set(re.findall(r'build_discriminator\("(\w+)"', TEXT)) <= set(DISCRIMINATORS)
    named = re.findall(r"[Rr]ecipes? ((?:`\w+`(?:, | and )?)+)", TEXT)
    recipes = {name for group in named for name in re.findall(r"`(\w+)`", group)}
    assert recipes and recipes <= set(RECIPES)


def test_every_setting_named_is_a_field():
    fields = {field.name for field in dataclasses.fields(config.Regularization)}
    named = re.findall(r"`config\.Regularization`: ((?:`\w+`(?:, )?)+)", TEXT)
    settings = {name for group in named for name in re.findall(r"`(\w+)`", group)}
    assert settings and settings <= fields
    for kind, name in re.findall(r"`(\w+Config)\.(\w+)`", TEXT):
        assert name in {
            field.name for field in dataclasses.fields(getattr(config, kind))
        }


@pytest.mark.parametrize("document", ["000", "001", "002", "003", "004"])
def test_every_document_has_its_rows(document):
    assert sum(document in row.split("|")[1] for row in ROWS) >= 4


def test_functions_of_the_articles_are_public_here():
    names = {
        "build_generator",
        "build_discriminator",
        "build_gan",
        "train_gan",
        "build_loss",
        "build_optimizer",
        "train_step",
        "generate_image",
    }
    assert names <= set(animegan_tf.__all__)
    assert all(f"`{name}" in TEXT for name in names)
