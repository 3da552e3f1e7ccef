import importlib.util
import json
import re
import shutil
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


# Answers queries with the worker of the search box, without a browser.
SEARCH = """
const fs = require("fs"), vm = require("vm"), answers = [];
const scope = {
  importScripts: (name) => vm.runInContext(fs.readFileSync(name, "utf8"), scope),
  fetch: async (name) => ({ json: async () => JSON.parse(fs.readFileSync(name)) }),
  postMessage: (message) => answers.push(message),
};
vm.createContext(scope);
vm.runInContext(fs.readFileSync("worker.js", "utf8"), scope);
(async () => {
  await scope.onmessage({ data: { init: true } });
  for (const query of JSON.parse(process.argv[1]))
    await scope.onmessage({ data: { query } });
  console.log(JSON.stringify(answers));
})();
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("query", "page"),
    [
        ("--faces", "dials.html#faces"),
        ("face-style", "dials.html#faces"),
        ("stylize_image", "reference/inference.html"),
        ("训练", "training.zh-CN.html"),
        ("判别器", "training.zh-CN.html"),
        ("续", "training.zh-CN.html"),
        ("照片 GAN", "chinese.html"),
    ],
)
def test_search_finds_options_names_and_chinese(site, query, page):
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    command = ["node", "-e", SEARCH, json.dumps([query])]
    result = subprocess.run(
        command, cwd=site / "search", capture_output=True, text=True, check=True
    )
    config, allowed, answer = json.loads(result.stdout)
    assert config["config"]["min_search_length"] == 2 and allowed["allowSearch"]
    locations = [found["location"] for found in answer["results"]]
    assert any(location.startswith(page) for location in locations[:10]), locations


@pytest.mark.slow
def test_notebooks_are_pages_with_their_outputs(site):
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        page = (site / f"notebook-{path.stem}.html").read_text(encoding="utf-8")
        images = re.findall(r'src="(notebooks/[^"]+)"', page)
        assert len(images) > 3
        assert [name for name in images if not (site / name).is_file()] == []
        assert 'class="language-python' in page or "highlight" in page


@pytest.mark.slow
def test_every_page_has_the_style_that_lets_tables_wrap(site):
    assert "overflow-x: auto" in (site / "site.css").read_text()
    assert 'href="site.css"' in (site / "training.html").read_text(encoding="utf-8")


def test_navigation_lists_existing_pages():
    generated = {"index.md", "changelog.md", "chinese.md", "contributing.md"}
    pages = re.findall(r"^  - '([\w.-]+)'$", CONFIG, re.MULTILINE)
    assert len(pages) == len(set(pages)) > 10
    missing = [page for page in pages if not (ROOT / "docs" / page).is_file()]
    assert set(missing) <= generated
