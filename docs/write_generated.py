"""Write the generated parts of the documentation.

Example:
    python docs/write_generated.py
"""

import ast
import re
from pathlib import Path

import animegan_tf
from animegan_tf.presets import PRESETS

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "animegan_tf"


def first_line(path: Path, name: str | None = None) -> str:
    """Read the first line of a docstring without importing its module.

    Args:
        path: A Python file.
        name: A function or class in it, or `None` for the module's docstring.

    Returns:
        The line; empty if there is no docstring.

    Raises:
        ValueError: If the file does not define that name.
    """
    node = ast.parse(path.read_text(encoding="utf-8"))
    if name is not None:
        found = [item for item in node.body if getattr(item, "name", None) == name]
        if not found:
            raise ValueError(
                f"`name` must be defined in {path.name}. Received: name={name!r}"
            )
        node = found[0]
    return (ast.get_docstring(node) or "").partition("\n")[0]


def list_modules() -> str:
    """Make a table of the modules of each package, without empty `__init__.py` files.

    Returns:
        Markdown. Paths are relative to the package.
    """
    lines = []
    for folder in [PACKAGE, *sorted(p for p in PACKAGE.rglob("*/") if p.is_dir())]:
        rows = [
            f"| `{path.relative_to(PACKAGE).as_posix()}` | {first_line(path)} |"
            for path in sorted(folder.glob("*.py"))
            if path.read_text(encoding="utf-8").strip()
        ]
        if rows:
            title = folder.relative_to(ROOT).as_posix()
            lines += [f"### {title}", "", "| Module | Description |", "|---|---|"]
            lines += [*rows, ""]
    return "\n".join(lines).rstrip()


def list_api() -> str:
    """Make a table of the public API: name, module and first line.

    Returns:
        Markdown, in the order of `animegan_tf.__all__`.
    """
    rows = ["| Name | Module | Description |", "|---|---|---|"]
    for name in animegan_tf.__all__[1:]:
        module = getattr(animegan_tf, name).__module__
        path = ROOT / Path(*module.split(".")).with_suffix(".py")
        if not path.exists():
            path = path.with_suffix("") / "__init__.py"
        rows.append(f"| `{name}` | `{module}` | {first_line(path, name)} |")
    return "\n".join(rows)


def list_styles() -> str:
    """Make a table of the bundled styles: look, data, credit and license.

    Returns:
        Markdown, in the order of `PRESETS`.
    """
    rows = [
        "| Style | Look | Trained on | Credit | License of the weights |",
        "|---|---|---|---|---|",
    ]
    rows += [
        f"| `{p.name}` | {p.description} | {p.source} | {p.credit} | {p.license} |"
        for p in PRESETS.values()
    ]
    return "\n".join(rows)


def list_networks() -> str:
    """Make a table of the networks of generators: size, cost, receptive field, tiles.

    Returns:
        Markdown, in the order of `GENERATORS`.
    """
    from animegan_tf.cli.models import format_facts
    from animegan_tf.models.analysis.facts import describe_generator
    from animegan_tf.models.generators import GENERATORS

    rows = [
        "| Network | Parameters | MB | GMAC at 256x256 | GMAC at 1920x1088 "
        "| Receptive field | Tiles |",
        "|---|---:|---:|---:|---:|---:|---|",
    ]
    for name in GENERATORS:
        network, *cells = format_facts(describe_generator(name))
        rows.append(f"| `{network}` | {' | '.join(cells)} |")
    return "\n".join(rows)


GENERATED = {
    "architecture.md": ("tree", list_modules),
    "api.md": ("names", list_api),
    "networks.md": ("networks", list_networks),
    "styles.md": ("styles", list_styles),
}


def fill(text: str, marker: str, content: str) -> str:
    """Replace the text between two markers.

    Args:
        text: Markdown with the lines `<!-- marker -->` and `<!-- /marker -->`.
        marker: Name of the markers.
        content: Markdown to put between them.

    Returns:
        The new text.

    Raises:
        ValueError: If each marker does not occur exactly once.
    """
    pattern = rf"(<!-- {marker} -->\n).*?(<!-- /{marker} -->)"
    new, count = re.subn(
        pattern, lambda m: f"{m[1]}\n{content}\n\n{m[2]}", text, flags=re.DOTALL
    )
    if count != 1:
        raise ValueError(
            f"`text` must have the markers <!-- {marker} --> and <!-- /{marker} --> "
            f"once. Received: {count} pairs"
        )
    return new


def main() -> None:
    """Update the generated part of each page."""
    for name, (marker, generate) in GENERATED.items():
        path = ROOT / "docs" / name
        text = path.read_text(encoding="utf-8")
        path.write_text(fill(text, marker, generate()), encoding="utf-8")


if __name__ == "__main__":
    main()
