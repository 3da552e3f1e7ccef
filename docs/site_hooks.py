"""MkDocs hooks: pages generated from the sources when the site is built."""

import base64
import json
import re
from pathlib import Path

from mkdocs.structure.files import File

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "animegan_tf"
# Files outside of docs/ that become pages, and the names of the pages.
OUTSIDE = {
    "README.md": "index.md",
    "README.zh-CN.md": "chinese.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
}
OUTSIDE |= {
    card.relative_to(ROOT).as_posix(): f"model-card-{card.parent.name}.md"
    for card in PACKAGE.glob("weights/*/README.md")
}
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
OUTSIDE |= {f"notebooks/{path.name}": f"notebook-{path.stem}.md" for path in NOTEBOOKS}
# A Markdown link to a file of the project, or an image.
_LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!\w+:|#)([\w./-]+)(#[\w-]+)?\)")


def on_config(config):
    """Add the pages that mkdocs.yml does not list to the end of the navigation.

    Args:
        config: The `MkDocsConfig`.

    Returns:
        The changed `MkDocsConfig`.
    """
    named = str(config.nav)
    pages = sorted(path.name for path in (ROOT / "docs").glob("*.md"))
    config.nav += [page for page in pages if f"'{page}'" not in named]
    cards = sorted(name for name in OUTSIDE.values() if name.startswith("model-card"))
    notebooks = [OUTSIDE[f"notebooks/{path.name}"] for path in NOTEBOOKS]
    config.nav.append({"Notebooks": notebooks})
    config.nav.append({"Model cards": cards})
    config.nav.append({"Reference": sorted(reference_pages())})
    return config


def on_files(files, config):
    """Add the pages outside of docs/ and a reference page for each package.

    Args:
        files: The `mkdocs.structure.files.Files` of the site.
        config: The `MkDocsConfig`.

    Returns:
        The files, with the new ones.
    """
    pages = {
        name: move_links((ROOT / path).read_text(encoding="utf-8"), Path(path).parent)
        for path, name in OUTSIDE.items()
        if path.endswith(".md")
    }
    for path in NOTEBOOKS:
        pages |= notebook_page(path)
    for name, content in {**pages, **reference_pages()}.items():
        files.append(File.generated(config, name, content=content))
    return files


def notebook_page(path: Path) -> dict[str, str | bytes]:
    """Convert a notebook with its outputs to Markdown.

    Args:
        path: The notebook.

    Returns:
        The page and its images, by file name.
    """
    parts, images = [], {}
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(move_links(source, Path("notebooks")))
            continue
        parts.append(f"```python\n{source}\n```")
        for output in cell["outputs"]:
            if "text" in output:
                parts.append(f"```text\n{''.join(output['text']).rstrip()}\n```")
            for kind, suffix in (("image/jpeg", "jpg"), ("image/png", "png")):
                if kind in output.get("data", {}):
                    name = f"notebooks/{path.stem}-{len(images) + 1}.{suffix}"
                    images[name] = base64.b64decode("".join(output["data"][kind]))
                    parts.append(f"![Output of the code above]({name})")
    return {OUTSIDE[f"notebooks/{path.name}"]: "\n\n".join(parts) + "\n", **images}


def on_page_markdown(markdown, page, config, files):
    """Rewrite links to files of the repository as links within the site.

    Args:
        markdown: Text of the page.
        page: The page.
        config: The `MkDocsConfig`.
        files: All files of the site.

    Returns:
        The new text.
    """
    if page.file.generated_by:
        return markdown
    if page.file.src_uri == "api.md":
        markdown = re.sub(
            r"^\| `(\w+)` \| `([\w.]+)` \|",
            r"| [`\1`][\2.\1] | `\2` |",
            markdown,
            flags=re.MULTILINE,
        )
    return move_links(markdown, Path("docs"))


def move_links(text: str, folder: Path) -> str:
    """Rewrite the links of a Markdown file for the site.

    Args:
        text: Markdown.
        folder: Folder of the file, relative to the project.

    Returns:
        The text. Links to files that are not part of the site become plain names.

    Raises:
        FileNotFoundError: If the target of a link does not exist.
    """

    def move(match):
        target = (ROOT / folder / match[3]).resolve()
        path = target.relative_to(ROOT).as_posix()
        if not target.exists():
            raise FileNotFoundError(f"{folder}: no {path} for {match[0]}")
        inside = OUTSIDE.get(path)
        if path.startswith("docs/"):
            inside = path.removeprefix("docs/")
        return (
            f"{match[1]}[{match[2]}]({inside}{match[4] or ''})"
            if inside
            else f"{match[2]}, `{path}`"
        )

    return _LINK.sub(move, text)


def reference_pages() -> dict[str, str]:
    """Generate a reference page for the top-level modules and for each package.

    Returns:
        Markdown by file name, such as "reference/losses.md".
    """
    groups = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        empty = not path.read_text(encoding="utf-8").strip()
        if empty or parts[-1] == "__main__" or parts == ("__init__",):
            continue
        group = parts[0] if len(parts) > 1 else "modules"
        names = [part for part in parts if part != "__init__"]
        groups.setdefault(group, []).append(".".join(("animegan_tf", *names)))
    return {
        f"reference/{group}.md": "\n\n".join(
            [f"# {group}", *(f"::: {module}" for module in modules)]
        )
        + "\n"
        for group, modules in groups.items()
    }
