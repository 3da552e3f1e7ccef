"""Convert the percent scripts of this folder to notebooks, and run them.

`python notebooks/build.py` builds every `.ipynb`, or only those that are named, such as
`01_stylize`; `--text` updates the text alone and keeps the outputs. A script is a
Python file whose cells begin with `# %%`, or with `# %% [markdown]` for text, whose
lines begin with `# `: the "percent format", which editors and Jupytext open as a
notebook.

A translation, such as `01_stylize.zh-CN.py`, has the code of its original, and gets the
outputs of its notebook.

Requires the extra `notebooks`. Each notebook runs in an empty folder of its own.
"""

import argparse
import io
import os
import sys
import tempfile
import time
import tokenize
from pathlib import Path

FOLDER = Path(__file__).parent
_CELL = "# %%"
_TIMEOUT = 3600


def split_cells(text):
    """Split a percent script into cells.

    Args:
        text: Content of the script.

    Returns:
        List of `(kind, source)`, the kind `"code"` or `"markdown"`.

    Raises:
        ValueError: If there is text before the first cell.
    """
    before, *parts = ("\n" + text).split(f"\n{_CELL}")
    if before.strip():
        raise ValueError(f"A script must begin with {_CELL!r}. Received: {before!r}")
    cells = []
    for part in parts:
        title, _, source = part.partition("\n")
        kind = "markdown" if title.strip() == "[markdown]" else "code"
        source = source.strip("\n")
        if kind == "markdown":
            lines = source.split("\n")
            source = "\n".join(
                line.removeprefix("#").removeprefix(" ") for line in lines
            )
        cells.append((kind, source))
    return cells


def build_notebook(text):
    """Build a notebook without outputs from a percent script."""
    from nbformat import v4

    notebook = v4.new_notebook()
    makers = {"code": v4.new_code_cell, "markdown": v4.new_markdown_cell}
    for index, (kind, source) in enumerate(split_cells(text)):
        # Numbers, since random ids would change with every build.
        notebook.cells.append(makers[kind](source, id=f"cell-{index:02d}"))
    notebook.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    return notebook


def execute(notebook, folder):
    """Run a notebook in a folder, in a new kernel, and store the outputs.

    Raises:
        nbclient.exceptions.CellExecutionError: If a cell fails.
    """
    from nbclient import NotebookClient

    NotebookClient(
        notebook,
        timeout=_TIMEOUT,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        # Joins printed output that arrives in pieces.
        coalesce_streams=True,
        record_timing=False,
    ).execute()
    # The versions would change with every machine.
    notebook.metadata["language_info"] = {"name": "python"}


def original_of(script):
    """Return the script that `NAME.LANGUAGE.py` is a translation of, or `None`."""
    original = script.with_name(f"{script.name.partition('.')[0]}.py")
    return None if original == script else original


def code_of(source):
    """Return the tokens of code without its comments, which are translated."""
    skipped = (tokenize.COMMENT, tokenize.NL)
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return [token.string for token in tokens if token.type not in skipped]


def translate(script):
    """Write the notebook of a translation, with its original's outputs.

    Raises:
        ValueError: If their code differs.
    """
    import nbformat

    original = original_of(script)
    notebook = build_notebook(script.read_text(encoding="utf-8"))
    source = nbformat.read(original.with_suffix(".ipynb"), as_version=4)
    cells, others = (
        [cell for cell in book.cells if cell.cell_type == "code"]
        for book in (notebook, source)
    )
    if [code_of(c.source) for c in cells] != [code_of(c.source) for c in others]:
        raise ValueError(f"The code of {script.name} must be that of {original.name}")
    for cell, other in zip(cells, others, strict=True):
        cell.outputs, cell.execution_count = other.outputs, other.execution_count
    notebook.metadata = source.metadata
    target = script.with_suffix(".ipynb")
    nbformat.write(notebook, target)
    return target


def build(script):
    """Run a percent script and write its notebook; return the path."""
    import nbformat

    if original_of(script):
        return translate(script)
    notebook = build_notebook(script.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        execute(notebook, folder)
    target = script.with_suffix(".ipynb")
    nbformat.write(notebook, target)
    return target


def update_text(script):
    """Update the text of a notebook from its script, and keep the outputs.

    Raises:
        ValueError: If code changed too.
    """
    import nbformat

    if original_of(script):
        return translate(script)
    target = script.with_suffix(".ipynb")
    notebook = nbformat.read(target, as_version=4)
    new = build_notebook(script.read_text(encoding="utf-8"))
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if [c.source for c in new.cells if c.cell_type == "code"] != [
        c.source for c in code
    ]:
        raise ValueError(f"Code changed: build {script.stem} without --text")
    code = iter(code)
    notebook.cells = [c if c.cell_type == "markdown" else next(code) for c in new.cells]
    for index, cell in enumerate(notebook.cells):
        cell.id = f"cell-{index:02d}"
    nbformat.write(notebook, target)
    return target


def main(argv=None):
    parser = argparse.ArgumentParser(description="Build and run the notebooks.")
    parser.add_argument("names", nargs="*", help="such as 01_stylize (default: all)")
    parser.add_argument("--text", action="store_true", help="update the text only")
    arguments = parser.parse_args(argv)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    scripts = sorted(FOLDER.glob("[0-9]*.py"))
    unknown = set(arguments.names) - {script.stem for script in scripts}
    if unknown:
        parser.error(f"no such notebook: {', '.join(sorted(unknown))}")
    for script in scripts:
        if not arguments.names or script.stem in arguments.names:
            start = time.perf_counter()
            target = update_text(script) if arguments.text else build(script)
            seconds = time.perf_counter() - start
            size = target.stat().st_size / 1000
            print(f"{target.name}: {seconds:.0f} s, {size:.0f} kB", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
