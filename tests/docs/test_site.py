import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONFIG = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    for name in ("mkdocs", "mkdocstrings", "pymdownx"):
        if importlib.util.find_spec(name) is None:
            pytest.skip(f'{name} is not installed: pip install ".[docs]"')
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-d"]
    result = subprocess.run(
        [*command, str(folder)], cwd=ROOT, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return folder


@pytest.mark.slow
def test_every_document_is_a_page(site):
    names = [path.stem for path in (ROOT / "docs").glob("*.md")]
    assert [name for name in names if not (site / f"{name}.html").is_file()] == []
    for name in ("index", "chinese", "changelog", "contributing", "model-card-styles"):
        assert (site / f"{name}.html").is_file()


@pytest.mark.slow
def test_every_public_name_links_to_its_entry(site):
    import animegan_tf

    page = (site / "api.html").read_text(encoding="utf-8")
    for name in animegan_tf.__all__[1:]:
        module = re.escape(getattr(animegan_tf, name).__module__)
        assert re.search(rf'href="reference/\w+\.html#{module}\.{name}"', page), name


@pytest.mark.slow
def test_pages_load_nothing_from_other_sites(site):
    loads = r'<(?:script|img|link|iframe)[^>]*\b(?:src|href)="(?:https?:)?//[^"]*"'
    for page in site.rglob("*.html"):
        found = re.findall(loads, page.read_text(encoding="utf-8"))
        assert [tag for tag in found if 'rel="canonical"' not in tag] == [], page
    for style in site.rglob("*.css"):
        assert not re.search(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//", _text(style))


def _text(path):
    return path.read_text(encoding="utf-8", errors="replace")


def test_navigation_lists_existing_pages():
    generated = {"index.md", "changelog.md", "chinese.md", "contributing.md"}
    pages = re.findall(r"^  - '([\w.-]+)'$", CONFIG, re.MULTILINE)
    assert len(pages) == len(set(pages)) > 10
    missing = [page for page in pages if not (ROOT / "docs" / page).is_file()]
    assert set(missing) <= generated
